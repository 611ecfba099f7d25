//! `ocsync refresh`: makes the CLIs' own logins young again where they are due, then does what
//! `sync` does.
//!
//! What may be killed is noted first: the journal names the directories at work before a CLI's file
//! is touched, as it does for the stores.

use std::fs;
use std::path::Path;

use crate::command::{observe, stopped, sync};
use crate::core::decide::Decider;
use crate::core::due::{self, Due};
use crate::model::attempts::Attempts;
use crate::model::exit::Code;
use crate::model::inventory::Inventory;
use crate::model::item::Attempt;
use crate::model::item::Outcome;
use crate::model::journal::Journal;
use crate::model::login::Login;
use crate::model::problem::Severity;
use crate::model::secret::{Fingerprint, fingerprint};
use crate::model::source::{Source, SourceKind, SourceState};
use crate::refresh::RefreshOutcome;
use crate::refresh::one_login::{self, Step};
use crate::refresh::wording;
use crate::report::Report;
use crate::settings::cli::{self, Common};
use crate::settings::options::{Asked, Options};
use crate::source;
use crate::sync::before::Before;
use crate::sync::gather;
use crate::sync::state_file::Loaded;

/// Runs `refresh`.
#[must_use]
pub fn run(common: &Common, args: &cli::Refresh, now: i64) -> (Report, Code) {
    match Options::new(common, Asked::Refresh(args), now) {
        Ok(options) => sync::begin("refresh", &options, |loaded, before| sources(&options, loaded, before)),
        Err(problem) => stopped("refresh", now, problem),
    }
}

/// Refreshes what is due.
fn sources(options: &Options, loaded: &mut Loaded, before: &mut Before) {
    let sources = source::read_all(&options.env, &options.kinds);
    let is_due = |source: &Source| {
        let due = source.login().map(|login| judge(source, login, false, &loaded.journal, options));
        matches!(due, Some(Due::Now))
    };
    // Only where there is something to do, the stores are looked at: OpenClaw may have spent a token.
    if !sources.iter().any(is_due) {
        for source in &sources {
            one(source, false, options, loaded, before);
        }
        return;
    }
    let inventory = gather::gather(options);
    observe(&mut loaded.journal, &inventory, options.prefer_source);
    let known = loaded.journal.clone();
    let decider = Decider::new(&inventory, &known, options);
    for (index, source) in inventory.sources.iter().enumerate() {
        one(source, decider.is_spent(index), options, loaded, before);
    }
}

fn judge(source: &Source, login: &Login, spent: bool, journal: &Journal, options: &Options) -> Due {
    let attempts = journal.refreshes.get(&*source.path.to_string_lossy());
    due::judge(login, options.refresh.threshold(source.kind), spent, attempts, options.now)
}

/// One source.
fn one(source: &Source, spent: bool, options: &Options, loaded: &mut Loaded, before: &mut Before) {
    let (kind, via) = (source.kind, options.refresh.via(source.kind).name());
    // An answer of an earlier run that is not saved yet comes first.
    if before.attempts.iter().any(|(of, _)| *of == kind) {
        return;
    }
    let Some(login) = source.login() else {
        if matches!(source.state, SourceState::LoggedOut) {
            let reason = "the CLI is logged out".to_owned();
            before.attempts.push((kind, Attempt { via, program: None, result: Outcome::None, reason }));
        }
        return;
    };
    if kind != SourceKind::Qwen {
        before.problems.extend(options.refresh.too_slow(kind));
    }
    let due = judge(source, login, spent, &loaded.journal, options);
    if due == Due::Young {
        forget(source, &mut loaded.journal, options.now);
    }
    let (came, result, reason, program) = match &due {
        Due::Now if kind == SourceKind::Qwen => {
            (None, Outcome::Refused, "the service ended on 2026-04-15".to_owned(), None)
        }
        Due::Now if options.dry_run => (None, Outcome::Planned, wording::left(login, options.now), None),
        Due::Now => {
            let step = attempt(source, login, options, loaded, before);
            let (result, reason) = wording::outcome(&step.came);
            let reason = reason.unwrap_or_else(|| wording::left(login, options.now));
            (Some(step.came), result, reason, step.program)
        }
        due => (None, Outcome::None, wording::reason(due, login, options.now), None),
    };
    before.problems.extend(wording::standing(kind, &due));
    before.problems.extend(came.as_ref().and_then(|came| wording::problem(kind, came)));
    match (&due, &came, result) {
        (Due::Dead(_) | Due::OnlyLogin, ..) | (_, Some(RefreshOutcome::Dead(_)), _) => {
            before.tally.outcome(Code::LoginNeeded);
        }
        (Due::Spent, ..) | (_, _, Outcome::Planned) => before.tally.outcome(Code::Drift),
        _ => {}
    }
    before.attempts.push((kind, Attempt { via, program, result, reason }));
}

