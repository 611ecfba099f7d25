//! How one lock is distinguished from the next one at the same place.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::time::UNIX_EPOCH;

use crate::sys::fs::read::FileId;

/// The identity of a lock: device, inode and modification time (seconds, nanoseconds). An inode alone is not enough:
/// the system gives it out again at once.
pub type LockId = (u64, u64, i64, i64);

/// The identity of a lock.
pub fn id(meta: &Metadata) -> LockId {
    (meta.dev(), meta.ino(), meta.mtime(), meta.mtime_nsec())
}

/// The identity of a lock at which one look was taken.
pub fn id_at(found: &FileId) -> LockId {
    (found.inode.0, found.inode.1, found.modified.0, found.modified.1)
}

/// When a lock was last touched, in milliseconds.
pub(super) fn touched(meta: &Metadata) -> i64 {
    meta.mtime().saturating_mul(1000).saturating_add(meta.mtime_nsec() / 1_000_000)
}

/// The identity of a lock that another process holds, as the journal keeps it from run to run: inode and time.
pub(super) fn journal_name(meta: &Metadata) -> String {
    // The holder of a directory touches it. So the time of its making is taken, which does not change.
    let made = meta.created().ok().filter(|_| meta.is_dir()).and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let time = made.map_or(touched(meta), |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
    format!("{}:{time}", meta.ino())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::time::Duration;

    use super::*;
    use crate::openclaw::lock::judge::tests::{make, temp, touch};
    use crate::openclaw::lock::judge::{LockState, judge};
    use crate::sys::fs::spot::spot;

    #[test]
    fn a_file_is_told_from_the_next_by_its_time_and_a_directory_by_when_it_was_made() {
        let (_dir, lock) = temp();
        fs::write(&lock, "{}").unwrap();
        let at = UNIX_EPOCH + Duration::from_millis(1_700_000_000_567);
        fs::File::open(&lock).unwrap().set_modified(at).unwrap();
        let held = |path: &Path| match judge(&spot(path), false) {
            LockState::Held(identity) => identity,
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
}
