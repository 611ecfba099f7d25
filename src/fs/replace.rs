//! The one function that replaces a file.
//!
//! A reader sees the old bytes or the new ones, never a part, and what was reported as done is
//! on the disk: a temporary file beside the target, written, synced, renamed over it, and the
//! directory synced (without that last step a power cut takes the rename back). Whoever wrote
//! the target in between is noticed and not overwritten. No backup is made: it would be one
//! more copy of somebody's tokens.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::fs::dir_of;
use crate::fs::read::{FileId, is_absent};
use crate::fs::target;
use crate::fs::temp::{Temp, temp_path};
use crate::problem::Problem;

/// What the target must be at the moment it is replaced.
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
    /// Somebody wrote it since it was read: read it again and decide again.
    Changed,
    /// The caller's last check said no.
    Stopped,
    /// It must not or could not be written.
    Failed(Problem),
}

/// Who may read the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    /// Its owner, who stays: mode 0600, as OpenClaw itself sets it on every save.
    Owner,
    /// Everybody: mode 0644, and whose it is matters less.
    Everybody,
}

/// [`replace_for`] the owner: what holds a credential.
///
/// # Errors
/// As there.
pub fn replace(path: &Path, bytes: &[u8], expect: Expect, last_check: &dyn Fn() -> bool) -> Result<(), NotReplaced> {
    replace_for(path, bytes, expect, For::Owner, last_check)
}

/// Replaces `target` by `bytes`, or creates it where `expect` says that it is absent.
///
/// A symbolic link is followed and kept. `last_check` is asked right before the rename.
///
/// # Errors
/// [`NotReplaced`]; the target is untouched and the temporary file is gone.
pub fn replace_for(
    target: &Path,
    bytes: &[u8],
    expect: Expect,
    readers: For,
    last_check: &dyn Fn() -> bool,
) -> Result<(), NotReplaced> {
    Prepared::new(target, expect, readers, 0)?.commit(bytes, expect, last_check)
}

/// A replacement of which all is done that can fail before the bytes are known: every check of the
/// target, and a temporary file beside it, of the right owner and mode, with room in it.
///
/// Whoever must not lose what it is about to get, a token that the server hands out once, prepares
/// before it asks.
#[derive(Debug)]
pub struct Prepared {
    target: PathBuf,
    temp: Temp,
    file: File,
    /// It has room, and may have too much of it.
    room: bool,
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
        if let (Err(error), For::Owner) = (give_to(&file, owner), readers) {
            return Err(failed("cannot keep the owner of", &target, &error));
        }
        if room > 0 {
            set_aside_room(&file, room).map_err(|error| failed("no room to write", &target, &error))?;
        }
        Ok(Self { target, temp, file, room: room > 0 })
    }

    /// Writes the bytes and puts them in place, if the target is what it is expected to be.
    ///
    /// # Errors
    /// [`NotReplaced`]; the target is untouched and the temporary file is gone.
    pub fn commit(self, bytes: &[u8], expect: Expect, last_check: &dyn Fn() -> bool) -> Result<(), NotReplaced> {
        let Self { target, mut temp, mut file, room } = self;
        file.write_all(bytes)
            .and_then(|()| if room { file.set_len(bytes.len() as u64) } else { Ok(()) })
            .and_then(|()| differ_in_time(&file, expect))
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
            // A link fails where a rename would silently win over a file made meanwhile.
            Expect::Absent => fs::hard_link(&temp.path, &target).map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => NotReplaced::Changed,
                _ => not_moved("cannot create", &target, &error),
            })?,
        }
        drop(temp);
        sync(dir_of(&target))
    }
}

/// A new file that is in its place before its bytes are known: blank, with room for them. One write
/// is all that is left to do then, and what it has written is there even if the run is killed next.
/// It goes away unless it is filled.
#[derive(Debug)]
pub struct Placed {
    temp: Temp,
    file: File,
}

