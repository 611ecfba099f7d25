//! Reads a file of another program safely: only a regular file, only up to a limit, and with an identity
//! that shows later whether it was written since.
//!
//! The same file may be written while it is read, so nobody relies on its length.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::sys::fs::open::{is_absent, open};

/// The size of the largest file that ocsync reads, in bytes.
pub const LIMIT: u64 = 4 << 20;

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

impl From<&rustix::fs::Stat> for FileId {
    #[allow(
        clippy::unnecessary_cast,
        clippy::cast_lossless,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss,
        reason = "systems differ in the types of these fields"
    )]
    fn from(stat: &rustix::fs::Stat) -> Self {
        Self {
            inode: (stat.st_dev as u64, stat.st_ino as u64),
            size: stat.st_size as u64,
            modified: (stat.st_mtime as i64, stat.st_mtime_nsec as i64),
            changed: (stat.st_ctime as i64, stat.st_ctime_nsec as i64),
            uid: stat.st_uid,
            gid: stat.st_gid,
            mode: stat.st_mode as u32,
            links: stat.st_nlink as u64,
        }
    }
}

impl FileId {
    /// Whether it is a regular file.
    #[must_use]
    pub fn is_file(&self) -> bool {
        self.mode & 0o170_000 == 0o100_000
    }

    /// Whether it is a symbolic link.
    #[must_use]
    pub fn is_link(&self) -> bool {
        self.mode & 0o170_000 == 0o120_000
    }
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
        File::create(&path).unwrap().set_len(LIMIT + 1).unwrap();
        assert_eq!(read(&path).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }
}
