//! Claude Code's own locks, taken as Claude Code 2.1.328 takes them. The versions 2.1.112 to 2.1.328 respect
//! them.
//!
//! There are three locks, and each is a directory:
//! - A is `.oauth_refresh.lock` in the configuration directory, for a whole refresh.
//! - B is beside that directory, with the directory's own name and `.lock`. It is taken after A, also for a
//!   whole refresh.
//! - C is `.storage-write.lock`, around a write.
//!
//! Versions up to 2.1.112 know only B, 2.1.133 knows only A. 2.1.328 takes B where it can, and goes on
//! without it where the directory of B may not be written. A holder touches A and B. Without that, 2.1.112
//! removes B after 10 s, and 2.1.328 fails instead of going on with the old token.
//!
//! `.oauth_refresh.lock.owner` is Claude Code's private record. ocsync never touches it.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::model::problem::Problem;
use crate::refresh::lock::directory::{LockDir, foreign};
use crate::refresh::lock::take_directory::{LockPlace, Try};
use crate::refresh::lock::wait::{busy, pause, with_lock};
use crate::sys::fs::dir::Dir;
use crate::sys::fs::dir_of;
use crate::sys::fs::obstacle::obstacle;
use crate::sys::fs::spot::Spot;
use crate::sys::locked::Blocked;

/// A and B are dead when they were not touched for this long. It is 2.1.328's own limit.
const STALE: Duration = Duration::from_secs(60);
/// C is dead after this long: it is held for milliseconds and not touched.
const WRITE_STALE: Duration = Duration::from_secs(15);
/// How often A and B are touched. 2.1.200 considers them dead after 10 s.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// How often a lock that another process holds is looked at again.
const POLL: Duration = Duration::from_millis(25);
/// How often A is given back because another process holds B, before this gives up.
const TRIES: usize = 5;

/// A, and B where it could be taken. Dropping it gives them back, B first.
#[derive(Debug)]
pub struct Lock {
    held: Arc<HeldDirs>,
    /// Dropping the sender ends the thread at once.
    heart: Option<(Sender<()>, JoinHandle<()>)>,
    write: Spot,
}

/// The directories that are held. They are given back in the order of the fields.
#[derive(Debug)]
struct HeldDirs {
    legacy: Option<LockDir>,
    refresh: LockDir,
    lost: AtomicBool,
}

/// C. Dropping it gives it back. It has to be dropped before the [`Lock`].
#[derive(Debug)]
pub struct WriteLock(LockDir);

impl Lock {
    /// Takes A and B for `file`, Claude Code's `.credentials.json`. When the `deadline` has passed already,
    /// each is tried once.
    ///
    /// # Errors
    /// [`Blocked`]; `Busy` has the path of the lock. Nothing is left behind.
    pub fn acquire(file: &Path, deadline: Instant) -> Result<Self, Blocked> {
        let write = Dir::open(dir_of(file)).map_err(|error| refused(dir_of(file), &error))?;
        let write = Spot { dir: Arc::new(write), name: ".storage-write.lock".into() };
        let mut refresh = LockPlace::new(write.beside(".oauth_refresh.lock"), STALE);
        let (first, beside) = (refresh.spot.path(), with_lock(write.dir.path.clone()));
        let mut legacy = match Spot::of(&beside) {
            Ok(spot) => Some(LockPlace::new(spot, STALE)),
            Err(error) if may_not(&error) => None,
            Err(error) => return Err(refused(&beside, &error)),
        };
        let mut tries = 0;
        loop {
            let (wait, lock) = match (refresh.try_take(), &mut legacy) {
                (Try::Taken(taken), None) => return Self::hold(taken, None, write),
                (Try::Taken(taken), Some(legacy)) => match legacy.try_take() {
                    Try::Taken(beside) => return Self::hold(taken, Some(beside), write),
                    Try::Refused(error) if may_not(&error) => return Self::hold(taken, None, write),
                    Try::Held => {
                        tries += 1;
                        if tries == TRIES {
                            return Err(busy(&beside));
                        }
                        (back_off(), &beside)
                    }
                    // It does not become stale by itself, and watching it takes longer than the tries.
                    Try::Ahead => (back_off(), &beside),
                    Try::Refused(error) => return Err(refused(&beside, &error)),
                    Try::Stuck(problem) => return Err(Blocked::Failed(problem)),
                },
                (Try::Held | Try::Ahead, _) => (POLL, &first),
                (Try::Refused(error), _) => return Err(refused(&first, &error)),
                (Try::Stuck(problem), _) => return Err(Blocked::Failed(problem)),
            };
            pause(wait, deadline, lock)?;
        }
    }

