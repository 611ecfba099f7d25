//! Has OpenClaw carry out a plan: `openclaw secrets apply --from FILE`, first as a rehearsal.
//!
//! The command takes a plan from a regular file only (2026.6.10, 2026.9.6). Only the user who runs `openclaw` can
//! read that file, and it is removed in every case. A plan that names a program needs `--allow-exec`: then OpenClaw
//! starts the program to see whether it answers.

use std::ffi::OsStr;
use std::fs::DirBuilder;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, fchown};
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::model::border::Border;
use crate::model::problem::plain;
use crate::openclaw::gateway::program::{Installation, Program, Unusable};
use crate::sys::fs::dir_of;
use crate::sys::fs::spot::Spot;
use crate::sys::fs::temp::{self, Temp};
use crate::sys::process::run;

/// OpenClaw's command takes several seconds to start.
const LIMIT: Duration = Duration::from_secs(60);
/// The most characters of a complaint of OpenClaw's that are passed on.
const SHOWN: usize = 200;

/// Has OpenClaw carry out a plan; gives whether that changed anything. A command in a container finds the plan by the
/// path that it has there: `border` says which.
///
/// # Errors
/// Why that failed. OpenClaw itself undoes what it has begun.
pub fn apply(installation: Installation<'_>, plan: &Value, border: &Border) -> Result<bool, Unusable> {
    let program = installation.program()?;
    let file = write(installation, plan, border)
        .map_err(|error| Unusable::new(format!("cannot write the plan: {}", plain(&error)), ""))?;
    let path = file.spot.path();
    let seen = border.there(&path).unwrap_or_else(|| path.clone());
    let exec = plan.pointer("/targets/0/ref/source").and_then(Value::as_str) == Some("exec");
    // The rehearsal resolves the reference. So a reference that does not work is not written.
    Ok(run(&program, &seen, exec, true)? && run(&program, &seen, exec, false)?)
}

fn write(installation: Installation<'_>, plan: &Value, border: &Border) -> io::Result<Temp> {
    let state = installation.env.state_file();
    // A command in a container sees the state directory, and not ocsync's own.
    let dir = if border.container { installation.state_dir } else { dir_of(&state) };
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let target = dir.join("link-plan.json");
    temp::clear(&target);
    let spot = Spot::of(&target)?;
    let temp = Temp::beside(&spot);
    let (mut file, _) = temp.spot.create()?;
    if rustix::process::geteuid().is_root() {
        // The command in the container is the owner's.
        let owner = spot.dir.metadata()?;
        fchown(&file, Some(owner.uid()), Some(owner.gid()))?;
    }
    file.write_all(plan.to_string().as_bytes())?;
    Ok(temp)
}

/// Makes one call; gives whether OpenClaw changed something, or would have in a rehearsal.
fn run(program: &Program<'_>, plan: &Path, exec: bool, rehearsal: bool) -> Result<bool, Unusable> {
    let flags = [(rehearsal, "--dry-run"), (exec, "--allow-exec"), (true, "--json")];
    let flags = flags.into_iter().filter(|(wanted, _)| *wanted).map(|(_, flag)| OsStr::new(flag));
    let arguments = ["secrets", "apply", "--from"].map(OsStr::new).into_iter().chain([plan.as_os_str()]).chain(flags);
    let output = run::run(program.command(arguments), LIMIT).map_err(|error| match error.kind() {
        io::ErrorKind::TimedOut => Unusable::new("openclaw secrets apply did not end within 60 s", ""),
        _ => Unusable::new(format!("openclaw cannot be started: {}", plain(&error)), ""),
    })?;
    let answer = serde_json::from_slice::<Value>(output.stdout.trim_ascii()).unwrap_or_default();
    let mode = answer.get("mode").and_then(Value::as_str);
    let expected = if rehearsal { "dry-run" } else { "write" };
    match answer.get("changed").and_then(Value::as_bool) {
        Some(changed) if output.code == Some(0) && mode == Some(expected) => Ok(changed),
        _ => {
            let code = output.code.unwrap_or(-1);
            let why = format!("openclaw secrets apply exited with {code}{}", complaint(&answer, &output.stderr));
            Err(Unusable::new(why, "see: openclaw secrets audit, openclaw doctor"))
        }
    }
}

/// What OpenClaw says against the plan: 2026.9.6 in JSON, 2026.6.10 in a line on stderr. It names references and
/// paths. A complaint that holds something like a token is dropped.
fn complaint(answer: &Value, stderr: &[u8]) -> String {
    let stderr = String::from_utf8_lossy(stderr);
    let message = answer.pointer("/error/message").and_then(Value::as_str);
    let line = stderr.lines().rev().find(|line| line.contains("Secrets apply failed"));
    let Some(text) = message.or(line) else { return String::new() };
    if ["sk-ant-", "eyJ", "rt_"].iter().any(|sign| text.contains(sign)) {
        return String::new();
    }
    let shown: String = text.chars().filter(|c| !c.is_control()).take(SHOWN).collect();
    format!(": {shown}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_complaint_is_passed_on_unless_it_could_hold_a_token() {
        let answer = |message: &str| json!({ "ok": false, "error": { "type": "cli_error", "message": message } });
        assert_eq!(complaint(&answer("type mismatch\u{1b}[1m"), b""), ": type mismatch[1m");
        assert_eq!(complaint(&answer("value sk-ant-oat01-FAKE"), b""), "");
        let stderr = b"note\nSecrets apply failed: Error: no\nend";
        assert_eq!(complaint(&Value::Null, stderr), ": Secrets apply failed: Error: no");
        assert_eq!(complaint(&Value::Null, b"anything else"), "");
    }
}
