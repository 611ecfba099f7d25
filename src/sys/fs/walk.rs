//! The way to a file, name by name, on open directories: nothing that is exchanged meanwhile can hide a link, and each
//! link is known with its owner.
//!
//! Root reads and writes in the homes of other users. A user could make a link to root's own login, or to a third
//! person's, or to a directory of the system. So only links of root, of the user of this run, and of the owner of what
//! they lead to are followed.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, open, openat};
use rustix::io::retry_on_intr;

/// Where a path leads to.
#[derive(Debug)]
pub struct Reached {
    /// What is there. It is open only to pass through it, or to ask what it is.
    pub at: OwnedFd,
    /// The same path without links.
    pub path: PathBuf,
}

/// How many links in a path are followed: as many as the kernel follows.
#[cfg(target_os = "linux")]
const MOST: usize = 40;

#[cfg(target_os = "linux")]
const PASS: OFlags = OFlags::PATH.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Opens a name in a directory only to ask what it is. A link is not followed.
///
/// # Errors
/// As the system says.
#[cfg(target_os = "linux")]
pub fn look(dir: impl AsFd, name: &OsStr) -> io::Result<File> {
    Ok(retry_on_intr(|| openat(&dir, name, PASS, Mode::empty())).map(File::from)?)
}

/// Opens what an absolute path leads to where no link is on the way: then one call does it, or says that nothing is there.
/// `None` where a link is on the way, or the system says something else: an old kernel, or a filter of system calls, does
/// not know this call.
#[cfg(target_os = "linux")]
pub fn past_no_link(path: &Path, flags: OFlags) -> Option<io::Result<OwnedFd>> {
    use rustix::fs::{CWD, ResolveFlags, openat2};
    use rustix::io::Errno;

    let flags = flags | OFlags::CLOEXEC;
    match retry_on_intr(|| openat2(CWD, path, flags, Mode::empty(), ResolveFlags::NO_SYMLINKS)) {
        Ok(opened) => Some(Ok(opened)),
        // A link before that is another error.
        Err(error @ (Errno::NOENT | Errno::NOTDIR)) => Some(Err(error.into())),
        Err(_) => None,
    }
}

/// Opens a directory so: see [`past_no_link`].
pub fn dir_past_no_link(path: &Path) -> Option<io::Result<File>> {
    let opened = past_no_link(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NONBLOCK)?;
    Some(opened.map(File::from))
}

/// Goes to where `path` leads. With `directory` it must be one.
///
/// # Errors
/// What the system says; `PermissionDenied` where a link of another user led there.
#[cfg(target_os = "linux")]
pub fn to(path: &Path, directory: bool) -> io::Result<Reached> {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Component;

    use rustix::fs::{FileType, fstat, readlinkat};
    use rustix::io::Errno;

    let path = std::path::absolute(path)?;
    let kind = if directory { OFlags::DIRECTORY } else { OFlags::empty() };
    if let Some(at) = past_no_link(&path, OFlags::PATH | kind) {
        return Ok(Reached { at: at?, path });
    }
    let names = |path: &Path| -> Vec<OsString> {
        let names = path.components().filter(|name| *name != Component::CurDir);
        names.map(|name| name.as_os_str().to_owned()).rev().collect()
    };
    let root = || open("/", PASS, Mode::empty());
    let mut left = names(&path);
    let (mut at, mut real) = (root()?, PathBuf::from("/"));
    let mut owners = Vec::new();
    while let Some(name) = left.pop() {
        if name == "/" {
            (at, real) = (root()?, PathBuf::from("/"));
            continue;
        }
        let next = openat(&at, name.as_os_str(), PASS, Mode::empty())?;
        let stat = fstat(&next)?;
        if FileType::from_raw_mode(stat.st_mode) == FileType::Symlink {
            owners.push(stat.st_uid);
            if owners.len() > MOST {
                return Err(Errno::LOOP.into());
            }
            let target = readlinkat(&next, "", Vec::new())?;
            left.extend(names(Path::new(OsStr::from_bytes(target.as_bytes()))));
        } else {
            at = next;
            // The real path has no link, so `..` goes where it seems to.
            if name == ".." {
                real.pop();
            } else {
                real.push(name);
            }
        }
    }
    let stat = fstat(&at)?;
    if directory && FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
        return Err(Errno::NOTDIR.into());
    }
    let trusted = [0, stat.st_uid, rustix::process::geteuid().as_raw()];
    match owners.iter().find(|owner| !trusted.contains(owner)) {
        None => Ok(Reached { at, path: real }),
        Some(owner) => {
            let why = format!("leads by a link of uid {owner} to what belongs to uid {}", stat.st_uid);
            Err(io::Error::new(io::ErrorKind::PermissionDenied, why))
        }
    }
}

