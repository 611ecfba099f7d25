//! Whether a lock that is in the way is gone, held or dead.

use std::os::unix::fs::MetadataExt;

use rustix::fs::{Mode, OFlags};

use crate::openclaw::lock::holder::Payload;
use crate::openclaw::lock::identity::{LockId, id, journal_name, touched};
use crate::sys::clock;
use crate::sys::fs::open;
use crate::sys::fs::read;
use crate::sys::fs::spot::Spot;

/// A directory lock that nobody has touched for this long is stale.
const HEARTBEAT_MS: i64 = 30_000;
/// The mode of a directory lock of ocsync's. No other program sets the sticky bit on one. By it ocsync knows a
/// directory that a killed run has left behind.
pub(super) const OWN_DIRECTORY: u32 = 0o1700;
/// ocsync never holds a directory lock of its own for longer than this.
const OWN_HOLD_MS: i64 = 3_000;

/// The state of a lock that is in the way.
#[derive(Debug)]
pub enum LockState {
    /// It is not there any more.
    Gone,
    /// It may be taken away: which one, and its identity as the journal keeps it.
    Dead(LockId, String),
    /// Another process holds it, or may hold it: its identity, as the journal keeps it.
    Held(String),
    /// It is nothing that a holder could give back: what it is.
    Stuck(&'static str),
}

/// Judges the lock at a place. With `container` no pid counts: the pids are of another PID namespace.
pub fn judge(spot: &Spot, container: bool) -> LockState {
    let Ok(meta) = spot.metadata() else { return LockState::Gone };
    let (id, now) = (id(&meta), clock::now());
    let age = now.saturating_sub(touched(&meta));
    let held = || LockState::Held(journal_name(&meta));
    let dead = || LockState::Dead(id, journal_name(&meta));
    if !meta.is_dir() && !meta.is_file() {
        return LockState::Stuck(if meta.is_symlink() { "is a symbolic link" } else { "is not a regular file" });
    }
    if meta.is_dir() {
        let own = meta.mode() & 0o7777 == OWN_DIRECTORY && meta.uid() == rustix::process::geteuid().as_raw();
        return match is_stale(age, own) {
            false => held(),
            true if spot.is_full_dir() => LockState::Stuck("is a directory that is not empty"),
            true => dead(),
        };
    }
    let mut bytes = Vec::new();
    let opened = spot.open(OFlags::RDONLY, Mode::empty());
    let payload = match opened.and_then(|opened| read::read_open(&opened, &mut bytes)) {
        Ok(_) => serde_json::from_slice::<Payload>(&bytes).ok(),
        Err(error) if open::is_absent(&error) => return LockState::Gone,
        Err(_) => None,
    };
    let age = payload.as_ref().and_then(Payload::created).map_or(age, |created| age.min(now.saturating_sub(created)));
    if payload.is_some_and(|payload| payload.is_dead(age, container)) { dead() } else { held() }
}

/// Whether a directory lock that was last touched `age` milliseconds ago has no holder any more. `own`: it is
/// ocsync's.
fn is_stale(age: i64, own: bool) -> bool {
    age > if own { OWN_HOLD_MS } else { HEARTBEAT_MS }
}

#[cfg(test)]
pub(super) mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::Path;
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::model::time;
    use crate::sys::fs::spot::spot;

    pub(in crate::openclaw::lock) const DEAD: &str = r#"{"pid":2147483646,"createdAt":"2020-01-01T00:00:00.000Z"}"#;

    pub(in crate::openclaw::lock) fn temp() -> (tempfile::TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let lock = dir.path().join("lock");
        (dir, lock)
    }

    pub(in crate::openclaw::lock) fn touch(path: &Path, age: u64) {
        fs::File::open(path).unwrap().set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
    }

    pub(in crate::openclaw::lock) fn make(path: &Path, mode: u32, age: u64) {
        fs::create_dir(path).unwrap();
        // Not by the mode it is made with: the umask would take its part.
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        touch(path, age);
    }

    pub(in crate::openclaw::lock) fn is_dead(path: &Path) -> bool {
        matches!(judge(&spot(path), false), LockState::Dead(..))
    }

    #[test]
    fn a_directory_is_stale_by_its_last_touch_and_ours_by_how_long_we_hold_one() {
        for (age, own, stale) in [
            (30_000, false, false),
            (30_001, false, true),
            (3_000, true, false),
            (3_001, true, true),
            (-1, true, false),
        ] {
            assert_eq!(is_stale(age, own), stale, "{age}");
        }
        for (mode, age, dead) in [
            (0o700, 4, false),
            (0o700, 29, false),
            (0o700, 32, true),
            (0o1700, 0, false),
            (0o1700, 4, true),
            (0o1755, 4, false),
        ] {
            let (_dir, lock) = temp();
            make(&lock, mode, age);
            assert_eq!(is_dead(&lock), dead, "{mode:o} {age}");
        }
    }

    #[test]
    fn a_file_is_dead_when_both_its_times_are_old_and_its_process_is_gone() {
        let lately = DEAD.replace("2020-01-01T00:00:00.000Z", &time::iso(clock::now()));
        for (text, age, dead) in [
            (DEAD, 200, true),
            (DEAD, 100, false),
            (lately.as_str(), 200, false),
            (r#"{"pid":2147483646}"#, 200, true),
            ("{}", 200, false),
            ("not JSON", 200, false),
        ] {
            let (_dir, lock) = temp();
            fs::write(&lock, text).unwrap();
            touch(&lock, age);
            assert_eq!(is_dead(&lock), dead, "{text} {age}");
        }
        let (dir, lock) = temp();
        assert!(matches!(judge(&spot(&lock), false), LockState::Gone));
        fs::File::create(&lock).unwrap().set_len(5 << 20).unwrap();
        assert!(matches!(judge(&spot(&lock), false), LockState::Held(_)), "too large to be read");
        fs::remove_file(&lock).unwrap();
        fs::write(dir.path().join("elsewhere"), DEAD).unwrap();
        touch(&dir.path().join("elsewhere"), 200);
        for target in ["elsewhere", "nowhere", "lock"] {
            symlink(target, &lock).unwrap();
            assert!(matches!(judge(&spot(&lock), false), LockState::Stuck("is a symbolic link")), "{target}");
            fs::remove_file(&lock).unwrap();
        }
        make(&lock, 0o700, 0);
        fs::write(lock.join("inside"), "").unwrap();
        for (age, stuck) in [(5, false), (40, true)] {
            touch(&lock, age);
            assert_eq!(matches!(judge(&spot(&lock), false), LockState::Stuck(_)), stuck, "{age}");
        }
    }
}
