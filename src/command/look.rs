//! What `status` and `check-expiry` share: they read, decide and report. They write nothing and take no lock.

use crate::command::one_profile;
use crate::core::decide::Decider;
use crate::model::exit::{Code, Tally};
use crate::model::inventory::Inventory;
use crate::model::journal::Journal;
use crate::model::problem::{Problem, Severity};
use crate::model::target::Target;
use crate::refresh::wording;
use crate::report::{Check, ProfileRow, Report, State, Thresholds, installations, rows};
use crate::settings::options::Options;
use crate::sync::warn::Inspection;
use crate::sync::{by_cli, explain, items, missing, no_store, remember, served, state_file, warn};

/// What a look has read.
pub struct Seen {
    /// Everything that was read.
    pub inventory: Inventory,
    /// The journal.
    pub journal: Journal,
    /// What is wrong with the journal's file, or nearly.
    pub of_journal: Option<Problem>,
}

/// The result of a look.
pub(super) struct Look {
    pub(super) report: Report,
    pub(super) tally: Tally,
    /// The exit code of each bound profile by its verdict. Only `status` counts them.
    pub(super) codes: Vec<Code>,
    /// The command line names a profile or an agent that does not exist.
    pub(super) names_absent: bool,
}

/// What one command wants beside the common part.
pub(super) struct Extra<'a> {
    /// The profiles to report, with their sources. If it is empty, all are reported.
    pub(super) only: &'a [String],
    /// The profile to explain.
    pub(super) target: Option<&'a Target>,
    /// Every profile that can end counts. What is named must exist, and so must a store.
    pub(super) strict: bool,
    /// Finds the problems that only this command reports.
    pub(super) problems: &'a dyn Fn(&Inspection<'_>) -> Vec<Problem>,
    /// Makes the notes that come last with `-v`.
    pub(super) notes: &'a dyn Fn(&Options) -> Vec<Problem>,
}

/// Reads everything.
pub(super) fn read(options: &Options) -> Seen {
    let loaded = state_file::load(&options.state_file);
    let inventory = served::gather_with_gone(options, &loaded.journal, false);
    Seen { inventory, journal: loaded.journal, of_journal: loaded.problem }
}

