//! `ocsync sync`: brings every store in step, tells the gateways, remembers.
//!
//! The order matters to a run that is killed. The journal first notes what is about to happen
//! (the directories at work, the reload that will be owed), then the stores are replaced, then
//! the journal notes what was delivered, then the gateways are told and the debt is struck out.

use crate::command::{dead, missing, observe, paths, refused, source_rows, stopped};
use crate::core::change;
use crate::core::decide::Decider;
use crate::model::exit::Code;
use crate::model::inventory::{Inventory, StoreState};
use crate::model::item::{Action, Outcome};
use crate::model::journal::Journal;
use crate::model::problem::{Problem, Severity};
use crate::model::source::SourceState;
use crate::report::{Report, Thresholds};
use crate::settings::cli::{Common, Sync};
use crate::settings::options::{Asked, Options};
use crate::sync::before::{self, Before};
use crate::sync::env_file;
use crate::sync::gather;
use crate::sync::items::{self, Item};
use crate::sync::state_file::{self, Loaded};
use crate::sync::{create, link, warn, write};

/// Runs `sync`.
#[must_use]
pub fn run(common: &Common, args: &Sync, now: i64) -> (Report, Code) {
    match Options::new(common, Asked::Sync(args), now) {
        Ok(options) => begin("sync", &options, |_, _| ()),
        Err(problem) => stopped("sync", now, problem),
    }
}

/// Runs a command that brings the stores in step, after what it does with the sources `first`.
#[must_use]
pub fn begin(
    command: &'static str,
    options: &Options,
    first: impl FnOnce(&mut Loaded, &mut Before),
) -> (Report, Code) {
    let whole = || {
        let mut loaded = state_file::load(&options.state_file);
        if let Some(problem) = loaded.unreadable() {
            return stopped(command, options.now, problem);
        }
        let on_disk = loaded.journal.clone();
        let start = if options.dry_run { before::look } else { before::run };
        let mut before = start(options, &mut loaded);
        first(&mut loaded, &mut before);
        pass(command, options, loaded, (before, on_disk))
    };
    if options.dry_run {
        return whole();
    }
    match state_file::exclusively(&options.state_file, options.deadline, whole) {
        Ok(Some(done)) => done,
        Ok(None) => (Report::new(command, options.now), Code::Busy),
        Err(problem) => stopped(command, options.now, problem),
    }
}

/// One pass over everything, after what was done `before` and with the journal as it was read.
fn pass(
    command: &'static str,
    options: &Options,
    mut loaded: Loaded,
    (before, on_disk): (Before, Journal),
) -> (Report, Code) {
    let mut report = Report::new(command, options.now);
    let mut tally = before.tally.clone();
    let inventory = gather::gather(options);
    observe(&mut loaded.journal, &inventory, options.prefer_source);
    let news = loaded.journal != on_disk || before.unsaved;
    report.problems.extend(before.problems.iter().cloned());
    report.problems.extend(loaded.damaged.clone());
    report.problems.extend(inventory.problems.iter().cloned());
    report.problems.extend(refused(&inventory));
    report.problems.extend(missing(&inventory, options));
    report.sources = source_rows(&inventory, options.now, Thresholds::default());
    for (kind, attempt) in &before.attempts {
        let row = report.sources.iter_mut().find(|row| row.source == kind.name());
        row.into_iter().for_each(|row| row.attempt = Some(attempt.clone()));
    }

    if command == "sync" {
        let dead = dead(&inventory, &loaded.journal, &report, &mut tally);
        report.problems.extend(dead);
    }

    let known = loaded.journal.clone();
    let decider = Decider::new(&inventory, &known, options);
    let mut items = items::all(&inventory, &decider, options, Thresholds::default().within);
    let (creations, problems) = create::plan(&inventory, &decider, options);
    report.problems.extend(problems);
    items.extend(creations.iter().map(|creation| create::item(&inventory, *creation, options)));
    let (new_links, problems) = link::plan(&inventory, &decider, options);
    report.problems.extend(problems);
    items.extend(new_links.iter().map(|link| link::item(&inventory, *link)));
    // What was proven has been tried already, and the newest alone.
    items.iter_mut().for_each(Item::not_to_write_back);
    if !options.dry_run {
        let saved = (!news).then(|| known.clone());
        let mut work = write::Work { options, inventory: &inventory, decider: &decider, loaded: &mut loaded, saved };
        let problems = work.run(&mut items, &creations, &new_links);
        report.problems.extend(problems);
    }
    items.iter_mut().for_each(|item| item.wrote_back(&inventory, &before.wrote_back));
    match env_file::run(options, &inventory, &loaded.journal) {
        Ok(exported) => report.exported.extend(exported),
        Err(problem) => report.problems.push(problem),
    }

    if options.dry_run && !report.exported.is_empty() {
        tally.outcome(Code::Drift);
    }
    report.problems.iter().filter_map(|problem| problem.failure).for_each(|code| tally.failure(code));
    items.iter().filter_map(|item| item.code(&decider, options.now)).for_each(|code| tally.outcome(code));
    if is_reached(&inventory, &items) || before.changed() > 0 {
        tally.reached();
    }
    let written = |item: &&Item<'_>| item.row.result == Outcome::Done && item.row.action != Action::WriteBack;
    report.changed = before.changed() + items.iter().filter(written).count();
    report.problems.extend(warn::all(&items, &inventory));
    if options.verbose {
        report.problems.extend(paths(options));
    }
    report.problems.extend(explain(&items, &decider, &inventory, options.now));
    report.profiles = items.into_iter().map(|item| item.row).collect();
    (report, tally.code())
}

