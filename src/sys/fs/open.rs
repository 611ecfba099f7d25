//! Opens a file of another program safely: only a regular file, without waiting, and as root through no link of a user
//! to what belongs to another.
//!
//! Every file that ocsync looks into is opened here. So a FIFO, a device or a socket in its place is named, and
//! nobody waits for it.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::{Errno, retry_on_intr};
use rustix::process::geteuid;

use crate::sys::fs::walk::{self, Reached};

/// What is said of a directory, a FIFO, a device or a socket.
const NOT_REGULAR: &str = "not a regular file";

/// To open without waiting, and without becoming the terminal of this process.
const TO_LOOK: OFlags = OFlags::NONBLOCK.union(OFlags::NOCTTY).union(OFlags::CLOEXEC);

/// Opens a regular file to read it, without waiting for a FIFO or a device in its place. Root could read every file, so
/// it follows no link of a user to what belongs to another.
///
/// # Errors
/// As [`open_as`]; as root, `PermissionDenied` where another user's link leads to it.
pub fn open(path: &Path) -> io::Result<(File, std::fs::Metadata)> {
    if let Some(opened) = walk::past_no_link(path, TO_LOOK) {
        return regular(opened?.into());
    }
    let judged = geteuid().is_root().then(|| walk::to(path, false));
    match judged.filter(|judged| judged.as_ref().err().is_none_or(|error| !is_absent(error))) {
        Some(judged) => reopened(&judged?),
        None => open_as(path, OFlags::RDONLY, Mode::empty()),
    }
}

/// Opens what a walk has reached, and not what is at its path by now.
#[cfg(target_os = "linux")]
fn reopened(reached: &Reached) -> io::Result<(File, std::fs::Metadata)> {
    let handle = format!("/proc/self/fd/{}", reached.at.as_raw_fd());
    open_as(Path::new(&handle), OFlags::RDONLY, Mode::empty())
}

#[cfg(not(target_os = "linux"))]
fn reopened(reached: &Reached) -> io::Result<(File, std::fs::Metadata)> {
    open_as(&reached.path, OFlags::RDONLY | OFlags::NOFOLLOW, Mode::empty())
}

/// Opens a regular file with these flags, and makes it with `mode` where the flags say so. It neither waits nor
/// becomes the terminal of this process.
///
/// # Errors
/// What the system says; `InvalidInput` for what is not a regular file.
pub fn open_as(path: &Path, flags: OFlags, mode: Mode) -> io::Result<(File, std::fs::Metadata)> {
    opened(CWD, path, flags, mode)
}

/// [`open_as`], in an open directory.
pub(super) fn opened(
    dir: BorrowedFd<'_>,
    path: &Path,
    flags: OFlags,
    mode: Mode,
) -> io::Result<(File, std::fs::Metadata)> {
    let flags = flags | TO_LOOK;
    let file = match retry_on_intr(|| openat(dir, path, flags, mode)) {
        Ok(file) => File::from(file),
        // A socket, a device without a driver; and, to write, a directory.
        Err(Errno::NXIO | Errno::NODEV | Errno::ISDIR) => return Err(wrong(NOT_REGULAR)),
        // Not the same as nothing: a mount may be missing, and what it held is not gone.
        Err(Errno::NOENT) if !flags.contains(OFlags::NOFOLLOW) && path.is_symlink() => {
            return Err(wrong("a link that leads nowhere"));
        }
        Err(error) => return Err(error.into()),
    };
    regular(file)
}

/// The file with what the system says of it.
fn regular(file: File) -> io::Result<(File, std::fs::Metadata)> {
    let meta = file.metadata()?;
    if meta.is_file() { Ok((file, meta)) } else { Err(wrong(NOT_REGULAR)) }
}

/// The error for what is not what it should be.
pub(super) fn wrong(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, what)
}

/// Whether something is in the place of a directory, and is none: a file, or a link that leads nowhere.
#[must_use]
pub fn is_no_directory(dir: &Path) -> bool {
    dir.symlink_metadata().is_ok() && !dir.is_dir()
}

/// Whether an error says that there is no such file: no entry, or a parent that is not a directory.
#[must_use]
pub fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use std::fs::write;

    use super::*;

    #[test]
    fn only_regular_files_are_opened_and_nothing_is_waited_for() {
        let dir = crate::sys::fs::test_dir();
        std::os::unix::fs::symlink("nowhere", dir.path().join("l")).unwrap();
        assert_eq!(open(&dir.path().join("l")).unwrap_err().to_string(), "a link that leads nowhere");
        write(dir.path().join("f"), "").unwrap();
        assert!(["f", "l"].iter().all(|name| is_no_directory(&dir.path().join(name))));
        assert!(!is_no_directory(dir.path()) && !is_no_directory(&dir.path().join("none")));
        let (socket, fifo) = (dir.path().join("s"), dir.path().join("p"));
        let _listening = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        rustix::fs::mknodat(CWD, &fifo, rustix::fs::FileType::Fifo, Mode::RWXU, 0).unwrap();
        for (path, flags) in [socket, fifo, dir.path().to_owned()]
            .iter()
            .flat_map(|path| [OFlags::RDONLY, OFlags::WRONLY | OFlags::CREATE].map(|flags| (path, flags)))
        {
            let error = open_as(path, flags, Mode::RWXU).unwrap_err();
            assert_eq!((error.kind(), error.to_string().as_str()), (io::ErrorKind::InvalidInput, NOT_REGULAR));
        }
    }

    #[test]
    fn links_of_trusted_users_are_followed_to_what_was_judged() {
        let dir = crate::sys::fs::test_dir();
        let at = |name: &str| dir.path().join(name);
        std::fs::create_dir(at("d")).unwrap();
        write(at("d/f"), "1").unwrap();
        std::os::unix::fs::symlink("d", at("l")).unwrap();
        assert_eq!(open(&at("l/f")).unwrap().1.len(), 1);
        assert!(is_absent(&open(&at("l/none")).unwrap_err()) && open(&at("l")).is_err());
        if geteuid().is_root() {
            let link = |uid| std::os::unix::fs::lchown(at("l"), Some(uid), None).unwrap();
            link(7);
            let refused = open(&at("l/f")).unwrap_err().to_string();
            assert_eq!(refused, "leads by a link of uid 7 to what belongs to uid 0");
            std::os::unix::fs::lchown(at("d/f"), Some(7), None).unwrap();
            assert!(open(&at("l/f")).is_ok(), "its owner's own link");
        }
    }
}
