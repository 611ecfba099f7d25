//! The result of a run in one line, for a message to a person.

use crate::model::exit::{Code, name};
use crate::model::problem::{Problem, Severity, clean};
use crate::report::Report;
use crate::report::line::line;

/// The line, without a line end. It begins with the name of the exit code.
pub fn summary(report: &Report, code: Code, now: i64) -> String {
    let text = match report.command {
        "check-expiry" if !report.problems.iter().any(|problem| problem.severity == Severity::Error) => {
            return line(report, now);
        }
        _ => worst(&report.problems).unwrap_or_else(|| counted(report, code)),
    };
    format!("{}: {text}", name(code))
}

/// The worst problem, how many others there are, and what to do about it.
fn worst(problems: &[Problem]) -> Option<String> {
    let rank = |problem: &Problem| match (problem.severity, problem.code) {
        (Severity::Error | Severity::Standing, "login-needed") => Some(0),
        (Severity::Error, _) => Some(1),
        (Severity::Standing, _) => Some(2),
        (Severity::Warning | Severity::Note, _) => None,
    };
    let counting = || problems.iter().filter_map(|problem| Some((rank(problem)?, problem)));
    let (_, worst) = counting().min_by_key(|(rank, _)| *rank)?;
    let more = counting().count() - 1;
    let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
    let hint = if worst.hint.is_empty() { String::new() } else { format!("; hint: {}", clean(&worst.hint)) };
    Some(format!("{}{more}{hint}", clean(&worst.message)))
}

/// What there is, where no problem says more.
fn counted(report: &Report, code: Code) -> String {
    let of = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let bound = report.profiles.iter().filter(|row| row.finding.source.is_some()).count();
    let all = format!("{} of {}", of(bound, "profile"), of(report.sources.len(), "login"));
    match (report.changed, code) {
        (0, Code::Ok) => format!("{all}, nothing to do"),
        (0, _) => all,
        (changed, _) => format!("{all}, {changed} written"),
    }
}
