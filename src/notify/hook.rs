//! Runs a hook: a command that gets the JSON report, which holds no tokens, on its standard input.
//!
//! It is started without a shell, and ended when it takes too long. Its output is thrown away, because it
//! could print anything. It runs for as long as it likes, so nothing of this process holds a token by then: what a run
//! has read is dropped before its report is told, and what is left on the stack is overwritten.

use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde::Serialize;

use crate::model::problem::{Problem, clean, escaped, plain};
use crate::model::time::span;
use crate::notify::event::Notice;
use crate::notify::finished_run::FinishedRun;
use crate::report::Report;
use crate::settings::values::CommandLine;
use crate::sys::process::run::feed;
use crate::sys::wiped;

/// What a hook gets on its standard input: the report of `--json`, and what the hook is called for.
#[derive(Serialize)]
struct Input<'a> {
    #[serde(flatten)]
    report: &'a Report,
    notice: &'a Notice,
}

/// Calls a hook. A warning about it names only its program, because an argument may be a secret.
#[must_use]
pub fn call(
    words: &CommandLine,
    notice: &Notice,
    report: &Report,
    run: &FinishedRun<'_>,
    limit: Duration,
) -> Option<Problem> {
    let event = notice.event;
    let (name, arguments) = words.0.split_first()?;
    let wrong = |why: &str, hint: &str| {
        Some(Problem::warning("hook", format!("the hook for a {} failed: {name} {why}", event.name()), hint))
    };
    let Some(program) = run.env.program(Path::new(name)) else {
        return wrong("is not found", "write its full path");
    };
    let mut command = Command::new(program);
    command.args(arguments).env("OCSYNC_EVENT", event.name());
    command.env("OCSYNC_SUMMARY", clean(&report.summary));
    command.env("OCSYNC_COMMAND", report.command).env("OCSYNC_EXIT", (run.code as u8).to_string());
    let input = serde_json::to_string_pretty(&Input { report, notice }).unwrap_or_default();
    let input = (escaped(&input) + "\n").into_bytes();
    wiped::wipe_stack();
    let by_hand = "try it by hand, with what this prints: ocsync status --json";
    match feed(command, input, limit) {
        Ok(Some(0)) => None,
        Ok(Some(code)) => wrong(&format!("exited with {code}"), by_hand),
        Ok(None) => wrong("was ended by a signal", by_hand),
        Err(error) if error.kind() == io::ErrorKind::TimedOut => {
            let millis = i64::try_from(limit.as_millis()).unwrap_or(i64::MAX);
            wrong(&format!("did not end within {}", span(millis)), "make it quicker, or raise hook_timeout")
        }
        Err(error) if error.kind() == io::ErrorKind::Interrupted => wrong("was interrupted", ""),
        Err(error) => wrong(&format!("cannot be started: {}", plain(&error)), "make it executable"),
    }
}
