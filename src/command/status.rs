//! `ocsync status`: shows every login and every profile with its verdict. It writes nothing and takes no lock.

use crate::command::look::{self, Extra, Look, Seen, look};
use crate::command::settings_shown;
use crate::model::exit::Code;
use crate::model::problem::{Problem, Severity};
use crate::report::line::line;
use crate::report::tables::Shown;
use crate::report::{Report, SourceRow, State, Thresholds};
use crate::settings::cli::Status;
use crate::settings::options::Options;
use crate::sync::warn;

/// Looks and reports. Verdicts and expiry both count for the exit code.
pub fn run(options: &Options, args: &Status) -> (Report, Code) {
    let thresholds = Thresholds { login_within: args.login_within, ..Thresholds::default() };
    of(options, thresholds, &mut look::read(options))
}

/// Reports what was read.
pub fn of(options: &Options, thresholds: Thresholds, seen: &mut Seen) -> (Report, Code) {
    let extra = Extra { only: &[], strict: false, problems: &warn::standing, notes: &settings_shown::notes };
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
    (report, tally.code())
}

/// Which profiles are shown.
pub fn shown(args: &Status, verbose: bool) -> Shown {
    match (args.problems, verbose) {
        (true, _) => Shown::Problems,
        (false, true) => Shown::Each,
        (false, false) => Shown::Grouped,
    }
}