impl Prepared {
    /// Puts the file in its place, blank, if nothing is there.
    ///
    /// # Errors
    /// [`NotReplaced`]; nothing is left behind.
    pub fn place(self) -> Result<Placed, NotReplaced> {
        let Self { target, temp, file, .. } = self;
        file.sync_all().map_err(|error| failed("cannot write", &target, &error))?;
        fs::hard_link(&temp.path, &target).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => NotReplaced::Changed,
            _ => failed("cannot create", &target, &error),
        })?;
        drop(temp);
        let placed = Placed { temp: Temp { path: target, kept: false }, file };
        sync(dir_of(&placed.temp.path))?;
        Ok(placed)
    }
}

impl Placed {
    /// Writes the bytes; from then on the file stays. Blanks may follow them if the run is killed.
    ///
    /// # Errors
    /// [`NotReplaced::Failed`]; the file is gone.
    pub fn fill(mut self, bytes: &[u8]) -> Result<PathBuf, NotReplaced> {
        let written = self.file.write_all(bytes);
        written.map_err(|error| failed("cannot write", &self.temp.path, &error))?;
        self.temp.kept = true;
        // They can be read from here on; that they also outlast a power cut is all that may fail now.
        let _ = self.file.set_len(bytes.len() as u64).and_then(|()| self.file.sync_all());
        Ok(self.temp.path.clone())
    }
}

/// Whether nobody has filled a file that was put in its place blank.
#[must_use]
pub fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| matches!(byte, 0 | b' '))
}

fn failed(what: &str, path: &Path, error: &io::Error) -> NotReplaced {
    NotReplaced::Failed(Problem::io(what, path, error))
}

/// Without this a power cut takes back what a directory was told last.
fn sync(dir: &Path) -> Result<(), NotReplaced> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(|error| failed("cannot sync", dir, &error))
}

/// Takes `room` bytes of the disk for a file; where the file system cannot promise them, they are
/// written.
fn set_aside_room(file: &File, room: u64) -> io::Result<()> {
    use rustix::io::Errno;
    match rustix::fs::fallocate(file, rustix::fs::FallocateFlags::empty(), 0, room) {
        Ok(()) => Ok(()),
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => fill(file, room),
        Err(error) => Err(error.into()),
    }
}

fn fill(mut file: &File, room: u64) -> io::Result<()> {
    io::copy(&mut io::repeat(b' ').take(room), &mut file)?;
    file.sync_all()?;
    file.rewind()
}

/// A temporary file that is gone was cleared away by a run that cannot see this process, as one in
/// another container: that is worth another try.
fn not_moved(what: &str, target: &Path, error: &io::Error) -> NotReplaced {
    match error.kind() {
        io::ErrorKind::NotFound => NotReplaced::Changed,
        _ => failed(what, target, error),
    }
}

/// OpenClaw from 2026.3.22 on reads a store again only when the millisecond of its modification
/// has changed, and file times move in steps of several: a file that replaces one of the same
/// step is dated a millisecond later.
fn differ_in_time(file: &File, expect: Expect) -> io::Result<()> {
    let Expect::Unchanged(old) = expect else { return Ok(()) };
    let millisecond = |(seconds, nanos): (i64, i64)| (seconds, nanos / 1_000_000);
    if millisecond(FileId::from(&file.metadata()?).modified) != millisecond(old.modified) {
        return Ok(());
    }
    let since = Duration::new(old.modified.0.unsigned_abs(), 0) + Duration::from_nanos(old.modified.1.unsigned_abs());
    file.set_modified(SystemTime::UNIX_EPOCH + since + Duration::from_millis(1))
}

/// Gives a new file to the owner and group of the one it replaces.
fn give_to(file: &File, owner: FileId) -> io::Result<()> {
    let own = FileId::from(&file.metadata()?);
    if own.uid != owner.uid {
        return fchown(file, Some(owner.uid), Some(owner.gid));
    }
    // Nobody but the owner can read a 0600 file: the group is kept where it may be.
    let _ = if own.gid == owner.gid { Ok(()) } else { fchown(file, None, Some(owner.gid)) };
    Ok(())
}

