//! What the report says of a refresh: a line for its source, and a problem where there is one.

use std::path::Path;

use crate::core::due::Due;
use crate::model::because::Because;
use crate::model::exit::Code;
use crate::model::item::Outcome;
use crate::model::journal::Journal;
use crate::model::login::Login;
use crate::model::problem::{About, Problem};
use crate::model::reason::Reason;
use crate::model::source::Source;
use crate::model::source_id::SourceId;
use crate::model::time;
use crate::refresh::RefreshOutcome;

/// What the row of a source says of its refresh. For a success the caller knows the reason better.
pub fn outcome(came: &RefreshOutcome) -> (Outcome, Option<Because>) {
    let failed = |reason, detail: &str| (Outcome::Failed, Some(Because::of(reason, detail)));
    match came {
        RefreshOutcome::Refreshed | RefreshOutcome::Undated => (Outcome::Done, None),
        RefreshOutcome::Adopted => (Outcome::None, Some(Reason::RefreshedMeanwhile.into())),
        RefreshOutcome::Dead(why) | RefreshOutcome::Refused { why, .. } | RefreshOutcome::Passing { why, .. } => {
            failed(Reason::NotRefreshed, why)
        }
        RefreshOutcome::Busy(lock) => failed(Reason::LockHeld, lock),
        RefreshOutcome::Interrupted => (Outcome::Failed, Some(Reason::Interrupted.into())),
        RefreshOutcome::Failed(problem) | RefreshOutcome::Unsaved(problem) => {
            failed(Reason::NotRefreshed, &problem.message)
        }
    }
}

/// The problem of a refresh that did not succeed.
#[must_use]
pub fn problem(id: SourceId, file: &Path, came: &RefreshOutcome) -> Option<Problem> {
    let name = id.name;
    let error = |code, word, message, hint: &str| Some(Problem::error(code, word, message, hint));
    let problem = match came {
        RefreshOutcome::Refreshed
        | RefreshOutcome::Undated
        | RefreshOutcome::Adopted
        | RefreshOutcome::Interrupted => None,
        RefreshOutcome::Dead(why) => Some(Problem::lasting("login-needed", dead(id, why), id.login_command(file))),
        RefreshOutcome::Refused { why, .. } => {
            let hint = "it is left alone for an hour at least; --via cli lets the CLI refresh";
            error(Code::Unavailable, "endpoint", format!("{name}: the token endpoint refuses ocsync: {why}"), hint)
        }
        RefreshOutcome::Passing { why, .. } => error(
            Code::Unavailable,
            "not-refreshed",
            format!("{name}: not refreshed: {why}"),
            "a later run tries again",
        ),
        RefreshOutcome::Busy(lock) => {
            error(Code::Busy, "busy", format!("{lock} is held by {name}"), "the next run tries again")
        }
        RefreshOutcome::Failed(problem) | RefreshOutcome::Unsaved(problem) => Some(problem.clone()),
    };
    problem.map(|problem| problem.about(About::login(name)))
}

fn dead(id: SourceId, why: &str) -> String {
    format!("{}: its refresh token is dead ({why}): only a login can help", id.name)
}

/// The problem of a source that is not refreshed now. It is known already, so it is not in every mail.
#[must_use]
pub fn standing(source: &Source, due: &Due) -> Option<Problem> {
    let (id, name) = (source.id(), source.name);
    let problem = match due {
        Due::Dead(why) => Some(Problem::lasting("login-needed", dead(id, why), source.login_command())),
        Due::Waits(until, why) => {
            let message = format!("{name}: not refreshed: {why}; next try {}", at(*until));
            let failure = Some(Code::Unavailable);
            let hint = format!("ocsync waits until then; or log in: {}", source.login_command());
            Some(Problem { failure, ..Problem::lasting("not-refreshed", message, hint) })
        }
        Due::Spent => {
            let message = format!("{name}: not refreshed: OpenClaw has spent its refresh token");
            Some(Problem::drift("spent", message, Reason::SpentByOpenClaw.remedy_of(Some(source))))
        }
        Due::OnlyLogin => {
            let message = format!("{name}: it is due, and only a login can help");
            Some(Problem::lasting("login-needed", message, source.login_command()))
        }
        _ => None,
    };
    problem.map(|problem| problem.about(About::login(name)))
}

/// The problem of a source that a dry run would refresh.
pub fn planned(source: &Source) -> Problem {
    let message = format!("{}: a refresh is due", source.name);
    Problem::drift("due", message, "the same command without --dry-run").about(About::login(source.name))
}

/// Why nothing was done, for the row of a source.
pub fn reason(due: &Due, login: &Login, now: i64) -> Because {
    match due {
        Due::NotYet | Due::Now => left(login, now),
        Due::NoExpiry => Reason::ExpiryUnknown.into(),
        Due::OnlyLogin => Reason::OnlyLogin.into(),
        Due::Dead(why) => Because::of(Reason::TokenDead, why.as_str()),
        Due::Spent => Reason::SpentByOpenClaw.into(),
        Due::Waits(until, why) => Because::of(Reason::Waits, format!("{why}; next try {}", at(*until))),
    }
}

/// How much time is left, for the row of a source.
pub fn left(login: &Login, now: i64) -> Because {
    let known = login.expires.known();
    known.map_or_else(|| Reason::ExpiryUnknown.into(), |at| Because::of(Reason::TimeLeft, time::left(at, now)))
}

fn at(millis: i64) -> String {
    time::rfc3339(millis).unwrap_or_default()
}

/// The problems of logins whose refresh token is known to be dead, even if their access token still works.
/// Every command reports them. Otherwise a run would wrongly say that no login is needed any more.
#[must_use]
pub fn known_dead<'a>(sources: impl Iterator<Item = &'a Source>, journal: &Journal) -> Vec<Problem> {
    let known = |source: &Source| {
        let refresh = source.login()?.refresh.as_ref()?.fingerprint;
        let attempts = journal.refreshes.get(&*source.path.to_string_lossy())?;
        let is_dead = attempts.dead == Some(refresh);
        let problem = || {
            let problem = Problem::lasting("login-needed", dead(source.id(), &attempts.why), source.login_command());
            problem.about(About::login(source.name))
        };
        is_dead.then(problem)
    };
    sources.filter_map(known).collect()
}
