//! What a directory holds.
//!
//! `std::fs::read_dir` is not used: it panics where the directory cannot be closed.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{CWD, Dir, FileType, Mode, OFlags, openat};
use rustix::io::retry_on_intr;
use rustix::process::geteuid;

use crate::sys::fs::walk;

/// The names in a directory, and the type of each. The type is unknown where the file system does not
/// give it together with the name. Root goes through no link of a user to what belongs to another.
///
/// # Errors
/// What the system says; as root, `PermissionDenied` where another user's link leads to it.
pub fn list(dir: &Path) -> io::Result<Vec<(OsString, FileType)>> {
    if geteuid().is_root() {
        return match walk::dir_past_no_link(dir) {
            Some(opened) => entries(opened?.into()),
            None => entries(open_dir(walk::to(dir, true)?.at.as_fd(), Path::new("."))?),
        };
    }
    entries(open_dir(CWD, dir)?)
}

/// What an open directory holds, as [`list`].
///
/// # Errors
/// What the system says.
pub fn entries(dir: OwnedFd) -> io::Result<Vec<(OsString, FileType)>> {
    let mut entries = Dir::new(dir)?;
    let mut found = Vec::new();
    while let Some(entry) = entries.read() {
        let entry = entry?;
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        if name != "." && name != ".." {
            found.push((name.to_owned(), entry.file_type()));
        }
    }
    Ok(found)
}

/// Opens a directory, and nothing else.
///
/// # Errors
/// What the system says.
pub fn open_dir(from: BorrowedFd<'_>, dir: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(retry_on_intr(|| openat(from, dir, flags, Mode::empty()))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_kinds_are_those_of_the_directory() {
        let dir = crate::sys::fs::test_dir();
        std::fs::write(dir.path().join("file"), "").unwrap();
        std::fs::create_dir(dir.path().join("dir")).unwrap();
        let mut found = list(dir.path()).unwrap();
        found.sort_by(|a, b| a.0.cmp(&b.0));
        let kinds = [("dir".into(), FileType::Directory), ("file".into(), FileType::RegularFile)];
        assert_eq!(found, kinds);
        if geteuid().is_root() {
            let link = dir.path().join("link");
            std::os::unix::fs::symlink("dir", &link).unwrap();
            assert!(list(&link).unwrap().is_empty());
            std::os::unix::fs::lchown(&link, Some(7), None).unwrap();
            assert_eq!(list(&link).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        }
        assert!(crate::sys::fs::open::is_absent(&list(&dir.path().join("none")).unwrap_err()));
        assert!(crate::sys::fs::open::is_absent(&list(&dir.path().join("file")).unwrap_err()));
    }
}
