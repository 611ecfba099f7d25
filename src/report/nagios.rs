//! `check-expiry --format nagios`: one line in the form of the Monitoring Plugins' guidelines,
//! `OCSYNC STATUS - text | perfdata`, and its exit code.
//!
//! Monitoring reads the exit code first, and knows only 0 to 3. A credential that needs a person is CRITICAL, and one
//! that will need a person soon is WARNING. If ocsync could not find out, the status is UNKNOWN and never OK.
//! The performance data has the same few labels for one agent and for a thousand: each label makes one graph, and
//! Nagios cuts long lines.

use crate::model::exit::Code;
use crate::model::problem::{NOBODY_RENEWS, Severity, clean};
use crate::report::line::{line, login_ends};
use crate::report::rows::seconds;
use crate::report::{Report, SourceRow, Thresholds};

/// A plugin's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Status {
    /// All is well.
    Ok = 0,
    /// A person should look at it soon.
    Warning = 1,
    /// A person should look at it now.
    Critical = 2,
    /// The state is unknown.
    Unknown = 3,
}

/// The status for an exit code of ocsync.
fn status(exit: u8) -> Status {
    const OK: u8 = Code::Ok as u8;
    const LOGIN_NEEDED: u8 = Code::LoginNeeded as u8;
    const EXPIRING: u8 = Code::Expiring as u8;
    const DRIFT: u8 = Code::Drift as u8;
    match exit {
        OK => Status::Ok,
        LOGIN_NEEDED => Status::Critical,
        EXPIRING | DRIFT => Status::Warning,
        _ => Status::Unknown,
    }
}

/// The status of a report with this exit code. Where nobody renews a login, agents are dead until a person acts.
pub fn of(report: &Report, exit: u8) -> Status {
    let nobody_renews = report.problems.iter().any(|problem| problem.code == NOBODY_RENEWS);
    if nobody_renews { Status::Critical } else { status(exit) }
}

/// The line.
pub fn render(report: &Report, thresholds: Thresholds, now: i64) -> String {
    let status = of(report, report.exit);
    let word = match status {
        Status::Ok => "OK",
        Status::Warning => "WARNING",
        Status::Critical => "CRITICAL",
        Status::Unknown => "UNKNOWN",
    };
    let text = line(report, now);
    let mut text = text.strip_prefix("ok: ").unwrap_or(&text).to_owned();
    // Monitoring shows only stdout, so the error must be in this line.
    let error = report.problems.iter().find(|problem| problem.severity == Severity::Error);
    if let (Status::Unknown, Some(error)) = (status, error) {
        text = format!("{text}; {}", error.message);
    }
    // A bar would begin the performance data.
    format!("OCSYNC {word} - {} | {}\n", clean(&text).replace('|', "/"), perfdata(report, thresholds, now))
}

/// The performance data, `label=value[unit];warning;critical;minimum`: the time left by source, and how many
/// credentials are in which state.
fn perfdata(report: &Report, thresholds: Thresholds, now: i64) -> String {
    let left = |label: &str, at: Option<i64>, within: i64| {
        // A range that ends with a colon alerts below its number.
        let value = seconds(at, now).map_or_else(|| "U".to_owned(), |seconds| format!("{seconds}s"));
        format!("{label}={value};{}:;0:", within / 1000)
    };
    let of_source = |row: &SourceRow| {
        let login =
            login_ends(row).map(|at| left(&format!("{}_login", row.source), Some(at), thresholds.login_within));
        [Some(left(row.source, row.expires, thresholds.within(row.refreshable.filter(|_| !row.unrenewed)))), login]
    };
    let mut data: Vec<String> = report.sources.iter().flat_map(of_source).flatten().collect();
    let counted = || report.profiles.iter().filter_map(|row| Some((row, row.finding.checked()?)));
    if let Some((at, row)) =
        counted().filter_map(|(row, _)| Some((row.finding.expires?, row))).min_by_key(|(at, _)| *at)
    {
        data.push(left("profiles_next", Some(at), thresholds.within(row.finding.refreshable)));
    }
    let of_sources = || report.counted_sources().map(|row| row.checked.code(row.refreshable));
    let states = || of_sources().chain(counted().map(|(row, state)| state.code(row.finding.refreshable)));
    let count = |code: Code| states().filter(|of| *of == code).count();
    data.push(format!("checked={};;;0", states().count()));
    data.push(format!("ended={};;0;0", count(Code::LoginNeeded)));
    data.push(format!("expiring={};0;;0", count(Code::Expiring)));
    data.push(format!("unreadable={};;;0", count(Code::Incomplete)));
    data.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::exit::TABLE;
    use crate::model::problem::Problem;

    #[test]
    fn one_is_critical_two_is_a_warning_and_every_failure_is_unknown() {
        for (code, _, _) in TABLE {
            let expected = match code as u8 {
                0 => Status::Ok,
                1 => Status::Critical,
                2 | 3 => Status::Warning,
                _ => Status::Unknown,
            };
            assert_eq!(status(code as u8), expected, "{code:?}");
        }
    }

    #[test]
    fn a_foreign_name_begins_neither_a_line_nor_the_performance_data() {
        let mut report = Report { exit: 65, ..Report::new("check-expiry", 0) };
        report.problems.push(Problem::malformed("a|b\nc: x", ""));
        let line = render(&report, Thresholds::default(), 0);
        assert!(line.starts_with("OCSYNC UNKNOWN - nothing to check; a/b\u{fffd}c: x | checked=0;;;0 "), "{line}");
        assert_eq!((line.matches('\n').count(), line.matches('|').count()), (1, 1));
    }
}