    fn hold(refresh: LockDir, legacy: Option<LockDir>, write: Spot) -> Result<Self, Blocked> {
        let held = Arc::new(HeldDirs { legacy, refresh, lost: AtomicBool::new(false) });
        let (alive, stop) = channel();
        let beating = Arc::clone(&held);
        let thread = thread::Builder::new().name("heartbeat".to_owned()).spawn(move || beat(&beating, &stop));
        let thread = thread.map_err(|error| refused(&write.path(), &error))?;
        Ok(Self { held, heart: Some((alive, thread)), write })
    }

    /// Whether everything that was taken is still there and ours, and was so all the time.
    #[must_use]
    pub fn is_held(&self) -> bool {
        let HeldDirs { legacy, refresh, lost } = &*self.held;
        !lost.load(Ordering::Relaxed) && refresh.is_held() && legacy.as_ref().is_none_or(LockDir::is_held)
    }

    /// Checks that C could be taken, now or after a wait, before a token is spent. With a file at the place
    /// of C, Claude Code 2.1.328 spends its token and cannot save the answer.
    ///
    /// # Errors
    /// What is in the way.
    pub fn check_write_lock(&self) -> Result<(), Problem> {
        match self.write.metadata() {
            Ok(meta) => foreign(&self.write, &meta).map_or(Ok(()), Err),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(obstacle("cannot lock", &self.write.path(), &error)),
        }
    }

    /// Takes C. It is held for milliseconds, so it is not touched.
    ///
    /// # Errors
    /// [`Blocked`]; nothing is left behind.
    pub fn for_write(&self, deadline: Instant) -> Result<WriteLock, Blocked> {
        let mut place = LockPlace::new(self.write.clone(), WRITE_STALE);
        loop {
            match place.try_take() {
                Try::Taken(lock) => return Ok(WriteLock(lock)),
                Try::Held | Try::Ahead => pause(POLL, deadline, &self.write.path())?,
                Try::Refused(error) => return Err(refused(&self.write.path(), &error)),
                Try::Stuck(problem) => return Err(Blocked::Failed(problem)),
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Some((alive, thread)) = self.heart.take() {
            drop(alive);
            let _ = thread.join();
        }
    }
}

impl WriteLock {
    /// Whether it is still there and ours.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.0.is_held()
    }
}

fn beat(held: &HeldDirs, stop: &Receiver<()>) {
    while stop.recv_timeout(HEARTBEAT) == Err(RecvTimeoutError::Timeout) {
        let refresh = held.refresh.touch();
        let legacy = held.legacy.as_ref().is_none_or(LockDir::touch);
        if !(refresh && legacy) {
            held.lost.store(true, Ordering::Relaxed);
        }
    }
}

/// Whether B may not be made here. Then Claude Code 2.1.328 goes on with A alone.
fn may_not(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}

/// One to two seconds, as long as 2.1.328 waits.
fn back_off() -> Duration {
    use std::hash::{BuildHasher, Hasher};
    let random = std::hash::RandomState::new().build_hasher().finish();
    Duration::from_millis(1000 + random % 1000)
}

fn refused(lock: &Path, error: &io::Error) -> Blocked {
    Blocked::Failed(obstacle("cannot lock", lock, error))
}
