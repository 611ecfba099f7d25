//! A replacement of a file that is prepared before its bytes are known.
//!
//! The new bytes go to a temporary file beside the target, and are synced. Then the two are exchanged, and what comes
//! out is looked at: some writers take no lock, and what they wrote since is put back. Then the directory is synced:
//! without that last step a power cut takes the exchange back.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

pub use crate::sys::fs::exchange::NotReplaced;
use crate::sys::fs::exchange::{exchange, failed, put_new};
use crate::sys::fs::open::is_absent;
use crate::sys::fs::read::FileId;
use crate::sys::fs::spot::Spot;
use crate::sys::fs::temp::Temp;
use crate::sys::fs::{inherit, modes, room, target};

/// What the target must be at the moment when it is replaced.
#[derive(Clone, Copy, Debug)]
pub enum Expect {
    /// Still the file that was read.
    Unchanged(FileId),
    /// Not there.
    Absent,
}

/// Who may read the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    /// Its owner alone: mode 0600, as OpenClaw itself sets it on every save. The owner stays.
    Owner,
    /// Its owner and who else its owner lets read it: mode 0600, and no link is followed to it.
    Reader,
    /// Everybody: mode 0644. The owner matters less, and no link is followed to it.
    Everybody,
}

/// A replacement for which everything is done that can fail before the bytes are known: every check of
/// the target, and a temporary file beside it, of the right owner and mode, with room in it.
///
/// A server hands out a new token once. A caller that must not lose it prepares before it asks.
#[derive(Debug)]
pub struct Prepared {
    pub(super) target: Spot,
    pub(super) temp: Temp,
    pub(super) file: File,
    /// Room was made, perhaps more than the bytes need.
    has_room: bool,
}

impl Prepared {
    /// Prepares; `room` bytes are set aside on the disk.
    ///
    /// # Errors
    /// [`NotReplaced::Failed`]; nothing is left behind.
    pub fn new(path: &Path, expect: Expect, readers: For, room: u64) -> Result<Self, NotReplaced> {
        let target = match (expect, readers) {
            (Expect::Unchanged(_), For::Owner) => Spot::at_end_of(path),
            _ => Spot::of(path),
        };
        let target = target.map_err(|error| failed("cannot resolve", path, &error))?;
        if readers != For::Owner {
            target::refuse_link(&target).map_err(NotReplaced::Failed)?;
        }
        if let Expect::Unchanged(id) = expect {
            target::refuse_unsafe(&target, id).map_err(NotReplaced::Failed)?;
        }
        let dir = &target.dir;
        let dir_meta = dir.metadata().map_err(|error| failed("cannot look at", &dir.path, &error))?;
        target::refuse_open_dir(&dir.path, &dir_meta).map_err(NotReplaced::Failed)?;
        let owner = match expect {
            Expect::Unchanged(id) => id,
            Expect::Absent => FileId::from(&dir_meta),
        };
        let temp = Temp::beside(&target);
        let (file, made) = temp.spot.create().map_err(|error| failed("cannot write in", &dir.path, &error))?;
        let mode = if readers == For::Everybody { 0o644 } else { 0o600 };
        let cannot = |what: &str, error: &io::Error| failed(what, &target.path(), error);
        // The umask may have taken something from the mode.
        let found = made.permissions().mode() & 0o7777;
        let failed = if found == mode { None } else { file.set_permissions(fs::Permissions::from_mode(mode)).err() };
        if let Some(error) = failed.filter(|_| !modes::will_do(found, mode)) {
            return Err(cannot("cannot write", &error));
        }
        if let (Err(error), For::Owner | For::Reader) = (inherit::owner(&file, FileId::from(&made), owner), readers) {
            return Err(cannot("cannot keep the owner of", &error));
        }
        if room > 0 {
            room::set_aside(&file, room).map_err(|error| cannot("no room to write", &error))?;
        }
        Ok(Self { target, temp, file, has_room: room > 0 })
    }

    /// Writes the bytes and puts them in place, if the target is what it is expected to be.
    ///
    /// # Errors
    /// [`NotReplaced`]; the target is untouched and the temporary file is gone.
    pub fn commit(self, bytes: &[u8], expect: Expect, last_check: &dyn Fn() -> bool) -> Result<(), NotReplaced> {
        let Self { target, mut temp, mut file, has_room } = self;
        file.write_all(bytes)
            .and_then(|()| if has_room { file.set_len(bytes.len() as u64) } else { Ok(()) })
            .and_then(|()| match expect {
                Expect::Unchanged(old) => inherit::later_time(&file, old),
                Expect::Absent => Ok(()),
            })
            .and_then(|()| file.sync_all())
            .map_err(|error| failed("cannot write", &target.path(), &error))?;
        if !is_as_expected(&target, expect) {
            return Err(NotReplaced::Changed);
        }
        if !last_check() {
            return Err(NotReplaced::Stopped);
        }
        match expect {
            Expect::Unchanged(old) => exchange(&mut temp, &file, &target, old)?,
            Expect::Absent => put_new(&mut temp, &target)?,
        }
        drop(temp);
        sync(&target)
    }
}

fn is_as_expected(target: &Spot, expect: Expect) -> bool {
    match (expect, target.look()) {
        (Expect::Unchanged(id), Ok(found)) => found == id,
        (Expect::Absent, Err(error)) => is_absent(&error),
        _ => false,
    }
}

/// Writes the names of the directory to the disk.
pub(super) fn sync(target: &Spot) -> Result<(), NotReplaced> {
    target.dir.sync().map_err(|error| failed("cannot sync", &target.dir.path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_set_aside_before_the_bytes_are_known_and_none_of_it_is_left() {
        let dir = crate::sys::fs::test_dir();
        let target = dir.path().join("t");
        let prepared = Prepared::new(&target, Expect::Absent, For::Owner, 5_000).unwrap();
        assert_eq!(prepared.file.metadata().unwrap().len(), 5_000);
        assert!(prepared.temp.spot.path().exists() && !target.exists());
        prepared.commit(b"new", Expect::Absent, &|| true).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"new");
        drop(Prepared::new(&dir.path().join("u"), Expect::Absent, For::Owner, 5).unwrap());
        let names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["t"]);
    }

    #[test]
    fn a_target_is_as_expected_while_it_is_the_very_file_or_still_absent() {
        let dir = crate::sys::fs::test_dir();
        let target = crate::sys::fs::spot::spot(&dir.path().join("t"));
        assert!(is_as_expected(&target, Expect::Absent));
        fs::write(target.path(), "old").unwrap();
        let old = Expect::Unchanged(target.look().unwrap());
        assert!(is_as_expected(&target, old) && !is_as_expected(&target, Expect::Absent));
        fs::write(target.path(), "another").unwrap();
        assert!(!is_as_expected(&target, old));
        target.remove().unwrap();
        assert!(!is_as_expected(&target, old));
    }
}
