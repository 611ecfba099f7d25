//! Has a gateway read its profiles again: `openclaw secrets reload --json`.
//!
//! From 2026.2.26 on a gateway works on a snapshot of its profiles. Until it reads them again it uses the old
//! credential, and up to 2026.3.22 it even writes the old one back.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::model::exit::Code;
use crate::model::problem::Problem;
use crate::openclaw::gateway::program::{Installation, Unusable};
use crate::settings::env::Env;
use crate::sys::process::run;

/// Why a reload is not confirmed.
#[derive(Debug)]
pub enum Unconfirmed {
    /// The gateway answers, and the operator has to approve its command line first.
    Pending(Problem),
    /// The container of the gateway does not run.
    Down,
    /// Any other reason. A gateway that does not run looks the same.
    Failed(Problem),
}

/// OpenClaw's command takes several seconds to start.
const LIMIT: Duration = Duration::from_secs(60);

/// Asks the gateway of an installation to read its profiles again. `program` is the command with its first arguments,
/// usually `openclaw`.
///
/// # Errors
/// Why the reload is not confirmed.
pub fn reload(state_dir: &Path, config: Option<&Path>, program: &[PathBuf], env: &Env) -> Result<(), Unconfirmed> {
    let what = format!("{}: ocsync could not tell the gateway of the change", state_dir.display());
    let problem = |why: &str, hint: &str| Problem::error(Code::Incomplete, "reload", format!("{what}: {why}"), hint);
    let failed = |why: &str, hint: &str| Unconfirmed::Failed(problem(why, hint));
    let program = Installation { state_dir, config, program, env }.program();
    let program = program.map_err(|Unusable { why, hint }| failed(&why, &hint))?;
    let command = program.command(["secrets", "reload", "--json"]);
    let output = match run::run(command, LIMIT) {
        Ok(output) => output,
        Err(error) if error.kind() == io::ErrorKind::TimedOut => {
            return Err(failed("openclaw secrets reload did not end within 60 s", "the next run tries again"));
        }
        Err(error) => return Err(failed(&crate::model::problem::plain(&error), "the next run tries again")),
    };
    let confirmed = serde_json::from_slice::<Value>(output.stdout.trim_ascii())
        .is_ok_and(|answer| answer.get("ok").and_then(Value::as_bool) == Some(true));
    if output.code == Some(0) && confirmed {
        return Ok(());
    }
    let complaint = [output.stdout, output.stderr].concat();
    let complaint = String::from_utf8_lossy(&complaint);
    if complaint.contains("scope upgrade") || complaint.contains("pairing required") {
        let hint = "approve the command line once: openclaw devices list, then openclaw devices approve <requestId>";
        return Err(Unconfirmed::Pending(problem("its approval is pending", hint)));
    }
    if complaint.contains(" is not running") || complaint.contains("can only create exec sessions on running") {
        return Err(Unconfirmed::Down);
    }
    let hint = "the next run tries again; by hand: openclaw secrets reload";
    Err(failed(&format!("openclaw secrets reload exited with {}", output.code.unwrap_or(-1)), hint))
}
