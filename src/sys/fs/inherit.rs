//! What a new file takes over from the one that it replaces: the owner, the group, and a time that is
//! later.

use std::fs::File;
use std::io;
use std::os::unix::fs::fchown;
use std::time::{Duration, SystemTime};

use crate::sys::fs::read::FileId;

/// Gives a new file, which was made as `own`, to the owner and the group of the old one.
pub(super) fn owner(file: &File, own: FileId, old: FileId) -> io::Result<()> {
    if own.uid != old.uid {
        return fchown(file, Some(old.uid), Some(old.gid));
    }
    // Nobody but the owner can read a file of mode 0600, so a group that cannot be kept does no harm.
    let _ = if own.gid == old.gid { Ok(()) } else { fchown(file, None, Some(old.gid)) };
    Ok(())
}

/// Makes sure that the new file has another modification time than the old one, in milliseconds.
///
/// OpenClaw from 2026.3.22 on reads a store again only when the millisecond of its modification has
/// changed, and file times move in steps of several milliseconds. So a new file of the same step is
/// dated one millisecond after the old one.
pub(super) fn later_time(file: &File, old: FileId) -> io::Result<()> {
    let millisecond = |(seconds, nanos): (i64, i64)| (seconds, nanos / 1_000_000);
    if millisecond(FileId::from(&file.metadata()?).modified) != millisecond(old.modified) {
        return Ok(());
    }
    let since = Duration::new(old.modified.0.unsigned_abs(), 0) + Duration::from_nanos(old.modified.1.unsigned_abs());
    file.set_modified(SystemTime::UNIX_EPOCH + since + Duration::from_millis(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file that nobody else knows.
    fn file() -> File {
        tempfile::tempfile().unwrap()
    }

    fn id(file: &File) -> FileId {
        FileId::from(&file.metadata().unwrap())
    }

    #[test]
    fn a_file_is_dated_later_than_the_one_it_replaces_in_the_same_millisecond() {
        let at = |millis: u64, nanos: u64| SystemTime::UNIX_EPOCH + Duration::from_nanos(millis * 1_000_000 + nanos);
        let old = at(1_700_000_000_567, 890_123);
        for (new, expected) in [
            (old, at(1_700_000_000_568, 890_123)),
            (at(1_700_000_000_567, 1), at(1_700_000_000_568, 890_123)),
            (at(1_700_000_000_566, 0), at(1_700_000_000_566, 0)),
            (at(1_700_000_001_567, 0), at(1_700_000_001_567, 0)),
        ] {
            let file = file();
            file.set_modified(old).unwrap();
            let replaced = id(&file);
            file.set_modified(new).unwrap();
            later_time(&file, replaced).unwrap();
            assert_eq!(file.metadata().unwrap().modified().unwrap(), expected);
        }
    }

    #[test]
    fn owner_and_group_are_those_of_the_old_file() {
        let file = file();
        let own = id(&file);
        owner(&file, own, own).unwrap();
        assert_eq!((id(&file).uid, id(&file).gid), (own.uid, own.gid));
        if rustix::process::geteuid().is_root() {
            owner(&file, own, FileId { gid: 23_456, ..own }).unwrap();
            assert_eq!((id(&file).uid, id(&file).gid), (own.uid, 23_456));
            owner(&file, own, FileId { uid: 12_345, gid: 34_567, ..own }).unwrap();
            assert_eq!((id(&file).uid, id(&file).gid), (12_345, 34_567));
        }
    }
}
