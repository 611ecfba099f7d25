//! What `status` and `check-expiry` share: they read, decide and report. They write nothing and take no lock.

use crate::core::decide::Decider;
use crate::model::exit::{Code, Tally};
use crate::model::inventory::Inventory;
use crate::model::item::Item;
use crate::model::journal::Journal;
use crate::model::problem::Problem;
use crate::refresh::wording;
use crate::report::{Report, State, Thresholds, rows};
use crate::settings::options::Options;
use crate::sync::gather::gather;
use crate::sync::warn::Inspection;
use crate::sync::{items, missing, no_store, remember, state_file, warn};

/// The result of a look.
pub(super) struct Look {
    pub(super) report: Report,
    pub(super) tally: Tally,
    /// The exit code of each bound profile by its verdict. Only `status` counts them.
    pub(super) codes: Vec<Code>,
}

/// What one command wants beside the common part.
pub(super) struct Extra<'a> {
    /// The profiles to report, with their sources. If it is empty, all are reported.
    pub(super) only: &'a [String],
    /// Finds the problems that only this command reports.
    pub(super) problems: &'a dyn Fn(&Inspection<'_>) -> Vec<Problem>,
    /// Whether the command fails where no state directory holds a store.
    pub(super) needs_store: bool,
    /// Makes the notes that come last with `-v`.
    pub(super) notes: &'a dyn Fn(&Options) -> Vec<Problem>,
}

/// Reads, decides, and reports.
pub(super) fn look(command: &'static str, options: &Options, thresholds: Thresholds, extra: &Extra<'_>) -> Look {
    let now = options.policy.now;
    let loaded = state_file::load(&options.state_file);
    let mut journal = loaded.journal;
    let inventory = gather(options);
    remember::sources(&mut journal, &inventory, options.policy.prefer_source);
    let decider = Decider::new(&inventory, &journal, &options.policy);
    let items = items::all(&inventory, &decider, options);

    let mut report = Report::new(command, now);
    report.sources = rows::of_sources(&inventory.sources, now, thresholds);
    report.profiles = rows::of(&items, &inventory, &decider, now, thresholds.within);
    let problems = &mut report.problems;
    let login_within = thresholds.login_within;
    problems.extend((extra.problems)(&Inspection {
        items: &items,
        inventory: &inventory,
        journal: &journal,
        options,
        login_within,
    }));
    problems.extend(warn::all(&items, &inventory));
    let codes = codes(&items, &decider, now);
    let absent = narrow(&mut report, extra.only);
    report.problems.extend(absent);
    report.problems.extend(loaded.damaged);
    report.problems.extend(inventory.problems.iter().cloned());
    report.problems.extend(missing::not_served(&inventory));
    report.problems.extend(softened(&inventory, missing::missing(&inventory, options)));
    let no_store = no_store::no_store(&inventory, options);
    let has_none = extra.needs_store && no_store.iter().any(|problem| problem.failure.is_some());
    report.problems.extend(if extra.needs_store { no_store } else { softened(&inventory, no_store) });

    let mut tally = Tally::default();
    report.problems.iter().filter_map(|problem| problem.failure).for_each(|code| tally.failure(code));
    // A login that has ended is a finding also where no store is found.
    let finds = |state: State| state != State::Unreadable && (!has_none || state.code() == Code::LoginNeeded);
    if report.sources.iter().any(|row| finds(row.state)) || report.profiles.iter().any(|row| finds(row.finding.state))
    {
        tally.reached();
    }
    tally_states(&mut tally, &report);
    let dead = dead(&inventory, &journal, &report);
    tally.outcomes((!dead.is_empty()).then_some(Code::LoginNeeded));
    report.problems.extend(dead);
    if options.verbose {
        report.problems.extend(missing::paths(options));
        report.problems.extend((extra.notes)(options));
    }
    Look { report, tally, codes }
}

fn codes(items: &[Item<'_>], decider: &Decider<'_>, now: i64) -> Vec<Code> {
    items.iter().filter_map(|item| items::code(item, decider, now)).collect()
}

/// The problems about what is missing. They are errors only if there is nothing else to look at.
fn softened(inventory: &Inventory, missing: Vec<Problem>) -> Vec<Problem> {
    let nothing = inventory.sources.is_empty() && !inventory.has_store();
    let soften = |problem: Problem| Problem::warning(problem.code, problem.message, problem.hint);
    missing.into_iter().map(|problem| if nothing { problem } else { soften(problem) }).collect()
}

/// The logins of the report whose refresh token is known to be dead.
fn dead(inventory: &Inventory, journal: &Journal, report: &Report) -> Vec<Problem> {
    let is_shown = |name| report.sources.iter().any(|row| row.source == name);
    wording::known_dead(inventory.sources.iter().filter(|source| is_shown(source.kind.name())), journal)
}

/// Counts the states of the bound profiles and of their sources. If no profile is bound, all sources count.
fn tally_states(tally: &mut Tally, report: &Report) {
    let bound: Vec<_> = report.profiles.iter().filter(|row| row.finding.source.is_some()).collect();
    tally.outcomes(bound.iter().map(|row| row.finding.state.code()));
    let counts = |source: &&str| bound.is_empty() || bound.iter().any(|row| row.finding.source == Some(*source));
    tally.outcomes(report.sources.iter().filter(|row| counts(&row.source)).map(|row| row.state.code()));
}

/// Keeps in the report only the profiles `only`, their sources, and the stores that are not served, which may hold
/// such a profile. Returns a problem for each profile that is not there.
fn narrow(report: &mut Report, only: &[String]) -> Vec<Problem> {
    if only.is_empty() {
        return Vec::new();
    }
    report.profiles.retain(|row| row.finding.profile.as_ref().is_none_or(|id| only.contains(id)));
    let (sources, profiles) = (&mut report.sources, &report.profiles);
    sources.retain(|source| profiles.iter().any(|row| row.finding.source == Some(source.source)));
    let known = |id: &&String| profiles.iter().any(|row| row.finding.profile.as_ref() == Some(*id));
    // A mistyped name must not look as if all were well.
    let absent = only.iter().filter(|id| !known(id));
    let problem = |id| {
        let message = format!("no profile \"{id}\" found");
        Problem::error(Code::NoInput, "no-profile", message, "ocsync status lists the profiles")
    };
    absent.map(problem).collect()
}
