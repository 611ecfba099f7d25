//! As whom root runs a CLI: as the owner of the login, and only where no other user could interfere.
//!
//! If root wrote Claude Code's file, its user could not read it any more. Where root owns Codex's locks,
//! Codex 0.169.0 loses the new tokens. `run_as` decides which programs root runs at all.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::model::problem::Problem;
use crate::refresh::official_cli::cli_call::{Call, failed};
use crate::sys::process::run_as::{self, User};

/// The user to run as; `None` where ocsync is not root, because then there is no choice.
///
/// # Errors
/// Where it is not certain whose login it is.
pub(super) fn of_call(call: &Call<'_>) -> Result<Option<User>, Problem> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    if call.container.is_some() {
        return Ok(Some(User { uid: 0, gid: 0 }));
    }
    let unclear = |why: String| failed("cli", why, "run ocsync as the user whose login it is");
    let home = call.env.home();
    let stat = |path: &Path| {
        fs::metadata(path)
            .map_err(|error| unclear(format!("{}: {}", path.display(), crate::model::problem::plain(&error))))
    };
    let of_home = stat(home)?;
    // Without a file the login is in the Keychain, which goes with the home.
    let chain = match (fs::symlink_metadata(call.file), call.file.parent()) {
        (Ok(link), Some(dir)) => vec![stat(call.file)?, link, stat(dir)?],
        _ => vec![],
    };
    let uid = chain.first().unwrap_or(&of_home).uid();
    let one_owner = chain.iter().all(|meta| meta.uid() == uid) && [0, uid].contains(&of_home.uid());
    if !one_owner {
        let (file, home) = (call.file.display(), home.display());
        return Err(unclear(format!("{file}, its directory and the home {home} belong to different users")));
    }
    if uid == 0 {
        return Ok(Some(User { uid, gid: 0 }));
    }
    // Root's group is not taken for a user's: a file that root gave away may still have it.
    let gid = chain.iter().chain([&of_home]).map(MetadataExt::gid).find(|gid| *gid != 0);
    let gid = gid.ok_or_else(|| unclear(format!("{}: which group goes with uid {uid}?", call.file.display())))?;
    Ok(Some(User { uid, gid }))
}

/// Whether this user may run a program for root.
///
/// # Errors
/// Why not.
pub(super) fn may_run(user: User, program: &Path) -> Result<(), Problem> {
    if run_as::may_run(user, program) {
        return Ok(());
    }
    let message = format!("{} is not run as uid {}: others can change it", program.display(), user.uid);
    Err(failed("cli", message, "run ocsync as the user who installed it"))
}
