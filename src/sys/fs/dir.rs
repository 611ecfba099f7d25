//! A directory that is open.
//!
//! A user who may write a directory on the way can exchange it for a link between two system calls. So a directory is
//! opened once, name by name, through links of trusted users only; everything in it is done relative to the open
//! directory, and never by its path again. An exchange in between changes nothing.

use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::sys::fs::list::{entries, open_dir};
use crate::sys::fs::walk::{self, Reached};

/// A directory that is open.
#[derive(Debug)]
pub struct Dir {
    file: File,
    /// By which path it was opened: for messages, and for programs that take paths.
    pub path: PathBuf,
}

impl Dir {
    /// Opens a directory through links of root, of this user and of the directory's owner only.
    ///
    /// # Errors
    /// What the system says; `PermissionDenied` where another user's link leads to it.
    pub fn open(path: &Path) -> io::Result<Self> {
        let path = std::path::absolute(path)?;
        if let Some(opened) = Self::past_no_link(&path) {
            return opened;
        }
        let Reached { at, path, .. } = walk::to(&path, true)?;
        Ok(Self { file: open_dir(at.as_fd(), Path::new("."))?.into(), path })
    }

    /// Opens a directory by its absolute path where no link is on the way; see [`walk::dir_past_no_link`].
    pub(super) fn past_no_link(path: &Path) -> Option<io::Result<Self>> {
        let opened = walk::dir_past_no_link(path)?;
        Some(opened.map(|file| Self { file, path: path.to_owned() }))
    }

    /// What the system says of the directory itself.
    ///
    /// # Errors
    /// As the system says.
    pub fn metadata(&self) -> io::Result<Metadata> {
        self.file.metadata()
    }

    /// Writes the names in it to the disk. Without that a power cut takes back the last changes.
    ///
    /// # Errors
    /// As the system says.
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    /// Locks the directory for this run until it is closed; `false` where another one has locked it. A directory cannot
    /// be locked everywhere (NFS): that counts as locked.
    #[must_use]
    pub fn is_locked_now(&self) -> bool {
        flock(&self.file, FlockOperation::NonBlockingLockExclusive) != Err(Errno::WOULDBLOCK)
    }

    /// The names in it, where it is used for nothing else.
    ///
    /// # Errors
    /// As the system says.
    pub fn into_names(self) -> io::Result<Vec<OsString>> {
        Ok(entries(self.file.into())?.into_iter().map(|(name, _)| name).collect())
    }

    /// The names in it.
    ///
    /// # Errors
    /// As the system says.
    pub fn names(&self) -> io::Result<Vec<OsString>> {
        let names = entries(open_dir(self.file.as_fd(), Path::new("."))?)?;
        Ok(names.into_iter().map(|(name, _)| name).collect())
    }
}

impl AsFd for Dir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}
