//! Letting the official CLI refresh its own login.
//!
//! None of them has a command that only refreshes and tells the truth about it: what is called
//! here refreshes on the way, and the exit code says nothing. Whether it worked shows in the
//! credential file alone, which the caller compares. What matters here is that a CLI which has
//! sent its refresh token gets the time to save the answer: it is never killed early.

pub mod claude_call;
pub mod cli_call;
pub mod codex_call;
pub mod container;
pub mod environment;
pub mod other_user;
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

/// From SIGTERM to SIGKILL: Claude Code that was killed early left its lock and a spent token
/// behind, and 2.1.328 waits up to 8.5 s for its own refresh when it ends.
const GRACE: Duration = Duration::from_secs(10);

/// When ocsync is told to stop, or Codex has been told all: both lose the tokens they have asked for
/// when SIGTERM comes before the answer (Claude Code 2.1.330, Codex 0.169.0), and save them when they
/// are let alone.
const PATIENCE: Duration = Duration::from_secs(30);

/// Calls the CLI.
///
/// # Errors
/// `no-program` where it is not found, `cli` where it cannot be started, where ocsync was told to
/// stop, or where root would have to trust somebody else.
pub fn call(call: &Call<'_>) -> Result<Called, Problem> {
    call_within(call, GRACE, PATIENCE)
}

/// [`call`] with other times, for tests: from SIGTERM to SIGKILL, and before SIGTERM when there is no
/// hurry.
///
/// # Errors
/// As [`call`].
pub fn call_within(call: &Call<'_>, grace: Duration, patience: Duration) -> Result<Called, Problem> {
    let runner = Runner::of(call)?;
    let bounds = Bounds { limit: call.limit, grace, patience };
    let done = match call.kind {
        SourceKind::Claude => claude_call::call(&runner, bounds).map(|output| (output, false)),
        SourceKind::Codex => codex_call::call(&runner, bounds, call.forced),
        // mmx 1.0.14 to 1.0.27: refreshes always, and a failure leaves the file as it is.
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