/// Forgets the failures of a login that is young again, or the next one like them would not be
/// told. A pause that a server has asked for stays, and so does a token that is dead.
fn forget(source: &Source, journal: &mut Journal, now: i64) {
    let key = source.path.to_string_lossy();
    if journal.refreshes.get(&*key).is_some_and(|known| known.waits_until(now).is_none()) {
        journal.refreshes.remove(&*key);
    }
}

/// Does it, and remembers what came of it.
fn attempt(source: &Source, login: &Login, options: &Options, loaded: &mut Loaded, before: &mut Before) -> Step {
    note_in_flight(&source.path, options, loaded);
    if let Err(problem) = loaded.save(&options.state_file) {
        // Without a journal nothing is begun.
        loaded.journal.in_flight.clear();
        return Step { came: RefreshOutcome::Failed(problem), program: None };
    }
    let mut step = one_login::run(source, login, &options.refresh, options);
    loaded.journal.in_flight.clear();
    before.unsaved = true;
    let key = source.path.to_string_lossy().into_owned();
    let now = options.moment();
    let known = loaded.journal.refreshes.remove(&key).unwrap_or_default();
    let refresh = fingerprint(login.refresh.as_ref());
    let next = next(&known, &step.came, refresh, now);
    // What a timer has told already is not told with every run of it.
    if let (Some(next), RefreshOutcome::Failed(problem)) = (&next, &mut step.came)
        && next.why == known.why
        && problem.severity == Severity::Error
    {
        problem.severity = Severity::Standing;
    }
    loaded.journal.refreshes.extend(next.map(|next| (key, next)));
    step
}

/// Notes the directories in which a run that is killed may leave something: of the CLI's file, of what
/// it is a link to, of the locks (Claude Code's is beside its directory), and ocsync's own.
pub fn note_in_flight(file: &Path, options: &Options, loaded: &mut Loaded) {
    let real = |path: &Path| fs::canonicalize(path).ok();
    let dir = file.parent().and_then(real);
    let beside = dir.as_deref().and_then(Path::parent).map(Path::to_owned);
    let target = real(file).and_then(|file| file.parent().map(Path::to_owned));
    let own = options.state_file.parent().map(Path::to_owned);
    let in_flight = &mut loaded.journal.in_flight;
    for dir in [dir, target, beside, own].into_iter().flatten().map(|dir| dir.to_string_lossy().into_owned()) {
        if !in_flight.contains(&dir) {
            in_flight.push(dir);
        }
    }
}

/// What is remembered for the next run; nothing after a success.
fn next(known: &Attempts, came: &RefreshOutcome, refresh: Option<Fingerprint>, now: i64) -> Option<Attempts> {
    match came {
        RefreshOutcome::Refreshed | RefreshOutcome::Adopted => None,
        RefreshOutcome::Dead(why) => refresh.map(|token| Attempts::died(token, why)),
        RefreshOutcome::Refused { why, retry_after } => Some(known.refused(why, *retry_after, now)),
        RefreshOutcome::Passing { why, retry_after } => Some(known.failed(why, *retry_after, now)),
        RefreshOutcome::Failed(problem) => Some(Attempts { why: problem.message.clone(), ..known.clone() }),
        RefreshOutcome::Busy(_) | RefreshOutcome::Interrupted | RefreshOutcome::Unsaved(_) => {
            Some(known.clone()).filter(|known| *known != Attempts::default())
        }
    }
}
