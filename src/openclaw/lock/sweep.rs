//! Removes what a killed run has left in a directory: temporary files, and locks of ocsync's.

use std::ffi::OsStr;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};

use crate::openclaw::lock::clear::clear;
use crate::openclaw::lock::holder::Payload;
use crate::openclaw::lock::judge::{LockState, OWN_DIRECTORY, judge};
use crate::openclaw::lock::of_profile;
use crate::sys::fs::dir::Dir;
use crate::sys::fs::open;
use crate::sys::fs::read;
use crate::sys::fs::spot::Spot;
use crate::sys::fs::temp;

/// Removes what a killed run with the same state file has left in a directory: temporary files whose process is gone,
/// and dead locks of ocsync's. It waits until `deadline`, and at most 4 s, for a lock that is dead by its age alone.
pub fn sweep(dir: &Path, deadline: Instant) {
    // A directory lock of ocsync's holds no pid. It is dead after a few seconds.
    let patience = deadline.min(Instant::now() + Duration::from_secs(4));
    let Ok(dir) = Dir::open(dir).map(Arc::new) else { return };
    for name in dir.names().into_iter().flatten() {
        let spot = Spot { dir: Arc::clone(&dir), name };
        let Some(name) = spot.name.to_str() else { continue };
        if let Some(owner) = temp::owner(name) {
            if !owner.lives() {
                let _ = spot.remove().or_else(|_| spot.remove_dir());
            }
        } else if is_lock(name) && is_own(&spot) {
            while !crate::sys::signal::received() {
                match judge(&spot, false) {
                    LockState::Dead(id, _) if clear(&spot, id).is_ok() => {}
                    LockState::Held(_) if spot.metadata().is_ok_and(|meta| meta.is_dir()) => {}
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
    let dir = match Dir::open(dir) {
        Ok(dir) => Arc::new(dir),
        Err(error) => return !open::is_absent(&error),
    };
    let is_leftover = |name: &OsStr| {
        let Some(text) = name.to_str() else { return false };
        let is_temp = temp::owner(text).is_some_and(|owner| owner.is_this_process());
        is_temp || (is_lock(text) && is_own(&Spot { dir: Arc::clone(&dir), name: name.to_owned() }))
    };
    dir.names().map_or(true, |names| names.iter().any(|name| is_leftover(name)))
}

/// Whether this is the file name of a lock of OpenClaw's: on a JSON store, or on a profile in SQLite.
fn is_lock(name: &str) -> bool {
    name.ends_with(".json.lock") || of_profile::is_name(name)
}

/// Whether ocsync made a lock: as this user, or as root for the owner of the directory.
fn is_own(spot: &Spot) -> bool {
    let Ok(meta) = spot.metadata() else { return false };
    let me = rustix::process::geteuid();
    if meta.is_dir() {
        return meta.mode() & 0o7777 == OWN_DIRECTORY && meta.uid() == me.as_raw();
    }
    let mut bytes = Vec::new();
    let read = spot.open(OFlags::RDONLY, Mode::empty()).and_then(|opened| read::read_open(&opened, &mut bytes));
    let heir = spot.dir.metadata().ok().filter(|_| me.is_root()).map(|dir| dir.uid());
    let is_ours = read.is_ok_and(|id| id.uid == me.as_raw() || heir == Some(id.uid));
    is_ours && serde_json::from_slice::<Payload>(&bytes).is_ok_and(|payload| payload.is_ocsyncs())
}
