//! A lock that is a directory: `mkdir` takes it, its modification time says that its holder lives, and
//! `rmdir` gives it back. This is proper-lockfile's protocol, as Claude Code 2.1.328 speaks it.
//!
//! The directory stays open as long as it is ours. Meanwhile the system cannot use its inode for another
//! directory. So a lock of another process at the same place never looks like ours.

use std::fs::{File, Metadata};
use std::io;

use rustix::fs::{Timespec, Timestamps, UTIME_NOW, futimens};

use crate::model::problem::Problem;
use crate::refresh::lock::wait::stuck;
use crate::sys::fs::spot::{Spot, is_same};

/// A lock directory that is ours. Dropping it gives it back.
#[derive(Debug)]
pub struct LockDir {
    spot: Spot,
    dir: File,
    made: Metadata,
}

impl LockDir {
    /// Makes the directory.
    ///
    /// # Errors
    /// `AlreadyExists` where something is at its place; otherwise what the system says.
    pub fn make(spot: &Spot) -> io::Result<Self> {
        spot.make_dir(0o700)?;
        let dir = match spot.open_dir() {
            Ok(dir) => File::from(dir),
            // Another process took it for a dead lock and removed it already.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(io::ErrorKind::AlreadyExists.into()),
            Err(error) => {
                let _ = spot.remove_dir();
                return Err(error);
            }
        };
        Ok(Self { spot: spot.clone(), made: dir.metadata()?, dir })
    }

    /// Whether it is still there and ours.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.spot.metadata().is_ok_and(|meta| is_same(&meta, &self.made))
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
            let _ = self.spot.remove_dir();
        }
    }
}

/// What is wrong with what is at the place of a lock. Claude Code 2.1.328 does not remove it, however
/// old it is.
#[must_use]
pub fn foreign(spot: &Spot, meta: &Metadata) -> Option<Problem> {
    let path = &spot.path();
    if !meta.is_dir() {
        let what = if meta.is_symlink() { "it is a symbolic link" } else { "it is a file" };
        let what = format!("{what}, not a directory");
        return Some(stuck(path, &what, "remove it: it keeps Claude Code from refreshing"));
    }
    spot.is_full_dir()
        .then(|| stuck(path, "the directory is not empty", "remove what is in it, and then the directory"))
}