fn is_as_expected(target: &Path, expect: Expect) -> bool {
    match (expect, fs::symlink_metadata(target)) {
        (Expect::Unchanged(id), Ok(meta)) => FileId::from(&meta) == id,
        (Expect::Absent, Err(error)) => is_absent(&error),
        _ => false,
    }
}

/// Puts a file that is of no use out of the way, beside itself, under a name nobody has.
///
/// # Errors
/// What the system says.
pub fn set_aside(path: &Path, suffix: &str) -> io::Result<PathBuf> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{suffix}"));
    let aside = path.with_file_name(name);
    #[allow(clippy::disallowed_methods, reason = "moves a file out of the way, replaces none")]
    fs::rename(path, &aside)?;
    Ok(aside)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::fs::read::read;

    fn id(path: &Path) -> FileId {
        read(path).unwrap().unwrap().1
    }

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn problem(result: Result<(), NotReplaced>) -> &'static str {
        let Err(NotReplaced::Failed(problem)) = result else { panic!("{result:?}") };
        problem.code
    }

    #[test]
    fn a_link_is_kept_and_its_target_replaced_with_mode_0600() {
        let dir = crate::fs::test_dir();
        let (target, link) = (dir.path().join("t"), dir.path().join("l"));
        fs::write(&target, "old").unwrap();
        fs::set_permissions(&target, fs::Permissions::from_mode(0o644)).unwrap();
        symlink("t", &link).unwrap();
        replace(&link, b"new", Expect::Unchanged(id(&link)), &|| true).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&target).unwrap(), b"new");
        assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(names(dir.path()), ["l", "t"]);
    }

    #[test]
    fn the_time_of_a_replaced_file_always_differs() {
        let dir = crate::fs::test_dir();
        let target = dir.path().join("t");
        fs::write(&target, "0").unwrap();
        for n in 0..200 {
            let before = id(&target);
            replace(&target, n.to_string().as_bytes(), Expect::Unchanged(before), &|| true).unwrap();
            let millis = |(seconds, nanos): (i64, i64)| seconds * 1000 + nanos / 1_000_000;
            assert_ne!(millis(id(&target).modified), millis(before.modified));
        }
    }

    #[test]
    fn a_file_written_since_it_was_read_is_left_alone() {
        let dir = crate::fs::test_dir();
        let target = dir.path().join("t");
        fs::write(&target, "old").unwrap();
        let seen = id(&target);
        fs::write(&target, "by another").unwrap();
        assert!(matches!(replace(&target, b"new", Expect::Unchanged(seen), &|| true), Err(NotReplaced::Changed)));
        assert!(matches!(replace(&target, b"new", Expect::Absent, &|| true), Err(NotReplaced::Changed)));
        let result = replace(&target, b"new", Expect::Unchanged(id(&target)), &|| false);
        assert!(matches!(result, Err(NotReplaced::Stopped)));
        assert_eq!(fs::read(&target).unwrap(), b"by another");
        assert_eq!(names(dir.path()), ["t"]);
    }

    #[test]
    fn hard_links_read_only_files_and_open_directories_are_refused() {
        let dir = crate::fs::test_dir();
        let target = dir.path().join("t");
        fs::write(&target, "old").unwrap();
        fs::hard_link(&target, dir.path().join("other")).unwrap();
        assert_eq!(problem(replace(&target, b"n", Expect::Unchanged(id(&target)), &|| true)), "hard-linked");
        fs::remove_file(dir.path().join("other")).unwrap();
        fs::set_permissions(&target, fs::Permissions::from_mode(0o400)).unwrap();
        assert_eq!(problem(replace(&target, b"n", Expect::Unchanged(id(&target)), &|| true)), "read-only");
        fs::set_permissions(&target, fs::Permissions::from_mode(0o600)).unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
        assert_eq!(problem(replace(&target, b"n", Expect::Unchanged(id(&target)), &|| true)), "world-writable");
        assert_eq!(fs::read(&target).unwrap(), b"old");
    }

    #[test]
    fn a_file_is_created_only_where_there_is_none() {
        let dir = crate::fs::test_dir();
        let target = dir.path().join("t");
        replace(&target, b"new", Expect::Absent, &|| true).unwrap();
        assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(names(dir.path()), ["t"]);
    }

    /// A file that nobody else knows.
    fn file() -> (tempfile::TempDir, PathBuf, File) {
        let dir = crate::fs::test_dir();
        let path = dir.path().join("f");
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path).unwrap();
        (dir, path, file)
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
            let (_dir, path, file) = file();
            file.set_modified(old).unwrap();
            let expect = Expect::Unchanged(id(&path));
            file.set_modified(new).unwrap();
            differ_in_time(&file, expect).unwrap();
            assert_eq!(file.metadata().unwrap().modified().unwrap(), expected);
        }
    }

    #[test]
    fn room_is_made_before_the_bytes_are_known_and_none_of_it_is_left() {
        let (dir, path, file) = file();
        fill(&file, 10_000).unwrap();
        (&file).write_all(b"x").unwrap();
        assert_eq!((fs::metadata(&path).unwrap().len(), fs::read(&path).unwrap()[0]), (10_000, b'x'));
        let target = dir.path().join("t");
        let prepared = Prepared::new(&target, Expect::Absent, For::Owner, 5_000).unwrap();
        assert_eq!(prepared.file.metadata().unwrap().len(), 5_000);
        assert!(prepared.temp.path.exists() && !target.exists());
        prepared.commit(b"new", Expect::Absent, &|| true).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"new");
        drop(Prepared::new(&dir.path().join("u"), Expect::Absent, For::Owner, 5).unwrap());
        assert_eq!(names(dir.path()), ["f", "t"]);
    }

    #[test]
    fn what_happens_right_before_the_rename_is_noticed() {
        let dir = crate::fs::test_dir();
        let target = dir.path().join("t");
        let made = || fs::write(&target, "by another").is_ok();
        assert!(matches!(replace(&target, b"new", Expect::Absent, &made), Err(NotReplaced::Changed)));
        assert_eq!((names(dir.path()), fs::read(&target).unwrap()), (vec!["t".to_owned()], b"by another".to_vec()));
        let cleared = || {
            let temp = names(dir.path()).into_iter().find(|name| name != "t").unwrap();
            fs::remove_file(dir.path().join(temp)).is_ok()
        };
        let expect = Expect::Unchanged(id(&target));
        assert!(matches!(replace(&target, b"new", expect, &cleared), Err(NotReplaced::Changed)));
        fs::remove_file(&target).unwrap();
        assert!(matches!(replace(&target, b"new", expect, &|| true), Err(NotReplaced::Failed(_))));
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        assert!(matches!(not_moved("x", &target, &denied), NotReplaced::Failed(_)));
    }

    #[test]
    fn owner_and_group_are_kept_and_everybody_may_read_what_is_for_everybody() {
        let (dir, path, file) = file();
        if rustix::process::geteuid().is_root() {
            let own = id(&path);
            give_to(&file, FileId { gid: 23_456, ..own }).unwrap();
            assert_eq!((id(&path).uid, id(&path).gid), (own.uid, 23_456));
            give_to(&file, FileId { uid: 12_345, gid: 34_567, ..own }).unwrap();
            assert_eq!((id(&path).uid, id(&path).gid), (12_345, 34_567));
            replace(&path, b"x", Expect::Unchanged(id(&path)), &|| true).unwrap();
            assert_eq!((id(&path).uid, id(&path).gid), (12_345, 34_567));
        }
        let public = dir.path().join("public");
        replace_for(&public, b"x", Expect::Absent, For::Everybody, &|| true).unwrap();
        assert_eq!(fs::metadata(&public).unwrap().permissions().mode() & 0o777, 0o644);
        let aside = set_aside(&public, "old").unwrap();
        assert_eq!((aside.clone(), fs::read(aside).unwrap()), (dir.path().join("public.old"), b"x".to_vec()));
        assert!(!public.exists());
    }
}