/// Decides about what was read, and reports it.
pub(super) fn look(
    command: &'static str,
    options: &Options,
    thresholds: Thresholds,
    extra: &Extra<'_>,
    seen: &mut Seen,
) -> Look {
    let now = options.policy.now;
    let Seen { inventory, journal, of_journal } = seen;
    remember::sources(journal, inventory, &options.policy);
    for source in inventory.sources.iter_mut().filter(|_| extra.strict) {
        source.unrenewed = journal.unrenewed.get(&*source.path.to_string_lossy()).is_some_and(|known| known.proven);
    }
    let (inventory, journal) = (&*inventory, &*journal);
    let decider = Decider::new(inventory, journal, &options.policy);
    let mut items = items::all(inventory, &decider, options);
    if let Some(target) = extra.target {
        items.retain(|item| one_profile::is_item(item, target));
    }

    let mut report = Report::new(command, now);
    report.sources = rows::of_sources(&inventory.sources, now, thresholds);
    report.profiles = rows::of(&items, inventory, &decider, now, thresholds);
    if !extra.strict {
        installations::date(&mut report, &items, inventory, journal);
    }
    if let Some(target) = extra.target {
        report.explained = explain::all(&items, &decider, journal);
        if report.explained.is_empty() {
            report.problems.push(one_profile::absent(target, inventory));
        }
    }
    let login_within = thresholds.login_within;
    let by_cli_alone = by_cli::login(inventory, journal).map(|source| source.kind.name());
    let by_cli_alone =
        by_cli_alone.filter(|name| !report.profiles.iter().any(|row| row.finding.source == Some(*name)));
    if let Some(row) = report.sources.iter_mut().find(|row| Some(row.source) == by_cli_alone) {
        row.used_by_its_cli(now, login_within);
    }
    let problems = &mut report.problems;
    problems.extend((extra.problems)(&Inspection { items: &items, inventory, journal, options, login_within }));
    problems.extend(warn::all(&items, inventory, &decider, options));
    problems.extend(warn::setup_tokens::ending(&items, &options.policy));
    problems.extend(warn::logins::unrenewed(&items, inventory, journal, now));
    if !extra.strict {
        problems.extend(warn::drift::explain(&items, now, false));
    }
    let codes = items.iter().filter_map(|item| items::code(item, now, false)).collect();
    let absent = narrow(&mut report, extra.only);
    let mut names_absent = !absent.is_empty();
    report.problems.extend(absent);
    report.problems.extend(of_journal.clone());
    report.problems.extend(inventory.problems.iter().cloned());
    report.problems.extend(missing::not_served(inventory));
    let nothing_found = missing::nothing_found(inventory, decider.knows_elsewhere(None), options);
    report.problems.extend(softened(nothing_found, inventory));
    report.problems.extend(missing::absent_sources(inventory, &decider, options));
    let no_store = no_store::no_store(inventory, options);
    let has_none = extra.strict && no_store.iter().any(|problem| problem.failure.is_some());
    let agents = missing::absent_agents(inventory, options);
    names_absent |= !agents.is_empty();
    let named = no_store.into_iter().chain(agents).collect();
    report.problems.extend(if extra.strict { named } else { softened(named, inventory) });

    if extra.target.is_some() {
        one_profile::narrow(&mut report);
    }
    let mut tally = Tally::default();
    report.problems.iter().filter_map(|problem| problem.failure).for_each(|code| tally.failure(code));
    // A login that has ended is a finding also where no store is found.
    let finds = |state: State, refreshable| {
        state != State::Unreadable && (!has_none || state.code(refreshable) == Code::LoginNeeded)
    };
    let found = report.sources.iter().any(|row| row.counts() && finds(row.state, row.refreshable));
    let counts = |row: &&ProfileRow| !extra.strict || row.finding.checked().is_some();
    if found || report.profiles.iter().filter(counts).any(|row| finds(row.finding.state, row.finding.refreshable)) {
        tally.reached();
    }
    if !extra.strict && inventory.has_store() {
        tally.reached();
    }
    if extra.target.is_none() {
        report.problems.extend(by_cli::dead_login(inventory, journal, now, &mut tally));
    }
    tally_states(&mut tally, &report, extra.strict);
    let dead = dead(inventory, journal, &report);
    tally.outcomes((!dead.is_empty()).then_some(Code::LoginNeeded));
    report.problems.extend(dead);
    if options.verbose {
        report.problems.extend(missing::paths(options));
        report.problems.extend((extra.notes)(options));
    }
    Look { report, tally, codes, names_absent }
}

/// The problems about what is missing. They are errors only if there is nothing else to look at.
fn softened(missing: Vec<Problem>, inventory: &Inventory) -> Vec<Problem> {
    let nothing = inventory.sources.is_empty() && !inventory.has_store();
    let soften = |problem: Problem| Problem { severity: Severity::Warning, failure: None, ..problem };
    missing.into_iter().map(|problem| if nothing { problem } else { soften(problem) }).collect()
}

/// The logins of the report whose refresh token is known to be dead.
fn dead(inventory: &Inventory, journal: &Journal, report: &Report) -> Vec<Problem> {
    let is_shown = |name| report.sources.iter().any(|row| row.source == name);
    wording::known_dead(inventory.sources.iter().filter(|source| is_shown(source.name)), journal)
}

/// Counts the profiles and the logins that count, by time. `strict`: all profiles that can end count, and not the bound
/// ones alone. What OpenClaw renews by itself is well.
fn tally_states(tally: &mut Tally, report: &Report, strict: bool) {
    let is_bound = |row: &&ProfileRow| row.finding.source.is_some();
    let code = |row: &ProfileRow| {
        let by_check = strict || row.finding.check == Check::Well;
        let state = if by_check { row.finding.checked()? } else { row.finding.state };
        Some(state.code(row.finding.refreshable))
    };
    tally.outcomes(report.profiles.iter().filter(|row| strict || is_bound(row)).filter_map(code));
    tally.outcomes(report.counted_sources().map(|row| row.checked.code(row.refreshable)));
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
        Problem::error(Code::NoInput, "no-profile", message, "to see the profiles: ocsync status")
    };
    absent.map(problem).collect()
}
