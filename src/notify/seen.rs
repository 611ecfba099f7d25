//! The problems that one run has seen: those behind its exit code.

use std::collections::BTreeMap;

use crate::model::exit::{Code, rank};
use crate::model::problem::{About, Problem, Severity};
use crate::notify::known::Key;
use crate::report::{ProfileRow, Report, SourceRow, State};

/// An access token has ended that can be renewed.
const EXPIRED: &str = "expired";

/// The problems of a run, each with its rank. Warnings and notes are not among them: no exit code shows them.
pub fn seen(report: &Report) -> BTreeMap<Key, usize> {
    let mut seen = BTreeMap::new();
    let mut note = |key: Key, exit: Code| {
        let known = seen.entry(key).or_insert(rank(exit));
        *known = rank(exit).min(*known);
    };
    for problem in report.problems.iter().filter(|problem| counts(problem) && !is_early(problem, &report.sources)) {
        for key in keys(problem) {
            note(key, exit(problem));
        }
    }
    // `check-expiry` has no problem for what has ended: its one line says it.
    if report.command == "check-expiry" {
        let is_no_news = |state: State, refreshable| is_renewed_soon(state, refreshable) && !report.asked_within;
        for row in report.sources.iter().filter(|row| !is_no_news(row.state, row.refreshable)) {
            if let Some((code, exit)) = of_state(row.state, row.refreshable) {
                note(Key { code: code.to_owned(), about: About::login(row.source) }, exit);
            }
        }
        for row in &report.profiles {
            let refreshable = row.finding.refreshable;
            let state = row.finding.checked().filter(|state| !is_no_news(*state, refreshable));
            let Some((code, exit)) = state.and_then(|state| of_state(state, refreshable)) else { continue };
            if !shares(row, exit, &report.sources) {
                let about = About::profile(row.finding.source, &row.agent, row.finding.profile.as_deref());
                note(Key { code: code.to_owned(), about }, exit);
            }
        }
    }
    seen
}

/// The problems that a run of any command shows to have ended: the access token of a login lasts again. `check-expiry` announces
/// that it has ended, and cron runs that once a day.
pub fn over(report: &Report) -> Vec<Key> {
    let lasts = |row: &&SourceRow| row.expires_in.is_some_and(|left| left > 0);
    let key = |row: &SourceRow| Key { code: EXPIRED.to_owned(), about: About::login(row.source) };
    report.sources.iter().filter(lasts).map(key).collect()
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

/// Whether it is a refresh that failed although the access token lasts. A later run tries again: nothing has ended yet.
fn is_early(problem: &Problem, sources: &[SourceRow]) -> bool {
    let of_login = |row: &&SourceRow| problem.about.source.as_deref() == Some(row.source);
    let lasts = |row: &SourceRow| row.expires_in.is_some_and(|left| left > 0);
    problem.failure == Some(Code::Unavailable) && sources.iter().find(of_login).is_some_and(lasts)
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
        (Code::Expiring, State::Expired) => EXPIRED,
        (Code::Expiring, state) => state.name(),
        // What cannot be read has a problem of its own.
        _ => return None,
    };
    Some((code, state.code(refreshable)))
}

/// Whether the login of a profile is as badly off as the profile. Then the profile is not a problem of its own.
fn shares(row: &ProfileRow, exit: Code, sources: &[SourceRow]) -> bool {
    let mut of_login = sources.iter().filter(|of| Some(of.source) == row.finding.source);
    of_login.any(|of| of_state(of.state, of.refreshable).is_some_and(|(_, of)| rank(of) <= rank(exit)))
}

/// Whether an access token lasts and its login can be renewed. That nobody has done so in time before is worth an exit
/// code, and no message: a person may be about to use the CLI.
fn is_renewed_soon(state: State, refreshable: Option<bool>) -> bool {
    state == State::Expiring && refreshable == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::{DAY, HOUR};
    use crate::notify::due::tests::{key, pager};
    use crate::notify::due::{Seen, update};

    #[test]
    fn a_run_that_shows_that_a_problem_is_over_announces_that_though_it_does_not_look_for_it() {
        let (mut pager, expired) = (pager(Some(DAY)), key("expired", "claude", ""));
        assert_eq!(pager.hears(0, "check-expiry", &[(&expired, 2)]), (1, 0));
        assert_eq!(pager.hears(1, "sync", &[]), (0, 0));
        let over = [expired.clone()];
        let mut run = |hour: i64, tells: bool| {
            let (problems, now) = (BTreeMap::new(), hour * HOUR);
            let run = Seen { problems: &problems, over: &over, scope: "sync", whole: false, tells, now, every: None };
            update(&mut pager.notices, &run).ended.len()
        };
        assert_eq!((run(2, false), run(3, true), run(4, true)), (0, 1, 0));
    }
}
