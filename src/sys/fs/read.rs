//! Reads a file of another program safely: only a regular file, only up to a limit, and with an identity
//! that shows later whether it was written since.
//!
//! Every file that ocsync looks into is opened here. So a FIFO, a device or a socket in its place is named, and
//! nobody waits for it.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::BorrowedFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::{Errno, retry_on_intr};

/// The size of the largest file that ocsync reads, in bytes.
pub const LIMIT: u64 = 4 << 20;

/// What is said of a directory, a FIFO, a device or a socket.
const NOT_REGULAR: &str = "not a regular file";

/// To open without waiting, and without becoming the terminal of this process.
const TO_LOOK: OFlags = OFlags::NONBLOCK.union(OFlags::NOCTTY).union(OFlags::CLOEXEC);

/// What a file was when it was read. Another identity means that it was written since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileId {
    /// Device and inode.
    pub inode: (u64, u64),
    /// Length in bytes.
    pub size: u64,
    /// Modification time in nanoseconds.
    pub modified: (i64, i64),
    /// Status change time in nanoseconds. It also moves when a clock or `touch` hides a write.
    pub changed: (i64, i64),
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Type and permission bits.
    pub mode: u32,
    /// Number of hard links.
    pub links: u64,
}

impl From<&std::fs::Metadata> for FileId {
    fn from(meta: &std::fs::Metadata) -> Self {
        Self {
            inode: (meta.dev(), meta.ino()),
            size: meta.size(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
            uid: meta.uid(),
            gid: meta.gid(),
            mode: meta.mode(),
            links: meta.nlink(),
        }
    }
}

/// Opens a regular file to read it, without waiting for a FIFO or a device in its place.
///
/// # Errors
/// As [`open_as`].
pub fn open(path: &Path) -> io::Result<(File, std::fs::Metadata)> {
    open_past_no_link(path).unwrap_or_else(|| open_as(path, OFlags::RDONLY, Mode::empty()))
}

/// [`open`], where no link is on the way: then one call opens the file, or says that nothing is there. `None` where a
/// link is on the way, or the system does not say.
#[cfg(target_os = "linux")]
pub fn open_past_no_link(path: &Path) -> Option<io::Result<(File, std::fs::Metadata)>> {
    use rustix::fs::{ResolveFlags, openat2};

    match retry_on_intr(|| openat2(CWD, path, TO_LOOK, Mode::empty(), ResolveFlags::NO_SYMLINKS)) {
        Ok(file) => Some(regular(file.into())),
        Err(error @ (Errno::NOENT | Errno::NOTDIR)) => Some(Err(error.into())),
        Err(_) => None,
    }
}

#[cfg(not(target_os = "linux"))]
#[allow(missing_docs)]
pub fn open_past_no_link(_: &Path) -> Option<io::Result<(File, std::fs::Metadata)>> {
    None
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

/// Reads a whole regular file of at most [`LIMIT`] bytes into `buffer`, which is emptied first.
///
/// # Errors
/// What the system says; `InvalidInput` for what is not a regular file, `FileTooLarge` beyond
/// the limit. A FIFO or a device is never waited for.
pub fn read_into(path: &Path, buffer: &mut Vec<u8>) -> io::Result<FileId> {
    buffer.clear();
    read_open(&open(path)?, buffer)
}

/// [`read_into`], of a file that is open already.
///
/// # Errors
/// As [`read_into`].
pub fn read_open(opened: &(File, std::fs::Metadata), buffer: &mut Vec<u8>) -> io::Result<FileId> {
    read_bounded(opened, buffer, LIMIT)
}

/// As [`read_open`], with a limit in bytes.
fn read_bounded((file, meta): &(File, std::fs::Metadata), buffer: &mut Vec<u8>, limit: u64) -> io::Result<FileId> {
    let too_large = || io::Error::new(io::ErrorKind::FileTooLarge, format!("larger than {} MiB", limit >> 20));
    if meta.size() > limit {
        return Err(too_large());
    }
    // Room for one byte more than the file should have: a read that leaves it empty has reached the end.
    let size = usize::try_from(meta.size()).unwrap_or(0);
    // Files in /proc report a size of 0.
    buffer.resize(size.max(1023) + 1, 0);
    let mut file = file;
    let read = match file.read(buffer) {
        Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
        read => read?,
    };
    buffer.truncate(read);
    if read != size || size == 0 {
        // The file was written meanwhile, the read was interrupted, or the file system gave less than asked.
        file.take(limit + 1 - read as u64).read_to_end(buffer)?;
    }
    if buffer.len() as u64 > limit {
        return Err(too_large());
    }
    Ok(FileId::from(meta))
}

/// Reads a whole regular file; `None` where there is no file.
///
/// # Errors
/// As [`read_into`], except for a file that does not exist.
pub fn read(path: &Path) -> io::Result<Option<(Vec<u8>, FileId)>> {
    read_up_to(path, LIMIT)
}

/// As [`read`], with a limit in bytes.
///
/// # Errors
/// As [`read`].
pub fn read_up_to(path: &Path, limit: u64) -> io::Result<Option<(Vec<u8>, FileId)>> {
    let mut buffer = Vec::new();
    match open(path).and_then(|opened| read_bounded(&opened, &mut buffer, limit)) {
        Ok(id) => Ok(Some((buffer, id))),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether something is in the place of a directory, and is none: a file, or a link that leads nowhere.
#[must_use]
pub fn is_no_directory(dir: &Path) -> bool {
    dir.symlink_metadata().is_ok() && !dir.is_dir()
}

/// Whether an error says that there is no such file: no entry, or a parent that is no directory.
#[must_use]
pub fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bounded_regular_files_are_read() {
        let dir = crate::sys::fs::test_dir();
        let path = dir.path().join("f");
        assert!(read(&path).unwrap().is_none());
        std::fs::write(&path, b"abc").unwrap();
        assert_eq!(read(&path).unwrap().unwrap().0, b"abc");
        assert!(read(&path.join("below")).unwrap().is_none());
        assert_eq!(read(dir.path()).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        std::os::unix::fs::symlink("nowhere", dir.path().join("l")).unwrap();
        assert_eq!(read(&dir.path().join("l")).unwrap_err().to_string(), "a link that leads nowhere");
        assert!([&path, &dir.path().join("l")].iter().all(|path| is_no_directory(path)));
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
        File::create(&path).unwrap().set_len(LIMIT + 1).unwrap();
        assert_eq!(read(&path).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }
}
