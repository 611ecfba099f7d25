//! A name in a directory that is open.
//!
//! What is done to a file, a lock or a link is done here, relative to the open directory, so it happens in that one
//! whatever was put in the place of its path.

use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{
    AtFlags, Mode, OFlags, RenameFlags, linkat, mkdirat, openat, renameat, renameat_with, statat, unlinkat,
};
use rustix::io::{Errno, retry_on_intr};

use crate::sys::fs::dir::Dir;
use crate::sys::fs::dir_of;
use crate::sys::fs::list::entries;
use crate::sys::fs::open::{opened, wrong};
use crate::sys::fs::read::FileId;
use crate::sys::fs::walk::{self, Reached};

/// A name in a directory that is open: a file, a directory, a link or nothing.
#[derive(Clone, Debug)]
pub struct Spot {
    /// The directory.
    pub dir: Arc<Dir>,
    /// The name.
    pub name: OsString,
}

impl Spot {
    /// The place of `path` itself, in its directory. A link at the end is not followed.
    ///
    /// # Errors
    /// As [`Dir::open`].
    pub fn of(path: &Path) -> io::Result<Self> {
        let path = std::path::absolute(path)?;
        let name = path.file_name().ok_or_else(|| wrong("not the name of a file"))?.to_owned();
        Ok(Self { dir: Arc::new(Dir::open(dir_of(&path))?), name })
    }

    /// The place that `path` leads to in the end, through links of trusted users only.
    ///
    /// # Errors
    /// As [`Dir::open`]; `NotFound` where nothing is there.
    pub fn at_end_of(path: &Path) -> io::Result<Self> {
        // Where no link is on the way, it is its own end.
        let absolute = std::path::absolute(path)?;
        if let (Some(name), Some(dir)) = (absolute.file_name(), Dir::past_no_link(dir_of(&absolute))) {
            let place = Self { dir: Arc::new(dir?), name: name.to_owned() };
            if !place.look()?.is_link() {
                return Ok(place);
            }
        }
        let Reached { path, .. } = walk::to(path, false)?;
        // That path goes through no link. Were a link put in since, the walk here would judge it.
        Self::of(&path)
    }

    /// Another name in the same directory.
    pub fn beside(&self, name: impl Into<OsString>) -> Self {
        Self { dir: Arc::clone(&self.dir), name: name.into() }
    }

    /// The same name with an ending.
    pub fn with_ending(&self, ending: &str) -> Self {
        let mut name = self.name.clone();
        name.push(ending);
        self.beside(name)
    }

    /// Its path: for messages, and for programs that take paths.
    pub fn path(&self) -> PathBuf {
        self.dir.path.join(&self.name)
    }

    /// What is there, by one call; a link is not followed.
    ///
    /// # Errors
    /// As the system says.
    pub fn look(&self) -> io::Result<FileId> {
        Ok(FileId::from(&statat(&self.dir, &self.name, AtFlags::SYMLINK_NOFOLLOW)?))
    }

    /// All that the system says of what is there; a link is not followed.
    ///
    /// # Errors
    /// As the system says.
    pub fn metadata(&self) -> io::Result<Metadata> {
        walk::look(&*self.dir, &self.name)?.metadata()
    }

    /// Opens a regular file without following a link, without waiting, and makes it where the flags say so.
    ///
    /// # Errors
    /// As [`crate::sys::fs::open::open_as`].
    pub fn open(&self, flags: OFlags, mode: Mode) -> io::Result<(File, Metadata)> {
        opened(self.dir.as_fd(), Path::new(&self.name), flags | OFlags::NOFOLLOW, mode)
    }

