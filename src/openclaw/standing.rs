//! How a lock stands that is in the way: gone, held, or dead; and how a dead one is taken away.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::UNIX_EPOCH;

use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;

use super::lock_holder::Payload;
use crate::clock;
use crate::fs::read;
use crate::fs::temp::temp_path;

/// Without a touch for this long, a directory lock is stale.
const HEARTBEAT_MS: i64 = 30_000;
/// The mode of a directory lock of ours. No other program sets the sticky bit on one: with it,
/// a directory that a killed run has left behind is known again.
pub const OWN_DIRECTORY: u32 = 0o1700;
/// A directory lock of ours is never held for longer.
const OWN_HOLD_MS: i64 = 3_000;

/// What tells one lock from the next at the same place: device, inode and modification time. An
/// inode alone is given out again at once.
pub type LockId = (u64, u64, i64, i64);

/// What tells a lock from the next.
#[must_use]
pub fn id(meta: &fs::Metadata) -> LockId {
    (meta.dev(), meta.ino(), meta.mtime(), meta.mtime_nsec())
}

/// How a lock stands that is in the way.
#[derive(Debug)]
pub enum Standing {
    /// It is not there any more.
    Gone,
    /// It may be taken away.
    Dead(LockId),
    /// Somebody holds it, or may; what tells it from another.
    Held(String),
}

