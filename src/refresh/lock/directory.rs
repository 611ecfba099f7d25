//! A lock that is a directory: `mkdir` takes it, its modification time says that its holder lives, and
//! `rmdir` gives it back. This is proper-lockfile's protocol, as Claude Code 2.1.328 speaks it.
//!
//! The directory stays open as long as it is ours. Meanwhile the system cannot use its inode for another
//! directory. So a lock of another process at the same place never looks like ours.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{OFlags, Timespec, Timestamps, UTIME_NOW, futimens};

use crate::model::problem::Problem;
use crate::refresh::lock::wait::stuck;
use crate::sys::fs::list::list;

/// A lock directory that is ours. Dropping it gives it back.
#[derive(Debug)]
pub struct LockDir {
    path: PathBuf,
    dir: File,
    inode: (u64, u64),
}

impl LockDir {
    /// Makes the directory.
    ///
    /// # Errors
    /// `AlreadyExists` where something is at its place; otherwise what the system says.
    pub fn make(path: &Path) -> io::Result<Self> {
        DirBuilder::new().mode(0o700).create(path)?;
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW;
        let dir = match OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path) {
            Ok(dir) => dir,
            // Another process took it for a dead lock and removed it already.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(io::ErrorKind::AlreadyExists.into()),
            Err(error) => {
                let _ = fs::remove_dir(path);
                return Err(error);
            }
        };
        let meta = dir.metadata()?;
        Ok(Self { path: path.to_owned(), dir, inode: (meta.dev(), meta.ino()) })
    }

    /// Whether it is still there and ours.
    #[must_use]
    pub fn is_held(&self) -> bool {
        fs::symlink_metadata(&self.path).is_ok_and(|meta| (meta.dev(), meta.ino()) == self.inode)
    }

    /// Sets its modification time to now, which says that its holder lives; `false` when it is not ours
    /// any more, or when that fails.
    #[must_use]
    pub fn touch(&self) -> bool {
        let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
        self.is_held() && futimens(&self.dir, &Timestamps { last_access: now, last_modification: now }).is_ok()
    }
}

impl Drop for LockDir {
    fn drop(&mut self) {
        if self.is_held() {
            let _ = fs::remove_dir(&self.path);
        }
    }
}

/// What is wrong with what is at the place of a lock. Claude Code 2.1.328 does not remove it, however
/// old it is.
#[must_use]
pub fn foreign(path: &Path, meta: &fs::Metadata) -> Option<Problem> {
    if !meta.is_dir() {
        let what = if meta.is_symlink() { "it is a symbolic link" } else { "it is a file" };
        return Some(stuck(
            path,
            &format!("{what}, no directory"),
            "remove it: it keeps Claude Code from refreshing",
        ));
    }
    let full = list(path).is_ok_and(|entries| !entries.is_empty());
    full.then(|| stuck(path, "the directory is not empty", "remove what is in it, and then the directory"))
}
