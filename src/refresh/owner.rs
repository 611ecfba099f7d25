//! A login belongs to its user. A lock or a file of root's in it would lock that user's CLI out, so root refreshes only
//! its own logins. It reads and serves the others.

use std::path::Path;

use crate::model::exit::Code;
use crate::model::problem::Problem;
use crate::model::source::SourceKind;
use crate::sys::fs::dir_of;
use crate::sys::process::as_user;

/// Refuses to write a login of another user as root. Without a file its directory counts.
///
/// # Errors
/// Whose it is, and the command that does it as that user.
pub fn refuse_foreign(kind: SourceKind, file: &Path) -> Result<(), Problem> {
    let dir = dir_of(file);
    let Some(uid) = as_user::stranger(if file.exists() { file } else { dir }) else { return Ok(()) };
    let option = match kind {
        SourceKind::Claude => Some("--claude-dir"),
        SourceKind::Codex => Some("--codex-home"),
        SourceKind::MiniMax | SourceKind::Qwen => None,
    };
    let message = format!("{} belongs to uid {uid}: only that user refreshes it", file.display());
    Err(Problem::error(Code::Permission, "wrong-owner", message, as_user::command(uid, dir, option)))
}