    /// Opens what is there, whatever it is, without following a link or waiting.
    ///
    /// # Errors
    /// As the system says.
    pub fn open_anything(&self) -> io::Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        Ok(retry_on_intr(|| openat(&*self.dir, &self.name, flags, Mode::empty()))?)
    }

    /// Opens a directory without following a link.
    ///
    /// # Errors
    /// As the system says.
    pub fn open_dir(&self) -> io::Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        Ok(retry_on_intr(|| openat(&*self.dir, &self.name, flags, Mode::empty()))?)
    }

    /// Whether it is a directory with something in it.
    #[must_use]
    pub fn is_full_dir(&self) -> bool {
        self.open_dir().and_then(entries).is_ok_and(|names| !names.is_empty())
    }

    /// Makes a file that only its owner may read.
    ///
    /// # Errors
    /// As the system says; `AlreadyExists` where something is there.
    pub fn create(&self) -> io::Result<(File, Metadata)> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
        self.open(flags, Mode::RUSR | Mode::WUSR)
    }

    /// Makes a directory.
    ///
    /// # Errors
    /// As the system says.
    pub fn make_dir(&self, mode: u32) -> io::Result<()> {
        Ok(mkdirat(&*self.dir, &self.name, Mode::from_raw_mode(mode))?)
    }

    /// Gives a file this name as well, if nothing has it.
    ///
    /// # Errors
    /// As the system says; `AlreadyExists` where something is there.
    pub fn link_to(&self, new: &Self) -> io::Result<()> {
        Ok(linkat(&*self.dir, &self.name, &*new.dir, &new.name, AtFlags::empty())?)
    }

    /// Moves it, in the place of what is there.
    ///
    /// # Errors
    /// As the system says.
    pub fn move_over(&self, new: &Self) -> io::Result<()> {
        Ok(renameat(&*self.dir, &self.name, &*new.dir, &new.name)?)
    }

    /// Moves it, if nothing is there.
    ///
    /// # Errors
    /// As the system says; `AlreadyExists` where something is there, `Unsupported` where the system cannot tell.
    pub fn move_to(&self, new: &Self) -> io::Result<()> {
        self.rename(new, RenameFlags::NOREPLACE)
    }

    /// Exchanges two names.
    ///
    /// # Errors
    /// As the system says; `Unsupported` where it cannot.
    pub fn exchange(&self, other: &Self) -> io::Result<()> {
        self.rename(other, RenameFlags::EXCHANGE)
    }

    fn rename(&self, new: &Self, how: RenameFlags) -> io::Result<()> {
        match renameat_with(&*self.dir, &self.name, &*new.dir, &new.name, how) {
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => Err(io::ErrorKind::Unsupported.into()),
            done => Ok(done?),
        }
    }

    /// Removes a file or a link.
    ///
    /// # Errors
    /// As the system says.
    pub fn remove(&self) -> io::Result<()> {
        Ok(unlinkat(&*self.dir, &self.name, AtFlags::empty())?)
    }

    /// Removes an empty directory.
    ///
    /// # Errors
    /// As the system says.
    pub fn remove_dir(&self) -> io::Result<()> {
        Ok(unlinkat(&*self.dir, &self.name, AtFlags::REMOVEDIR)?)
    }
}

/// Whether two metadata are of one file.
#[must_use]
pub fn is_same(one: &Metadata, other: &Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// The place of a name that may be relative, for tests.
#[cfg(test)]
pub fn spot(path: &Path) -> Spot {
    Spot::of(path).unwrap()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_directory_that_is_exchanged_for_a_link_stays_the_one_that_was_opened() {
        let temp = crate::sys::fs::test_dir();
        let at = |name: &str| temp.path().join(name);
        fs::create_dir(at("dir")).unwrap();
        fs::create_dir(at("other")).unwrap();
        let place = Spot::of(&at("dir/name")).unwrap();
        fs::rename(at("dir"), at("moved")).unwrap();
        std::os::unix::fs::symlink("other", at("dir")).unwrap();
        place.create().unwrap();
        place.link_to(&place.with_ending(".lock")).unwrap();
        place.beside("d").make_dir(0o700).unwrap();
        place.beside("d").move_to(&place.beside("e")).unwrap();
        place.exchange(&place.beside("e")).unwrap();
        place.remove_dir().unwrap();
        place.beside("e").move_over(&place).unwrap();
        assert_eq!(place.dir.names().unwrap().len(), 2);
        assert_eq!(fs::read_dir(at("other")).unwrap().count(), 0);
        assert!(at("moved/name.lock").is_file() && place.metadata().unwrap().is_file());
        place.remove().unwrap();
        assert!(!at("moved/name").exists());
    }
}