/// Whether a source could be read and a store be served.
fn is_reached(inventory: &Inventory, items: &[Item<'_>]) -> bool {
    let readable = inventory.sources.iter().any(|source| !matches!(source.state, SourceState::Unreadable(_)));
    // A profile that could not be written back was judged all the same.
    let failed = |item: &Item<'_>| item.row.result == Outcome::Failed && item.row.action != Action::WriteBack;
    let served = |index: usize| {
        let state = &inventory.stores[index].state;
        inventory.stores[index].selected
            && matches!(state, StoreState::Read | StoreState::Missing)
            && !items.iter().any(|item| item.store == index && failed(item))
    };
    readable && (0..inventory.stores.len()).any(served)
}

/// Says on stderr why the exit code is not 0, where no problem says it already: a line for each
/// reason, not for each agent.
fn explain(items: &[Item<'_>], decider: &Decider<'_>, inventory: &Inventory, now: i64) -> Vec<Problem> {
    let mut groups: Vec<(&Item<'_>, Code, usize)> = Vec::new();
    let untold = |item: &&Item<'_>| {
        matches!(item.row.result, Outcome::None | Outcome::Refused) && item.row.action != Action::WriteBack
    };
    for item in items.iter().filter(untold) {
        let Some(code @ (Code::LoginNeeded | Code::Drift)) = item.code(decider, now) else { continue };
        let same = |group: &&mut (&Item<'_>, Code, usize)| {
            (group.0.row.source, &group.0.row.reason) == (item.row.source, &item.row.reason)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.2 += 1,
            None => groups.push((item, code, 1)),
        }
    }
    let problem = |(item, code, count): &(&Item<'_>, Code, usize)| {
        let row = &item.row;
        let profile = row.profile.as_deref().unwrap_or_default();
        let more = if *count > 1 { format!(" and {} more", count - 1) } else { String::new() };
        let message = format!("{} {profile}{more}: {}", row.place.agent, row.reason);
        let kind = inventory.sources.iter().map(|source| source.kind).find(|kind| Some(kind.name()) == row.source);
        let hint = row.verdict.map_or(String::new(), |verdict| change::remedy(verdict, kind, row.spent));
        match (code, kind) {
            (Code::LoginNeeded, Some(kind)) => {
                let message =
                    format!("{} {profile}{more}: only a login with {} can help", row.place.agent, kind.name());
                Problem { severity: Severity::Error, ..Problem::drift("login-needed", message, kind.login_command()) }
            }
            _ if row.reason == change::NOT_WRITTEN => Problem::drift("refused", message, ""),
            // What was asked for and is not done is no standing matter.
            _ if row.result == Outcome::Refused && row.place.store == "sqlite" => Problem {
                severity: Severity::Error,
                ..Problem::drift("refused", message, "ocsync sync --create links it instead")
            },
            _ if row.result == Outcome::Refused => Problem {
                severity: Severity::Error,
                ..Problem::drift(
                    "refused",
                    message,
                    "in ocsync's config: share: { claude: \"access\" } leaves codex whole",
                )
            },
            _ => Problem::drift("drift", message, hint),
        }
    };
    groups.iter().map(problem).collect()
}