/// Looks at a lock. With `container`, nobody's pid is judged.
#[must_use]
pub fn judge(path: &Path, container: bool) -> Standing {
    let Ok(meta) = fs::symlink_metadata(path) else { return Standing::Gone };
    let id = id(&meta);
    let now = clock::now();
    let modified = meta.mtime().saturating_mul(1000).saturating_add(meta.mtime_nsec() / 1_000_000);
    let age = now.saturating_sub(modified);
    // The holder of a directory touches it: there, the time of its making tells it from the next.
    let made = meta.created().ok().filter(|_| meta.is_dir()).and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let made = made.map_or(modified, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
    let held = || Standing::Held(format!("{}:{made}", meta.ino()));
    if meta.is_dir() {
        let own = meta.mode() & 0o7777 == OWN_DIRECTORY && meta.uid() == rustix::process::geteuid().as_raw();
        return if is_stale(age, own) { Standing::Dead(id) } else { held() };
    }
    let payload = match read::read(path) {
        Ok(Some((bytes, _))) => serde_json::from_slice::<Payload>(&bytes).ok(),
        Ok(None) => return Standing::Gone,
        Err(_) => None,
    };
    let age = payload.as_ref().and_then(Payload::created).map_or(age, |created| age.min(now.saturating_sub(created)));
    match payload {
        Some(payload) if meta.is_file() && payload.is_dead(age, container) => Standing::Dead(id),
        _ => held(),
    }
}

/// Whether a directory lock that was touched so long ago has no holder any more.
fn is_stale(age: i64, own: bool) -> bool {
    age > if own { OWN_HOLD_MS } else { HEARTBEAT_MS }
}

/// Takes a dead lock away. It is moved aside first: if somebody has been quicker, what was moved
/// is that one's lock, and it is put back unless there is a third already. Runs of ocsync take
/// turns at it, by a lock on the dead one, so this happens only with the programs that own it.
///
/// `false` while it is another run's turn; `true` when it is gone, or is another lock by now.
///
/// # Errors
/// Why it stays.
pub fn clear(path: &Path, dead: LockId) -> io::Result<bool> {
    let flags = (OFlags::NONBLOCK | OFlags::NOFOLLOW).bits().cast_signed();
    let turn = OpenOptions::new().read(true).custom_flags(flags).open(path);
    if turn.as_ref().is_ok_and(|lock| flock(lock, FlockOperation::NonBlockingLockExclusive) == Err(Errno::WOULDBLOCK))
    {
        return Ok(false);
    }
    if !fs::symlink_metadata(path).is_ok_and(|meta| id(&meta) == dead) {
        return Ok(true);
    }
    let aside = temp_path(path);
    #[allow(clippy::disallowed_methods, reason = "moves a lock, replaces nothing")]
    match fs::rename(path, &aside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        moved => moved?,
    }
    let meta = fs::symlink_metadata(&aside)?;
    let remove = |path: &Path| if meta.is_dir() { fs::remove_dir(path) } else { fs::remove_file(path) };
    if id(&meta) != dead {
        put_back(&aside, path, meta.is_dir());
        let _ = remove(&aside);
        return Ok(true);
    }
    remove(&aside).inspect_err(|_| put_back(&aside, path, meta.is_dir()))?;
    Ok(true)
}

/// Puts a lock back where it was, if nothing is there.
fn put_back(aside: &Path, path: &Path, directory: bool) {
    let _ = if directory {
        // A rename replaces an empty directory: this one is ours.
        #[allow(clippy::disallowed_methods, reason = "puts a lock back")]
        fs::create_dir(path).and_then(|()| fs::rename(aside, path))
    } else {
        fs::hard_link(aside, path)
    };
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::time::{Duration, SystemTime};

    use super::*;

    const DEAD: &str = r#"{"pid":2147483646,"createdAt":"2020-01-01T00:00:00.000Z"}"#;

    fn temp() -> (tempfile::TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let lock = dir.path().join("lock");
        (dir, lock)
    }

    fn touch(path: &Path, age: u64) {
        fs::File::open(path).unwrap().set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
    }

    fn make(path: &Path, mode: u32, age: u64) {
        fs::create_dir(path).unwrap();
        // Not by the mode it is made with: the umask would take its part.
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        touch(path, age);
    }

    fn is_dead(path: &Path) -> bool {
        matches!(judge(path, false), Standing::Dead(_))
    }

    fn now_id(path: &Path) -> LockId {
        id(&fs::symlink_metadata(path).unwrap())
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
        let lately = DEAD.replace("2020-01-01T00:00:00.000Z", &clock::iso(clock::now()));
        for (text, age, dead) in [
            (DEAD, 200, true),
            (DEAD, 100, false),
            (lately.as_str(), 200, false),
            (r#"{"pid":2147483646}"#, 200, true),
            ("{}", 200, false),
            ("no JSON", 200, false),
        ] {
            let (_dir, lock) = temp();
            fs::write(&lock, text).unwrap();
            touch(&lock, age);
            assert_eq!(is_dead(&lock), dead, "{text} {age}");
        }
        let (dir, lock) = temp();
        assert!(matches!(judge(&lock, false), Standing::Gone));
        fs::write(dir.path().join("elsewhere"), DEAD).unwrap();
        touch(&dir.path().join("elsewhere"), 200);
        symlink("elsewhere", &lock).unwrap();
        assert!(!is_dead(&lock), "a link is no lock of anybody's");
    }

    #[test]
    fn a_file_is_told_from_the_next_by_its_time_and_a_directory_by_when_it_was_made() {
        let (_dir, lock) = temp();
        fs::write(&lock, "{}").unwrap();
        let at = UNIX_EPOCH + Duration::from_millis(1_700_000_000_567);
        fs::File::open(&lock).unwrap().set_modified(at).unwrap();
        let held = |path: &Path| match judge(path, false) {
            Standing::Held(identity) => identity,
            other => panic!("{other:?}"),
        };
        let inode = fs::metadata(&lock).unwrap().ino();
        assert_eq!(held(&lock), format!("{inode}:1700000000567"));
        fs::remove_file(&lock).unwrap();
        make(&lock, 0o700, 0);
        let before = held(&lock);
        touch(&lock, 5);
        if fs::metadata(&lock).unwrap().created().is_ok() {
            assert_eq!(held(&lock), before, "its holder has touched it");
        }
    }

    #[test]
    fn a_dead_lock_is_taken_away_and_no_other() {
        for directory in [true, false] {
            let (dir, lock) = temp();
            let make = || if directory { make(&lock, 0o700, 0) } else { fs::write(&lock, DEAD).unwrap() };
            make();
            let dead = now_id(&lock);
            touch(&lock, 9);
            assert!(clear(&lock, dead).unwrap() && lock.exists(), "another by now");
            assert!(clear(&lock, now_id(&lock)).unwrap() && !lock.exists());
            assert!(clear(&lock, dead).unwrap(), "gone already");
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        }
    }

    #[test]
    fn while_another_run_is_at_it_a_dead_lock_stays() {
        let (_dir, lock) = temp();
        fs::write(&lock, DEAD).unwrap();
        let other = fs::File::open(&lock).unwrap();
        flock(&other, FlockOperation::LockExclusive).unwrap();
        assert!(!clear(&lock, now_id(&lock)).unwrap() && lock.exists());
        drop(other);
        assert!(clear(&lock, now_id(&lock)).unwrap() && !lock.exists());
    }

    #[test]
    fn what_cannot_be_removed_is_put_back_and_a_pipe_is_not_waited_for() {
        let (dir, lock) = temp();
        make(&lock, 0o700, 0);
        fs::write(lock.join("inside"), "").unwrap();
        clear(&lock, now_id(&lock)).unwrap_err();
        assert!(lock.join("inside").exists());
        // Its name leaves no room for that of a temporary file.
        let long = dir.path().join("l".repeat(240));
        fs::write(&long, DEAD).unwrap();
        clear(&long, now_id(&long)).unwrap_err();
        fs::remove_file(&long).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        fs::remove_dir_all(&lock).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, &lock, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).unwrap();
        assert!(!is_dead(&lock));
        assert!(clear(&lock, now_id(&lock)).unwrap() && !lock.exists());
    }

    #[test]
    fn a_lock_is_put_back_only_where_there_is_none() {
        for directory in [true, false] {
            let (dir, lock) = temp();
            let aside = dir.path().join("aside");
            let make = |path: &Path| if directory { make(path, 0o700, 0) } else { fs::write(path, "").unwrap() };
            make(&aside);
            let back = now_id(&aside);
            put_back(&aside, &lock, directory);
            assert_eq!(now_id(&lock).1, back.1);
            if directory {
                make(&aside);
            }
            fs::File::open(&lock).unwrap().set_modified(UNIX_EPOCH).unwrap();
            let third = now_id(&lock);
            put_back(&aside, &lock, directory);
            assert_eq!(now_id(&lock), third, "a third lock stays");
        }
    }
}
