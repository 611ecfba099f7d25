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

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, Mode, OFlags, flock};
use rustix::io::Errno;

use crate::model::problem::Problem;
use crate::refresh::lock::wait::{pause, stuck};
use crate::sys::fs::dir_of;
use crate::sys::fs::obstacle::obstacle;
use crate::sys::fs::spot::{Spot, is_same};
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
    write: Spot,
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
        let cannot = |error| Blocked::Failed(obstacle("cannot lock", dir_of(file), &error));
        let place = Spot::of(file).map_err(cannot)?;
        let held = Flocked::acquire(&place.beside("auth.lock"), 0o666, POLL, deadline)?;
        let resolved = Spot::at_end_of(file).unwrap_or(place);
        Ok(Self { held, write: resolved.with_ending(".lock") })
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
    spot: Spot,
}

impl Flocked {
    fn acquire(spot: &Spot, mode: u32, poll: Duration, deadline: Instant) -> Result<Self, Blocked> {
        let path = spot.path();
        loop {
            let file = open(spot, mode).map_err(Blocked::Failed)?;
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => {
                    let held = Self { file, spot: spot.clone() };
                    if held.is_held() {
                        return Ok(held);
                    }
                }
                Err(Errno::WOULDBLOCK | Errno::INTR) => {}
                Err(error) => return Err(Blocked::Failed(obstacle("cannot lock", &path, &error.into()))),
            }
            pause(poll, deadline, &path)?;
        }
    }

    fn is_held(&self) -> bool {
        let (Ok(ours), Ok(there)) = (self.file.metadata(), self.spot.metadata()) else { return false };
        is_same(&ours, &there)
    }
}

impl Drop for Flocked {
    fn drop(&mut self) {
        // A child process that is just being started may still have the file open.
        let _ = flock(&self.file, FlockOperation::Unlock);
    }
}

/// Opens a lock file for reading and writing, and makes it where there is none, as Codex does.
fn open(spot: &Spot, mode: u32) -> Result<File, Problem> {
    let path = &spot.path();
    let opened = spot.open(OFlags::RDWR | OFlags::CREATE, Mode::from_raw_mode(mode));
    opened.map(|(file, _)| file).map_err(|error| match error.kind() {
        // The directory may not be written. Codex could not save anything there either.
        io::ErrorKind::PermissionDenied if spot.metadata().is_err() => obstacle("cannot lock", path, &error),
        io::ErrorKind::PermissionDenied => unusable(path, "it cannot be opened for reading and writing"),
        io::ErrorKind::InvalidInput => unusable(path, "it is not a regular file"),
        _ if Errno::from_io_error(&error) == Some(Errno::LOOP) => unusable(path, "it is a symbolic link"),
        _ => obstacle("cannot lock", path, &error),
    })
}

fn unusable(path: &Path, what: &str) -> Problem {
    stuck(path, what, "remove it while no Codex runs: with it, Codex loses the tokens it refreshes")
}
