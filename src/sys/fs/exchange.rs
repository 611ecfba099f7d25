//! Puts a finished temporary file in its place.
//!
//! Not every writer takes the lock. What such a writer puts in place between the last look at the target and the rename
//! would be lost. So the two files are exchanged where the kernel can do that, and what came out is looked at: a file
//! that is not the one that was read is put back.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::model::exit::Code;
use crate::model::problem::Problem;
use crate::sys::fs::new_name::{has_no_links, move_new};
use crate::sys::fs::obstacle::obstacle;
use crate::sys::fs::read::FileId;
use crate::sys::fs::spot::Spot;
use crate::sys::fs::temp::Temp;

/// How often the exchange is taken back, while others keep writing.
const TRIES: usize = 8;

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

/// Puts `temp`, which is open as `file`, in the place of `target`, if that is still the file `old`.
///
/// # Errors
/// [`NotReplaced`]; the target is what others have made of it.
pub(super) fn exchange(temp: &mut Temp, file: &File, target: &Spot, old: FileId) -> Result<(), NotReplaced> {
    match temp.spot.exchange(target) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::Unsupported => {
            temp.spot.move_over(target).map_err(|error| not_moved("cannot replace", target, &error))?;
            temp.kept = true;
            return Ok(());
        }
        Err(error) => return Err(not_moved("cannot replace", target, &error)),
    }
    let new = file.metadata().map_err(|error| failed("cannot look at", &target.path(), &error))?;
    let new = FileId::from(&new).inode;
    for _ in 0..TRIES {
        match temp.spot.look() {
            // What was read: this file is where it belongs.
            Ok(out) if is_unchanged(out, old) => return Ok(()),
            // The new file: what others wrote is back in its place.
            Ok(out) if out.inode == new => return Err(NotReplaced::Changed),
            Ok(_) => temp.spot.exchange(target).map_err(|error| failed("cannot replace", &target.path(), &error))?,
            Err(error) => return Err(not_moved("cannot replace", target, &error)),
        }
    }
    // What came out last is newer than what is in its place: nobody may remove it.
    temp.kept = true;
    let message = format!(
        "{} keeps changing: {} may be its newest version",
        target.path().display(),
        temp.spot.path().display()
    );
    Err(NotReplaced::Failed(Problem::error(Code::Io, "io", message, "compare the two")))
}

/// Whether this is the file that was read. An exchange moves only the time of its last status change.
fn is_unchanged(out: FileId, old: FileId) -> bool {
    FileId { changed: old.changed, ..out } == old
}

/// Puts `temp` in its place, if nothing is there. A link fails where a rename would replace a file that was made
/// meanwhile. Where the file system has no links, [`move_new`] does the same.
///
/// # Errors
/// [`NotReplaced`]; nothing of this run is there.
pub(super) fn put_new(temp: &mut Temp, target: &Spot) -> Result<(), NotReplaced> {
    let linked = temp.spot.link_to(target);
    let done = match linked {
        Err(error) if has_no_links(&error) => move_new(&temp.spot, target).inspect(|()| temp.kept = true),
        linked => linked,
    };
    done.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => NotReplaced::Changed,
        _ => not_moved("cannot create", target, &error),
    })
}

/// The temporary file may be gone: a run that cannot see this process, as one in another container,
/// has cleared it away. That is worth another try.
fn not_moved(what: &str, target: &Spot, error: &io::Error) -> NotReplaced {
    match error.kind() {
        io::ErrorKind::NotFound => NotReplaced::Changed,
        _ => failed(what, &target.path(), error),
    }
}

pub(super) fn failed(what: &str, path: &Path, error: &io::Error) -> NotReplaced {
    NotReplaced::Failed(obstacle(what, path, error))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::*;
    use crate::sys::fs::spot::spot;

    /// A target with `old`, and a temporary file with `new`.
    fn place(dir: &Path) -> (Spot, Temp, File, FileId) {
        fs::write(dir.join("t"), "old").unwrap();
        let target = spot(&dir.join("t"));
        let temp = Temp::beside(&target);
        let (mut file, _) = temp.spot.create().unwrap();
        file.write_all(b"new").unwrap();
        let id = target.look().unwrap();
        (target, temp, file, id)
    }

    #[test]
    fn what_another_has_put_in_place_is_put_back() {
        let dir = crate::sys::fs::test_dir();
        let (target, mut temp, file, old) = place(dir.path());
        exchange(&mut temp, &file, &target, old).unwrap();
        drop(temp);
        assert_eq!(fs::read(target.path()).unwrap(), b"new");
        let (target, mut temp, file, old) = place(dir.path());
        fs::write(dir.path().join("other"), "by another").unwrap();
        fs::rename(dir.path().join("other"), target.path()).unwrap();
        assert!(matches!(exchange(&mut temp, &file, &target, old), Err(NotReplaced::Changed)));
        drop(temp);
        assert_eq!(fs::read(target.path()).unwrap(), b"by another");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        let (target, mut temp, file, old) = place(dir.path());
        target.remove().unwrap();
        assert!(matches!(exchange(&mut temp, &file, &target, old), Err(NotReplaced::Changed)));
        assert!(target.look().is_err(), "what is gone is not made again");
    }

    #[test]
    fn only_a_temporary_file_that_is_gone_is_worth_another_try() {
        let dir = crate::sys::fs::test_dir();
        let target = spot(&dir.path().join("t"));
        let moved = |kind: io::ErrorKind| not_moved("x", &target, &kind.into());
        assert!(matches!(moved(io::ErrorKind::NotFound), NotReplaced::Changed));
        assert!(matches!(moved(io::ErrorKind::PermissionDenied), NotReplaced::Failed(_)));
    }

    #[test]
    fn a_new_file_replaces_nothing() {
        let dir = crate::sys::fs::test_dir();
        let (target, mut temp, ..) = place(dir.path());
        assert!(matches!(put_new(&mut temp, &target), Err(NotReplaced::Changed)));
        assert!(temp.spot.move_to(&target).unwrap_err().kind() == io::ErrorKind::AlreadyExists);
        put_new(&mut temp, &target.with_ending(".new")).unwrap();
        drop(temp);
        assert_eq!(
            (fs::read(dir.path().join("t")).unwrap(), fs::read(dir.path().join("t.new")).unwrap()),
            (b"old".to_vec(), b"new".to_vec())
        );
    }
}
