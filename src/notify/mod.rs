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
//! - `notices` - the file that remembers them
//! - `ping` - one GET after every run
//! - `trial` - calls the hooks with a made-up report

pub mod due;
pub mod event;
pub mod finished_run;
pub mod flag;
pub mod hook;
pub mod known;
pub mod notices;
pub mod ping;
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
    if let (Some(words), false) = (&settings.on_problem, signal::received()) {
        let (due, problem) = due(settings, report, run);
        problems.extend(problem);
        if !due.ended.is_empty() {
            let summary = report.summary.clone();
            report.summary = format!("{}; now {summary}", event::ended(&due.ended));
            problems.extend(call(words, &Notice::about(Event::Recovery, &due.ended), report));
            report.summary = summary;
        }
        if !due.problems.is_empty() && !signal::received() {
            problems.extend(call(words, &Notice::about(Event::Problem, &due.problems), report));
        }
    } else {
        date(run.env, report);
    }
    if let (Some(url), false) = (&settings.ping, signal::received()) {
        problems.extend(ping::send(url, run.code));
    }
    problems
}

/// What the hook for problems has to be called for.
fn due(settings: &NotifySettings, report: &mut Report, run: &FinishedRun<'_>) -> (Due, Option<Problem>) {
    if run.code == Code::Busy {
        return (Due::default(), None);
    }
    let problems = seen::seen(report);
    let seen = Seen {
        problems: &problems,
        scope: run.scope,
        whole: matches!(run.code, Code::Ok | Code::LoginNeeded | Code::Expiring | Code::Drift | Code::Incomplete),
        tells: true,
        now: run.now,
        every: settings.notify_every,
    };
    if run.env.home().exists() || !file(run.env).starts_with(run.env.home()) {
        notices::claim(&file(run.env), &seen, report)
    } else {
        // The home is mistyped. To note the notice there would make the home.
        (due::update(&mut known::Notices::default(), &seen), None)
    }
}

/// Says of each problem of a report since when it lasts, where that is known.
pub fn date(env: &Env, report: &mut Report) {
    notices::date(&file(env), report);
}

/// The file of the notices.
fn file(env: &Env) -> PathBuf {
    env.state_file().with_file_name("notices.json")
}
