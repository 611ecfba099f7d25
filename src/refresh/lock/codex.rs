//! Codex's own locks, taken as Codex 0.169.0 takes them.
//!
//! Both are `flock`s on empty files that stay:
//! - `auth.lock` in `CODEX_HOME`. Every commit of 0.166 and 0.169 waits for it.
//! - `auth.json.lock` beside the resolved `auth.json`, around a write, from 0.169 on. Codex waits for it 5 s
//!   and no longer.
//!
//! Codex holds neither while it asks for tokens. So they keep two writers apart, but not two processes that
//! spend the same token. Where Codex cannot open one of the two for reading and writing, it loses the tokens
//! that it got and reports nothing. So ocsync refuses that case.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, Mode, OFlags, flock};
use rustix::io::Errno;

use crate::model::problem::Problem;
use crate::refresh::lock::wait::{pause, stuck, with_lock};
use crate::sys::fs::dir_of;
use crate::sys::fs::read::open_as;
use crate::sys::locked::Blocked;

/// How often `auth.lock` is tried again.
const POLL: Duration = Duration::from_millis(50);
/// How often `auth.json.lock` is tried again, as 0.169.0 does.
const WRITE_POLL: Duration = Duration::from_millis(10);
/// How long a write waits for it at most, as 0.169.0 does.
const WRITE_WAIT: Duration = Duration::from_secs(5);

/// `auth.lock`. Dropping it gives it back; the file stays.
#[derive(Debug)]
pub struct Lock {
    held: Flocked,
    write: PathBuf,
}

/// `auth.json.lock`. Dropping it gives it back. It has to be dropped before the [`Lock`].
#[derive(Debug)]
pub struct WriteLock(Flocked);

impl Lock {
    /// Takes `auth.lock` for `file`, Codex's `auth.json`. When the `deadline` has passed already, it is tried
    /// once.
    ///
    /// # Errors
    /// [`Blocked`]; `Busy` has the path of the lock.
    pub fn acquire(file: &Path, deadline: Instant) -> Result<Self, Blocked> {
        let cannot = |error| Blocked::Failed(Problem::io("cannot lock", dir_of(file), &error));
        let dir = fs::canonicalize(dir_of(file)).map_err(cannot)?;
        let resolved = fs::canonicalize(file).unwrap_or_else(|_| dir.join(file.file_name().unwrap_or_default()));
        let held = Flocked::acquire(&dir.join("auth.lock"), 0o666, POLL, deadline)?;
        Ok(Self { held, write: with_lock(resolved) })
    }

    /// Whether it is still ours: the file was neither removed nor exchanged.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.held.is_held()
    }

    /// Checks that `auth.json.lock` could be taken, now or after a wait, before a token is spent. Makes the
    /// file, as Codex does.
    ///
    /// # Errors
    /// What is in the way.
    pub fn check_write_lock(&self) -> Result<(), Problem> {
        open(&self.write, 0o600).map(drop)
    }

    /// Takes `auth.json.lock`. Waits for it 5 s at most.
    ///
    /// # Errors
    /// [`Blocked`].
    pub fn for_write(&self, deadline: Instant) -> Result<WriteLock, Blocked> {
        let deadline = deadline.min(Instant::now() + WRITE_WAIT);
        Flocked::acquire(&self.write, 0o600, WRITE_POLL, deadline).map(WriteLock)
    }
}

impl WriteLock {
    /// Whether it is still ours.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.0.is_held()
    }
}

/// A file with an exclusive `flock` on it.
#[derive(Debug)]
struct Flocked {
    file: File,
    path: PathBuf,
}

impl Flocked {
    fn acquire(path: &Path, mode: u32, poll: Duration, deadline: Instant) -> Result<Self, Blocked> {
        loop {
            let file = open(path, mode).map_err(Blocked::Failed)?;
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => {
                    let held = Self { file, path: path.to_owned() };
                    if held.is_held() {
                        return Ok(held);
                    }
                }
                Err(Errno::WOULDBLOCK | Errno::INTR) => {}
                Err(error) => return Err(Blocked::Failed(Problem::io("cannot lock", path, &error.into()))),
            }
            pause(poll, deadline, path)?;
        }
    }

    fn is_held(&self) -> bool {
        let (Ok(ours), Ok(there)) = (self.file.metadata(), fs::symlink_metadata(&self.path)) else { return false };
        (ours.dev(), ours.ino()) == (there.dev(), there.ino())
    }
}

impl Drop for Flocked {
    fn drop(&mut self) {
        // A child process that is just being started may still have the file open.
        let _ = flock(&self.file, FlockOperation::Unlock);
    }
}

/// Opens a lock file for reading and writing, and makes it where there is none, as Codex does.
fn open(path: &Path, mode: u32) -> Result<File, Problem> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW;
    let opened = open_as(path, flags, Mode::from_raw_mode(mode));
    opened.map(|(file, _)| file).map_err(|error| match error.kind() {
        // The directory may not be written. Codex could not save anything there either.
        io::ErrorKind::PermissionDenied if fs::symlink_metadata(path).is_err() => {
            Problem::io("cannot lock", path, &error)
        }
        io::ErrorKind::PermissionDenied => unusable(path, "it cannot be opened for reading and writing"),
        io::ErrorKind::InvalidInput => unusable(path, "it is no regular file"),
        _ if Errno::from_io_error(&error) == Some(Errno::LOOP) => unusable(path, "it is a symbolic link"),
        _ => Problem::io("cannot lock", path, &error),
    })
}

fn unusable(path: &Path, what: &str) -> Problem {
    stuck(path, what, "remove it while no Codex runs: with it, Codex loses the tokens it refreshes")
}
