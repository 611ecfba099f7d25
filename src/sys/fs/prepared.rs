//! A replacement of a file that is prepared before its bytes are known.
//!
//! The new bytes go to a temporary file beside the target, are synced, and are renamed over the
//! target. Then the directory is synced: without that last step a power cut takes the rename back.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::model::problem::Problem;
use crate::sys::fs::list::open_dir;
use crate::sys::fs::read::{FileId, is_absent};
use crate::sys::fs::temp::{Temp, temp_path};
use crate::sys::fs::{dir_of, inherit, room, target};

/// What the target must be at the moment when it is replaced.
#[derive(Clone, Copy, Debug)]
pub enum Expect {
    /// Still the file that was read.
    Unchanged(FileId),
    /// Not there.
    Absent,
}

/// Why a file was not replaced. In every case the target is as it was.
#[derive(Debug)]
pub enum NotReplaced {
    /// Another program wrote it since it was read: read it again and decide again.
    Changed,
    /// The caller's last check said no.
    Stopped,
    /// It must not or could not be written.
    Failed(Problem),
}

/// Who may read the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    /// Its owner alone: mode 0600, as OpenClaw itself sets it on every save. The owner stays.
    Owner,
    /// Everybody: mode 0644. The owner matters less.
    Everybody,
}

/// A replacement for which everything is done that can fail before the bytes are known: every check of
/// the target, and a temporary file beside it, of the right owner and mode, with room in it.
///
/// A server hands out a new token once. A caller that must not lose it prepares before it asks.
#[derive(Debug)]
pub struct Prepared {
    pub(super) target: PathBuf,
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
    pub fn new(target: &Path, expect: Expect, readers: For, room: u64) -> Result<Self, NotReplaced> {
        let target = match expect {
            Expect::Unchanged(id) => {
                let resolved = fs::canonicalize(target).map_err(|error| failed("cannot resolve", target, &error))?;
                target::refuse_unsafe(&resolved, id).map_err(NotReplaced::Failed)?;
                resolved
            }
            Expect::Absent => target.to_owned(),
        };
        let dir = dir_of(&target);
        let dir_meta = fs::metadata(dir).map_err(|error| failed("cannot look at", dir, &error))?;
        target::refuse_open_dir(dir, &dir_meta).map_err(NotReplaced::Failed)?;
        let owner = match expect {
            Expect::Unchanged(id) => id,
            Expect::Absent => FileId::from(&dir_meta),
        };
        let temp = Temp { path: temp_path(&target), kept: false };
        let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temp.path);
        let file = opened.map_err(|error| failed("cannot write in", dir, &error))?;
        let mode = if readers == For::Owner { 0o600 } else { 0o644 };
        file.set_permissions(fs::Permissions::from_mode(mode))
            .map_err(|error| failed("cannot write", &target, &error))?;
        if let (Err(error), For::Owner) = (inherit::owner(&file, owner), readers) {
            return Err(failed("cannot keep the owner of", &target, &error));
        }
        if room > 0 {
            room::set_aside(&file, room).map_err(|error| failed("no room to write", &target, &error))?;
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
            .map_err(|error| failed("cannot write", &target, &error))?;
        drop(file);
        if !is_as_expected(&target, expect) {
            return Err(NotReplaced::Changed);
        }
        if !last_check() {
            return Err(NotReplaced::Stopped);
        }
        match expect {
            Expect::Unchanged(_) => {
                #[allow(clippy::disallowed_methods, reason = "this is the one place")]
                fs::rename(&temp.path, &target).map_err(|error| not_moved("cannot replace", &target, &error))?;
                temp.kept = true;
            }
            // A link fails where a rename would silently replace a file that was made meanwhile.
            Expect::Absent => fs::hard_link(&temp.path, &target).map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => NotReplaced::Changed,
                _ => not_moved("cannot create", &target, &error),
            })?,
        }
        drop(temp);
        sync(dir_of(&target))
    }
}

fn is_as_expected(target: &Path, expect: Expect) -> bool {
    match (expect, fs::symlink_metadata(target)) {
        (Expect::Unchanged(id), Ok(meta)) => FileId::from(&meta) == id,
        (Expect::Absent, Err(error)) => is_absent(&error),
        _ => false,
    }
}

/// The temporary file may be gone: a run that cannot see this process, as one in another container,
/// has cleared it away. That is worth another try.
fn not_moved(what: &str, target: &Path, error: &io::Error) -> NotReplaced {
    match error.kind() {
        io::ErrorKind::NotFound => NotReplaced::Changed,
        _ => failed(what, target, error),
    }
}

pub(super) fn failed(what: &str, path: &Path, error: &io::Error) -> NotReplaced {
    NotReplaced::Failed(Problem::io(what, path, error))
}

/// Without this a power cut takes back the last changes of a directory.
pub(super) fn sync(dir: &Path) -> Result<(), NotReplaced> {
    open_dir(dir).and_then(|dir| File::from(dir).sync_all()).map_err(|error| failed("cannot sync", dir, &error))
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
        assert!(prepared.temp.path.exists() && !target.exists());
        prepared.commit(b"new", Expect::Absent, &|| true).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"new");
        drop(Prepared::new(&dir.path().join("u"), Expect::Absent, For::Owner, 5).unwrap());
        let names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["t"]);
    }

    #[test]
    fn only_a_temporary_file_that_is_gone_is_worth_another_try() {
        let moved = |kind: io::ErrorKind| not_moved("x", Path::new("/t"), &kind.into());
        assert!(matches!(moved(io::ErrorKind::NotFound), NotReplaced::Changed));
        assert!(matches!(moved(io::ErrorKind::PermissionDenied), NotReplaced::Failed(_)));
    }
}
