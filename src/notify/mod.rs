//! Tells others what came of a run.
//!
//! All of it happens after the work is done and after ocsync's own lock is released, because a hook may
//! run ocsync itself. The exit code is about credentials, so nothing here changes it. What fails here is a
//! warning in the report.
//!
//! - `finished_run` - the run that is announced, with what it takes to announce it
//! - `flag` - the file that exists while a login is needed
//! - `event` - what a hook is called for
//! - `hook` - runs a command after a change or a problem
//! - `known` - the problems that earlier runs have seen
//! - `seen` - the problems that this run has seen
//! - `due` - which of them are announced now
//! - `as_another` - problems that are announced already, as another one
//! - `retry` - the pause after a hook has failed
//! - `missed` - notices that the hook could not announce
//! - `notices` - the file that remembers them
//! - `ping` - one GET after every run
//! - `trial` - calls the hooks with a made-up report

pub mod as_another;
pub mod due;
pub mod event;
pub mod finished_run;
pub mod flag;
pub mod hook;
pub mod known;
pub mod missed;
pub mod notices;
pub mod ping;
pub mod retry;
pub mod seen;
pub mod trial;

use std::path::PathBuf;

use crate::model::exit::Code;
use crate::model::item::Outcome;
use crate::model::problem::Problem;
use crate::notify::due::{Due, Seen};
use crate::notify::event::{Event, Notice};
pub use crate::notify::finished_run::FinishedRun;
use crate::report::Report;
use crate::settings::env::Env;
use crate::settings::notify::NotifySettings;
use crate::settings::values::CommandLine;
use crate::sys::signal;

/// Announces a run in every way that the settings name. Returns what went wrong with that.
#[must_use]
pub fn tell(settings: &NotifySettings, report: &mut Report, run: &FinishedRun<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let (Some(path), false) = (&settings.flag_file, signal::received()) {
        problems.extend(flag::update(path, report, run));
    }
    let call = |words: &CommandLine, notice: &Notice, report: &Report| {
        hook::call(words, notice, report, run, settings.hook_timeout)
    };
    let exported = report.exported.iter().any(|export| export.result == Outcome::Done);
    let changed = report.changed > 0 || exported;
    if let (Some(words), true, false) = (&settings.on_change, changed, signal::received()) {
        problems.extend(call(words, &Notice::of(Event::Change), report));
    }
    if signal::received() {
        date(run.env, report);
    } else if let Some(words) = &settings.on_problem {
        let (due, problem) = due(settings.notify_every, true, report, run);
        problems.extend(problem);
        let mut missed = Due::default();
        if !due.ended.is_empty() {
            let summary = report.summary.clone();
            report.summary = format!("{}; now {summary}", event::ended(&due.ended));
            if let Some(failed) = call(words, &Notice::about(Event::Recovery, &due.ended), report) {
                problems.push(failed);
                missed.ended = due.ended;
            }
            report.summary = summary;
        }
        if !due.problems.is_empty() {
            let notice = Notice::about(Event::Problem, &due.problems);
            let failed = if signal::received() { None } else { Some(call(words, &notice, report)) };
            if failed.as_ref().is_none_or(Option::is_some) {
                problems.extend(failed.flatten());
                missed.problems = due.problems;
            }
        }
        if missed != Due::default() && keeps_notices(run.env) {
            notices::put_back(&file(run.env), &missed, run.now);
        }
    } else if report.command == "check-expiry" || !has_begun(run.code) {
        date(run.env, report);
    } else {
        due(None, false, report, run);
    }
    if let (Some(url), false) = (&settings.ping, signal::received()) {
        problems.extend(ping::send(url, run.code));
    }
    problems
}

/// What the hook for problems has to be called for. `tells`: there is one.
fn due(every: Option<i64>, tells: bool, report: &mut Report, run: &FinishedRun<'_>) -> (Due, Option<Problem>) {
    if run.code == Code::Busy {
        date(run.env, report);
        return (Due::default(), None);
    }
    let (problems, over) = (seen::seen(report), seen::over(report));
    let seen = Seen {
        problems: &problems,
        over: &over,
        scope: run.scope,
        whole: matches!(run.code, Code::Ok | Code::LoginNeeded | Code::Expiring | Code::Drift | Code::Incomplete),
        tells,
        now: run.now,
        every,
    };
    if keeps_notices(run.env) {
        notices::claim(&file(run.env), &seen, run.quiet, report)
    } else {
        (due::update(&mut known::Notices::default(), &seen), None)
    }
}

/// Whether a run has got as far as its journal. One that has not leaves nothing in a home, which may be another user's.
fn has_begun(code: Code) -> bool {
    matches!(
        code,
        Code::Ok | Code::LoginNeeded | Code::Expiring | Code::Drift | Code::Incomplete | Code::Data | Code::Io
    )
}

/// Whether notices are kept. Where the home is mistyped, to note one would make the home.
fn keeps_notices(env: &Env) -> bool {
    env.home().exists() || !file(env).starts_with(env.home())
}

/// Says of each problem of a report since when it lasts, where that is known.
pub fn date(env: &Env, report: &mut Report) {
    notices::date(&file(env), report);
}

/// The file of the notices.
fn file(env: &Env) -> PathBuf {
    env.state_file().with_file_name("notices.json")
}
