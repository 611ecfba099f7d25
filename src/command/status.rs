//! `ocsync status`: shows every login and every profile with its verdict. It writes nothing and takes no lock.

use crate::command::look::{self, Extra, Look, Seen, look};
use crate::command::{one_profile, settings_shown};
use crate::model::exit::Code;
use crate::model::history::{Event, History};
use crate::model::problem::{Problem, Severity};
use crate::model::target::Target;
use crate::report::line::line;
use crate::report::tables::Shown;
use crate::report::{EventRow, Report, SourceRow, State, Thresholds};
use crate::settings::cli::Status;
use crate::settings::options::Options;
use crate::sync::warn;

/// Looks and reports. Verdicts and expiry both count for the exit code.
pub fn run(options: &Options, args: &Status) -> (Report, Code) {
    let thresholds = Thresholds { login_within: args.login_within, ..Thresholds::default() };
    let mut seen = look::read(options);
    if let Some(target) = &args.profile {
        one_profile::select(&mut seen.inventory, target);
    }
    let history = args.events.map(|count| past(&seen.journal.history, args.profile.as_ref(), count));
    let (report, code) = of(options, thresholds, args.profile.as_ref(), &mut seen);
    (Report { history, ..report }, code)
}

/// The newest events; of one profile, those that are about it or about no profile.
fn past(history: &History, target: Option<&Target>, count: usize) -> Vec<EventRow> {
    let is_wanted = |event: &&Event| {
        let names = |target: &Target, word: &str| {
            event.more > 0 || word.split_once('/').is_none_or(|(agent, id)| target.names(agent, id))
        };
        target.zip(event.profile.as_deref()).is_none_or(|(target, word)| names(target, word))
    };
    history.events().iter().rev().filter(is_wanted).take(count).map(EventRow::of).collect()
}

/// Reports what was read.
pub fn of(options: &Options, thresholds: Thresholds, target: Option<&Target>, seen: &mut Seen) -> (Report, Code) {
    let extra = Extra { only: &[], target, strict: false, problems: &warn::standing, notes: &settings_shown::notes };
    let Look { mut report, mut tally, codes, .. } = look("status", options, thresholds, &extra, seen);
    tally.outcomes(codes);
    if tally.code() == Code::Expiring {
        let message = line(&report, options.policy.now);
        let is_due = |row: &SourceRow| row.checked == State::Expired && row.refreshable == Some(true);
        let hint = if report.sources.iter().any(is_due) { "ocsync refresh" } else { "" };
        report.problems.push(Problem::drift("expiring", message, hint));
    }
    // A login that no profile is bound to has no line of its own.
    let says_why = |problem: &Problem| matches!(problem.severity, Severity::Error | Severity::Standing);
    let code = tally.code();
    if code != Code::Ok && !report.problems.iter().any(says_why) {
        report.problems.push(Problem::lasting("result", line(&report, options.policy.now), ""));
    }
    report.problems.sort_by_key(|problem| match problem.severity {
        Severity::Error => 0,
        Severity::Standing | Severity::Warning => 1,
        Severity::Note => 2,
    });
    let is_absent = target.is_some() && report.explained.is_empty();
    (report, if is_absent { Code::NoInput } else { tally.code() })
}

/// Which profiles are shown.
pub fn shown(args: &Status, verbose: bool) -> Shown {
    match (args.problems, verbose) {
        (true, _) => Shown::Problems,
        (false, true) => Shown::Each,
        (false, false) => Shown::Grouped,
    }
}
