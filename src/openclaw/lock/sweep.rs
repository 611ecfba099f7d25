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
                let _ = temp::remove_dead(&spot).or_else(|_| spot.remove_dir());
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
    let is_leftover = |name: &OsStr| {
        let Some(text) = name.to_str() else { return false };
        let is_temp = temp::owner(text).is_some_and(|owner| owner.is_this_process());
        is_temp || (is_lock(text) && Spot::of(&dir.join(name)).map_or(true, |spot| is_own(&spot)))
    };
    match Dir::open(dir) {
        Ok(opened) => opened.into_names().map_or(true, |names| names.iter().any(|name| is_leftover(name))),
        Err(error) => !open::is_absent(&error),
    }
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::chown;

    use super::*;
    use crate::openclaw::lock::judge::tests::{DEAD, make, touch};
    use crate::sys::process::host;

    const DEAD_PID: i64 = i32::MAX as i64 - 1;

    /// The text of a lock of ocsync's.
    fn own(pid: i64) -> String {
        let payload = Payload { holder_pid: Some(pid), start_time: None, ..Payload::own(false) };
        serde_json::to_string(&payload).unwrap()
    }

    /// The name of a temporary file whose process is gone.
    fn dead_temp(of: &str) -> String {
        format!(".{of}.ocsync-{DEAD_PID}-0-0-{}.tmp", host::own().to_name())
    }

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_a_killed_run_left_goes_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
        put(&dead_temp("a"), "");
        fs::create_dir(dir.path().join(dead_temp("b"))).unwrap();
        let living = temp::temp_name(OsStr::new("c")).into_string().unwrap();
        put(&living, "");
        put("auth-profiles.json.lock", &own(DEAD_PID));
        put("lock-0.lock", &own(DEAD_PID));
        put("other.lock", &own(DEAD_PID));
        put("alive.json.lock", &own(i64::from(std::process::id())));
        put("foreign.json.lock", DEAD);
        touch(&dir.path().join("foreign.json.lock"), 200);
        make(&dir.path().join("own-dir.json.lock"), 0o1700, 4);
        make(&dir.path().join("foreign-dir.json.lock"), 0o700, 40);
        let start = Instant::now();
        sweep(dir.path(), start + Duration::from_secs(60));
        let mut left = ["alive.json.lock", "foreign-dir.json.lock", "foreign.json.lock", "other.lock", &living];
        left.sort_unstable();
        assert_eq!(names(dir.path()), left);
        assert!(start.elapsed() < Duration::from_secs(3), "a lock whose holder lives is not waited for");
    }

    #[test]
    fn a_directory_of_ocsyncs_is_waited_for_as_long_as_there_is_time() {
        for (time, left) in [(0, 1), (60, 0)] {
            let dir = tempfile::tempdir().unwrap();
            make(&dir.path().join("a.json.lock"), 0o1700, 2);
            sweep(dir.path(), Instant::now() + Duration::from_secs(time));
            assert_eq!(names(dir.path()).len(), left);
        }
    }

    #[test]
    fn only_what_this_run_has_left_is_left() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!is_left(&dir.path().join("none")) && !is_left(dir.path()));
        assert!(is_left(&dir.path().join("n".repeat(300))), "it cannot be looked at");
        for (name, text, left) in [
            (temp::temp_name(OsStr::new("c")).into_string().unwrap(), String::new(), true),
            (dead_temp("c"), String::new(), false),
            ("auth-profiles.json.lock".to_owned(), own(1), true),
            ("auth-profiles.json.lock".to_owned(), DEAD.to_owned(), false),
            ("lock-0.lock".to_owned(), own(1), true),
            ("other.lock".to_owned(), own(1), false),
        ] {
            fs::write(dir.path().join(&name), text).unwrap();
            assert_eq!(is_left(dir.path()), left, "{name}");
            fs::remove_file(dir.path().join(&name)).unwrap();
        }
    }

    #[test]
    fn a_lock_is_roots_or_the_owners_of_the_directory() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        chown(dir.path(), Some(12_345), None).unwrap();
        let lock = dir.path().join("a.json.lock");
        fs::write(&lock, own(1)).unwrap();
        for (uid, ours) in [(0, true), (12_345, true), (23_456, false)] {
            chown(&lock, Some(uid), None).unwrap();
            assert_eq!(is_left(dir.path()), ours, "{uid}");
        }
    }
}
