//! Lets the official CLI refresh its own login.
//!
//! No CLI has a command that only refreshes and reports truthfully whether it worked. The calls here refresh
//! as a side effect, and their exit code says nothing. Only the credential file shows whether it worked, and
//! the caller compares that. A CLI that has sent its refresh token must get the time to save the answer: so
//! it is never killed early.
//!
//! - `claude_call` - the call of Claude Code
//! - `cli_call` - what a call is made of, and how it ended
//! - `codex_call` - the call of Codex
//! - `container` - a CLI that lives in a docker container
//! - `environment` - the variables that a CLI gets
//! - `private_dir` - an empty directory for a CLI to work in
//! - `runner` - makes a command line into a process

pub mod claude_call;
pub mod cli_call;
pub mod codex_call;
pub mod container;
pub mod environment;
pub mod private_dir;
pub mod runner;

use std::io;
use std::time::Duration;

use crate::model::problem::{Problem, plain};
use crate::model::source::SourceKind;
use crate::refresh::official_cli::cli_call::failed;
pub use crate::refresh::official_cli::cli_call::{Call, Called, Ended};
use crate::refresh::official_cli::runner::Runner;
use crate::sys::process::run::{self, Bounds, Output};

/// From SIGTERM to SIGKILL. Claude Code that was killed early left its lock and a spent token behind.
/// 2.1.328 waits up to 8.5 s for its own refresh before it ends.
const GRACE: Duration = Duration::from_secs(10);

/// How long a CLI may go on before it gets SIGTERM, when a signal asks ocsync to stop, or when Codex has
/// answered. If SIGTERM comes before the answer to their own request, both CLIs lose the new tokens (Claude
/// Code 2.1.330, Codex 0.169.0). Without it they save them.
const PATIENCE: Duration = Duration::from_secs(30);

/// Calls the CLI.
///
/// # Errors
/// `no-program` where it is not found. `cli` where it cannot be started, or where a signal asked ocsync to stop.
pub fn call(call: &Call<'_>) -> Result<Called, Problem> {
    call_within(call, GRACE, PATIENCE)
}

/// [`call`] with other times, for tests: `grace` is from SIGTERM to SIGKILL, `patience` comes before SIGTERM.
///
/// # Errors
/// As [`call`].
pub fn call_within(call: &Call<'_>, grace: Duration, patience: Duration) -> Result<Called, Problem> {
    let runner = Runner::of(call)?;
    let bounds = Bounds { limit: call.limit, grace, patience };
    let done = match call.kind {
        SourceKind::Claude => claude_call::call(&runner, bounds).map(|output| (output, false)),
        SourceKind::Codex => codex_call::call(&runner, bounds, call.forced),
        // mmx 1.0.14 to 1.0.27 always refreshes, and leaves the file as it is when that fails.
        SourceKind::MiniMax => refresh_minimax(&runner, bounds).map(|output| (output, false)),
        SourceKind::Qwen => Err(io::ErrorKind::Unsupported.into()),
    };
    let shown = &runner.shown;
    let ended = match done {
        Ok((_, true)) => Ended::LoginOver,
        Ok((output, false)) => match runner.not_run(&output) {
            Some(problem) => return Err(problem),
            None => Ended::Exited(output.code),
        },
        Err(error) => match error.kind() {
            io::ErrorKind::TimedOut => Ended::TimedOut,
            io::ErrorKind::Interrupted => return Err(failed("cli", format!("{shown} was interrupted"), "")),
            _ => {
                let message = format!("{shown} cannot be started: {}", plain(&error));
                return Err(failed("cli", message, "try it by hand, as the user that ocsync runs as"));
            }
        },
    };
    Ok(Called { program: runner.shown, ended })
}

fn refresh_minimax(runner: &Runner, bounds: Bounds) -> io::Result<Output> {
    run::run(runner.command(&["auth", "refresh", "--output", "json"]), bounds)
}