#[cfg(not(target_os = "linux"))]
#[allow(missing_docs)]
pub fn past_no_link(_: &Path, _: OFlags) -> Option<io::Result<OwnedFd>> {
    None
}

/// The same for a system that cannot open a directory only to pass through it.
#[cfg(not(target_os = "linux"))]
#[allow(clippy::missing_errors_doc)]
pub fn to(path: &Path, directory: bool) -> io::Result<Reached> {
    let kind = if directory { OFlags::DIRECTORY } else { OFlags::empty() };
    let path = std::fs::canonicalize(path)?;
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC | kind;
    Ok(Reached { at: retry_on_intr(|| open(&path, flags, Mode::empty()))?, path })
}

#[cfg(not(target_os = "linux"))]
#[allow(clippy::missing_errors_doc)]
pub fn look(dir: impl AsFd, name: &OsStr) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::SYMLINK;
    Ok(retry_on_intr(|| openat(&dir, name, flags, Mode::empty())).map(File::from)?)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt, lchown, symlink};

    use super::*;

    #[test]
    fn every_way_to_a_file_is_followed_and_judged_by_the_owners_of_its_links() {
        let dir = crate::sys::fs::test_dir();
        let real = fs::canonicalize(dir.path()).unwrap();
        let at = |name: &str| real.join(name);
        fs::create_dir_all(at("real/deep")).unwrap();
        fs::write(at("real/deep/file"), "1").unwrap();
        symlink("real", at("dir")).unwrap();
        symlink(at("dir/../dir/deep"), at("real/back")).unwrap();
        symlink("loop", at("loop")).unwrap();
        symlink("nowhere", at("dangling")).unwrap();
        let ways = ["real/deep/file", "dir/deep/file", "real/back/file", "./real/../dir/back/./file"];
        for path in ways {
            let reached = to(&at(path), false).unwrap();
            assert_eq!(reached.path, at("real/deep/file"), "{path}");
            let ino = File::from(reached.at).metadata().unwrap().ino();
            assert_eq!(ino, fs::metadata(at("real/deep/file")).unwrap().ino());
            assert!(to(&at(path), true).is_err() && to(at(path).parent().unwrap(), true).is_ok());
        }
        for path in ["loop/x", "none", "dangling", "real/deep/file/x"] {
            assert!(to(&at(path), false).is_err(), "{path}");
        }
        if rustix::process::geteuid().is_root() {
            lchown(at("dir"), Some(7), None).unwrap();
            for (path, trusted) in ways.into_iter().zip([true, false, false, false]) {
                assert_eq!(to(&at(path), false).is_ok(), trusted, "{path}");
            }
            let refused = to(&at("dir/deep"), true).unwrap_err().to_string();
            assert_eq!(refused, "leads by a link of uid 7 to what belongs to uid 0");
            lchown(at("real/deep/file"), Some(7), None).unwrap();
            assert!(to(&at("dir/deep/file"), false).is_ok(), "its owner's own link");
        }
    }
}
