//! Tells others what came of a run.
//!
//! All of it happens after the work is done and after ocsync's own lock is released, because a hook may
//! run ocsync itself. The exit code is about credentials, so nothing here changes it. What fails here is a
//! warning in the report.
//!
//! - `finished_run` - the run that is announced, with what it takes to announce it
//! - `flag` - the file that exists while a login is needed
//! - `hook` - runs a command after a change or a problem
//! - `notices` - which problems were announced already
//! - `ping` - one GET after every run

pub mod finished_run;
pub mod flag;
pub mod hook;
pub mod notices;
pub mod ping;

use crate::model::item::Outcome;
use crate::model::problem::Problem;
pub use crate::notify::finished_run::FinishedRun;
use crate::notify::notices::Event;
use crate::settings::notify::NotifySettings;
use crate::settings::values::CommandLine;
use crate::sys::signal;

/// Announces a run in every way that the settings name. Returns what went wrong with that.
#[must_use]
pub fn tell(settings: &NotifySettings, run: &FinishedRun<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let (Some(path), false) = (&settings.flag_file, signal::received()) {
        problems.extend(flag::update(path, run));
    }
    let call = |words: &CommandLine, event: Event| hook::call(words, event, run, settings.hook_timeout);
    let exported = run.report.exported.iter().any(|export| export.result == Outcome::Done);
    let changed = run.report.changed > 0 || exported;
    if let (Some(words), true, false) = (&settings.on_change, changed, signal::received()) {
        problems.extend(call(words, Event::Change));
    }
    if let (Some(words), false) = (&settings.on_problem, signal::received()) {
        let path = run.env.state_file().with_file_name("notices.json");
        let (event, problem) = if run.env.home().exists() || !path.starts_with(run.env.home()) {
            notices::claim(&path, run.scope, run.code, run.now, settings.notify_every)
        } else {
            // The home is mistyped. To note the notice there would make the home.
            (Some(Event::Problem), None)
        };
        problems.extend(problem);
        problems.extend(event.and_then(|event| call(words, event)));
    }
    if let (Some(url), false) = (&settings.ping, signal::received()) {
        problems.extend(ping::send(url, run.code));
    }
    problems
}
