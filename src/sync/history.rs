//! What a pass adds to the history of logins and profiles.

use crate::model::history::{Event, EventKind, History};
use crate::model::inventory::Inventory;
use crate::model::item::{Action, Item, Outcome};
use crate::model::journal::Journal;
use crate::model::lineage::Entry;
use crate::model::problem::Problem;
use crate::model::reason::Reason;
use crate::model::source::{Source, SourceState};
use crate::model::source_id::SourceId;
use crate::model::verdict::Verdict;
use crate::sync::opening::Opening;

/// Notes what has become of the logins. `before` is the journal as an earlier run has left it.
pub fn logins(journal: &mut Journal, before: &Journal, inventory: &Inventory, opening: &Opening, now: i64) {
    for wrote in &opening.wrote_back {
        let kind = match wrote.outcome {
            Outcome::Done => EventKind::WroteBack,
            Outcome::Failed => EventKind::Failed,
            Outcome::None | Outcome::Planned | Outcome::Refused => continue,
        };
        let agent = inventory.stores().find(|at| at.store.key == wrote.store).map_or("", |at| &at.agent().id);
        let word = format!("{agent}/{}", wrote.profile);
        journal.history.note(Event::new(now, kind).of_profile(&word).because(&wrote.because.text()));
    }
    for (id, attempt) in &opening.attempts {
        let kind = match attempt.result {
            Outcome::Done => EventKind::Refreshed,
            Outcome::Failed => EventKind::Failed,
            Outcome::None | Outcome::Planned | Outcome::Refused => continue,
        };
        let by = attempt.program.as_ref().map_or_else(|| attempt.via.to_owned(), |program| format!("by {program}"));
        let event = Event::new(now, kind.clone()).of_login(id.name);
        let access = inventory.sources.iter().find(|source| source.id() == *id).and_then(Source::login);
        journal.history.note(if kind == EventKind::Failed {
            event.because(&format!("refresh {by}: {}", attempt.reason))
        } else {
            Event { access: access.map(|login| login.access.fingerprint), ..event }.because(&by)
        });
    }
    for source in &inventory.sources {
        let path = source.path.to_string_lossy();
        let known = before.sources.get(&*path);
        match &source.state {
            SourceState::Live(login) => {
                let entry = Entry::of(login);
                let is_new = !known.into_iter().flatten().any(|old| old.tokens() == entry.tokens());
                let is_noted =
                    journal.history.seen_with(source.name, entry.access).is_some_and(|event| event.at == now);
                if is_new && !is_noted {
                    let kind = if known.is_none() { EventKind::FirstSeen } else { EventKind::Rotated };
                    let event = Event::new(now, kind).of_login(source.name);
                    journal.history.note(Event { access: Some(entry.access), ..event });
                }
            }
            SourceState::LoggedOut | SourceState::Gone if known.is_some() => {
                let reason =
                    if matches!(source.state, SourceState::Gone) { "its file is gone" } else { "logged out" };
                journal.history.note(Event::new(now, EventKind::Ended).of_login(source.name).because(reason));
            }
            _ => {}
        }
    }
}

/// Notes what was done about the profiles: one event for each login, action and verdict.
pub fn profiles(history: &mut History, items: &[Item<'_>], now: i64) {
    let mut groups: Vec<(Option<SourceId>, Action, Option<Verdict>, Event)> = Vec::new();
    for item in items.iter().filter(|item| item.outcome == Outcome::Done) {
        let kind = match item.action {
            Action::Update if item.because.reason == Reason::Restored => EventKind::Restored,
            Action::Update => EventKind::Delivered,
            Action::Create => EventKind::Created,
            Action::Link => EventKind::Linked,
            Action::WriteBack | Action::None => continue,
        };
        let (login, action, verdict) = (item.source.map(Source::id), item.action, item.verdict);
        let is_its = |(of, done, found, event): &&mut (_, _, _, Event)| {
            (*of, *done, *found) == (login, action, verdict) && event.kind == kind
        };
        if let Some((.., event)) = groups.iter_mut().find(is_its) {
            event.more = event.more.saturating_add(1);
            continue;
        }
        let word = format!("{}/{}", item.at.agent().id, item.id().unwrap_or_default());
        let why = match verdict {
            Some(verdict) => format!("{}: {}", verdict.name(), item.because.text()),
            None => item.because.text().into_owned(),
        };
        let mut event = Event::new(now, kind).of_profile(&word).because(&why);
        if let Some(source) = item.source {
            event = event.of_login(source.name);
            event.access = source.login().map(|login| login.access.fingerprint);
        }
        groups.push((login, action, verdict, event));
    }
    groups.into_iter().for_each(|(.., event)| history.note(event));
}

/// Notes what could not be done: one event for each code. What waits for a lock is no failure.
pub fn failures(history: &mut History, problems: &[Problem], now: i64) {
    let mut groups: Vec<(&'static str, Event)> = Vec::new();
    let failed = problems.iter().filter(|problem| problem.failure.is_some() && problem.code != "busy");
    for problem in failed {
        if let Some((_, event)) = groups.iter_mut().find(|(code, _)| *code == problem.code) {
            event.more = event.more.saturating_add(1);
            continue;
        }
        let mut event = Event::new(now, EventKind::Failed).because(&problem.message);
        if let Some(source) = &problem.about.source {
            event = event.of_login(source);
        }
        let agent = problem.about.agent.as_deref();
        let word = agent.map(|agent| {
            problem.about.profile.as_ref().map_or_else(|| agent.to_owned(), |id| format!("{agent}/{id}"))
        });
        groups.push((problem.code, word.into_iter().fold(event, |event, word| event.of_profile(&word))));
    }
    groups.into_iter().for_each(|(_, event)| history.note(event));
}
