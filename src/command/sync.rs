//! `ocsync sync`: brings every store in step, tells the gateways, remembers.
//!
//! The order matters to a run that is killed. The journal first notes what is about to happen
//! (the directories at work, the reload that will be owed), then the stores are replaced, then
//! the journal notes what was delivered, then the gateways are told and the debt is struck out.

use std::path::Path;

use super::item::{self, Item};
use super::{creation, missing, observe, paths, refused, source_rows, stopped, warnings, work};
use crate::cli::{Common, Sync};
use crate::decide::Decider;
use crate::exit::{Code, Tally};
use crate::export;
use crate::inventory::{Inventory, Standing};
use crate::openclaw::sweep;
use crate::options::Options;
use crate::plan::{self, Outcome};
use crate::problem::{Problem, Severity};
use crate::report::{Report, Thresholds};
use crate::source::State;
use crate::state_file::{self, Loaded};

/// Runs `sync`.
#[must_use]
pub fn run(common: &Common, args: &Sync, now: i64) -> (Report, Code) {
    let options = match Options::new(common, Some(args), now) {
        Ok(options) => options,
        Err(problem) => return stopped("sync", now, problem),
    };
    let pass = || pass(&options, state_file::load(&options.state_file));
    if options.dry_run {
        return pass();
    }
    match state_file::exclusively(&options.state_file, options.deadline, pass) {
        Ok(Some(done)) => done,
        Ok(None) => (Report::new("sync", now), Code::Busy),
        Err(problem) => stopped("sync", now, problem),
    }
}

/// One pass over everything.
fn pass(options: &Options, mut loaded: Loaded) -> (Report, Code) {
    let mut report = Report::new("sync", options.now);
    let left_over = std::mem::take(&mut loaded.journal.in_flight);
    if !options.dry_run {
        left_over.iter().for_each(|dir| sweep::sweep(Path::new(dir)));
    }
    let inventory = Inventory::gather(options);
    let sources_before = loaded.journal.sources.clone();
    observe(&mut loaded.journal, &inventory, options.prefer_source);
    let news = loaded.journal.sources != sources_before || !left_over.is_empty() || loaded.damaged.is_some();
    report.problems.extend(loaded.damaged.clone());
    report.problems.extend(inventory.problems.iter().cloned());
    report.problems.extend(refused(&inventory));
    report.problems.extend(missing(&inventory, options));
    report.sources = source_rows(&inventory, options.now, Thresholds::default());

    let known = loaded.journal.clone();
    let decider = Decider::new(&inventory, &known, options);
    let mut items = item::all(&inventory, &decider, options, Thresholds::default().within);
    let (creations, problems) = creation::plan(&inventory, &decider, options);
    report.problems.extend(problems);
    items.extend(creations.iter().map(|creation| creation::item(&inventory, *creation, options)));
    if !options.dry_run {
        let saved = (!news).then(|| known.clone());
        let mut work = work::Work { options, inventory: &inventory, decider: &decider, loaded: &mut loaded, saved };
        let problems = work.run(&mut items, &creations);
        report.problems.extend(problems);
    }
    match export::run(options, &inventory, &loaded.journal) {
        Ok(exported) => report.exported.extend(exported),
        Err(problem) => report.problems.push(problem),
    }

    let mut tally = Tally::default();
    if options.dry_run && !report.exported.is_empty() {
        tally.outcome(Code::Drift);
    }
    report.problems.iter().filter_map(|problem| problem.failure).for_each(|code| tally.failure(code));
    items.iter().filter_map(|item| item.code(&decider, options.now)).for_each(|code| tally.outcome(code));
    if is_reached(&inventory, &items) {
        tally.reached();
    }
    report.changed = items.iter().filter(|item| item.row.result == Outcome::Done).count();
    report.problems.extend(warnings::all(&items, &inventory));
    if options.verbose {
        report.problems.extend(paths(options));
    }
    report.problems.extend(explain(&items, &decider, &inventory, options.now));
    report.profiles = items.into_iter().map(|item| item.row).collect();
    (report, tally.code())
}

/// Whether a source could be read and a store be served.
fn is_reached(inventory: &Inventory, items: &[Item<'_>]) -> bool {
    let readable = inventory.sources.iter().any(|source| !matches!(source.state, State::Unreadable(_)));
    let served = |index: usize| {
        let standing = &inventory.stores[index].standing;
        inventory.stores[index].selected
            && matches!(standing, Standing::Read | Standing::Missing)
            && !items.iter().any(|item| item.store == index && item.row.result == Outcome::Failed)
    };
    readable && (0..inventory.stores.len()).any(served)
}

/// Says on stderr why the exit code is not 0, where no problem says it already: a line for each
/// reason, not for each agent.
fn explain(items: &[Item<'_>], decider: &Decider<'_>, inventory: &Inventory, now: i64) -> Vec<Problem> {
    let mut groups: Vec<(&Item<'_>, Code, usize)> = Vec::new();
    for item in items.iter().filter(|item| matches!(item.row.result, Outcome::None | Outcome::Refused)) {
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
        let message = format!("{} {profile}{more}: {}", row.agent, row.reason);
        let kind = inventory.sources.iter().map(|source| source.kind).find(|kind| Some(kind.name()) == row.source);
        let hint = row.verdict.map_or(String::new(), |verdict| plan::remedy(verdict, kind));
        match (code, kind) {
            (Code::LoginNeeded, Some(kind)) => {
                let message = format!("{} {profile}{more}: only a login with {} can help", row.agent, kind.name());
                Problem { severity: Severity::Error, ..Problem::drift("login-needed", message, kind.login_command()) }
            }
            // What was asked for and is not done is no standing matter.
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
