//! Removes what a killed run has left in a directory: temporary files, and locks of ocsync's.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::openclaw::lock::clear::clear;
use crate::openclaw::lock::holder::Payload;
use crate::openclaw::lock::judge::{LockState, OWN_DIRECTORY, judge};
use crate::openclaw::lock::of_profile;
use crate::sys::fs::list::list;
use crate::sys::fs::read;
use crate::sys::fs::temp;

/// Removes what a killed run with the same state file has left in a directory: temporary files whose process is gone,
/// and dead locks of ocsync's. It waits until `deadline`, and at most 4 s, for a lock that is dead by its age alone.
pub fn sweep(dir: &Path, deadline: Instant) {
    // A directory lock of ocsync's holds no pid. It is dead after a few seconds.
    let patience = deadline.min(Instant::now() + Duration::from_secs(4));
    for (name, _) in list(dir).into_iter().flatten() {
        let Ok(name) = name.into_string() else { continue };
        let path = dir.join(&name);
        if let Some(owner) = temp::owner(&name) {
            if !owner.lives() {
                let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir(&path));
            }
        } else if is_lock(&name) {
            let own = is_own(&path);
            while own && !crate::sys::signal::received() {
                match judge(&path, false) {
                    LockState::Dead(id, _) if clear(&path, id).is_ok() => {}
                    LockState::Held(_) if fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_dir()) => {}
                    LockState::Dead(..) | LockState::Held(_) | LockState::Stuck(_) | LockState::Gone => break,
                }
                if Instant::now() >= patience {
                    break;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    }
}

/// Whether the next run has to sweep a directory: it still holds a temporary file of this run or a lock of ocsync's,
/// or it cannot be looked at.
#[must_use]
pub fn is_left(dir: &Path) -> bool {
    let is_leftover = |name: &str| {
        let is_temp = temp::owner(name).is_some_and(|owner| owner.pid == i64::from(std::process::id()));
        is_temp || (is_lock(name) && is_own(&dir.join(name)))
    };
    list(dir).map_or_else(
        |error| !read::is_absent(&error),
        |entries| entries.iter().any(|(name, _)| name.to_str().is_some_and(is_leftover)),
    )
}

/// Whether this is the file name of a lock of OpenClaw's: on a JSON store, or on a profile in SQLite.
fn is_lock(name: &str) -> bool {
    name.ends_with(".json.lock") || of_profile::is_name(name)
}

/// Whether ocsync made a lock.
fn is_own(path: &Path) -> bool {
    let Ok(meta) = fs::symlink_metadata(path) else { return false };
    if meta.is_dir() {
        return meta.mode() & 0o7777 == OWN_DIRECTORY;
    }
    let bytes = read::read(path).ok().flatten().filter(|_| meta.is_file());
    let payload = bytes.and_then(|(bytes, _)| serde_json::from_slice::<Payload>(&bytes).ok());
    payload.is_some_and(|payload| payload.holder.as_deref() == Some("ocsync"))
}
