//! The problems that one run has seen: those behind its exit code.

use std::collections::BTreeMap;

use crate::model::exit::{Code, rank};
use crate::model::problem::{About, Problem, Severity};
use crate::notify::known::Key;
use crate::report::{ProfileRow, Report, SourceRow, State};

/// The problems of a run, each with its rank. Warnings and notes are not among them: no exit code shows them.
pub fn seen(report: &Report) -> BTreeMap<Key, usize> {
    let mut seen = BTreeMap::new();
    let mut note = |key: Key, exit: Code| {
        let known = seen.entry(key).or_insert(rank(exit));
        *known = rank(exit).min(*known);
    };
    for problem in report.problems.iter().filter(|problem| counts(problem)) {
        for key in keys(problem) {
            note(key, exit(problem));
        }
    }
    // `check-expiry` has no problem for what has ended: its one line says it.
    if report.command == "check-expiry" {
        for row in &report.sources {
            if let Some((code, exit)) = of_state(row.state, row.refreshable) {
                note(Key { code: code.to_owned(), about: About::login(row.source) }, exit);
            }
        }
        for row in &report.profiles {
            let state = row.finding.checked();
            if let Some((code, exit)) = state.and_then(|state| of_state(state, row.finding.refreshable)) {
                note(Key { code: code.to_owned(), about: about_profile(row, code, &report.sources) }, exit);
            }
        }
    }
    seen
}

/// What one problem is known by: a key for each profile that it is about.
pub fn keys(problem: &Problem) -> impl Iterator<Item = Key> {
    let key = |about: &About| Key { code: problem.code.to_owned(), about: about.clone() };
    std::iter::once(&*problem.about).chain(&problem.also).map(key)
}

/// Whether an exit code shows it. "Busy" means "try again": it is no problem yet.
fn counts(problem: &Problem) -> bool {
    matches!(problem.severity, Severity::Error | Severity::Standing) && problem.failure != Some(Code::Busy)
}

fn exit(problem: &Problem) -> Code {
    match (problem.code, problem.failure) {
        ("login-needed", _) => Code::LoginNeeded,
        (_, Some(_)) => Code::Incomplete,
        _ if problem.severity == Severity::Error => Code::Incomplete,
        _ => Code::Drift,
    }
}

/// The code of a problem, and how bad it is.
fn of_state(state: State, refreshable: Option<bool>) -> Option<(&'static str, Code)> {
    let code = match (state.code(refreshable), state) {
        (Code::LoginNeeded, _) => "login-needed",
        (Code::Expiring, State::Expired) => "expired",
        (Code::Expiring, state) => state.name(),
        // What cannot be read has a problem of its own.
        _ => return None,
    };
    Some((code, state.code(refreshable)))
}

/// A profile that shares the state of its login is not a problem of its own.
fn about_profile(row: &ProfileRow, code: &str, sources: &[SourceRow]) -> About {
    let shares = |of: &&SourceRow| {
        Some(of.source) == row.finding.source && of_state(of.state, of.refreshable).is_some_and(|(of, _)| of == code)
    };
    match sources.iter().find(shares) {
        Some(of) => About::login(of.source),
        None => About::profile(row.finding.source, &row.agent, row.finding.profile.as_deref()),
    }
}
