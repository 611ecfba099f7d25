//! The locks that the CLIs themselves take. ocsync takes them too, around everything that spends a token of
//! a login or writes its file.
//!
//! - `claude` - the locks of Claude Code
//! - `codex` - the locks of Codex
//! - `directory` - a lock that is a directory
//! - `take_directory` - takes such a lock, and removes one whose holder is dead
//! - `wait` - how long a lock is waited for, and what is in its way

pub mod claude;
pub mod codex;
pub mod directory;
pub mod take_directory;
pub mod wait;

use std::path::Path;
use std::time::Instant;

use crate::model::problem::Problem;
use crate::model::source::SourceKind;
use crate::refresh::owner;
use crate::sys::locked::Blocked;

/// A login under the lock that its CLI takes around a refresh. Dropping it gives the lock back.
///
/// Every function that spends a token of the login or writes its file takes this by reference. So nobody
/// can call it without the lock.
#[derive(Debug)]
pub struct Locked<'a> {
    kind: SourceKind,
    file: &'a Path,
    guard: Guard,
}

#[derive(Debug)]
enum Guard {
    Claude(claude::Lock),
    Codex(codex::Lock),
}

/// The same login, also under the lock that its CLI takes around a write. It is never held during a request
/// over the network. It ends before the [`Locked`] that it came from.
#[derive(Debug)]
pub struct WriteLocked<'a> {
    login: &'a Locked<'a>,
    guard: WriteGuard,
}

#[derive(Debug)]
enum WriteGuard {
    Claude(claude::WriteLock),
    Codex(codex::WriteLock),
}

impl<'a> Locked<'a> {
    /// Takes the lock of Claude Code or Codex for its login in `file`. The other CLIs have no lock.
    ///
    /// # Errors
    /// [`Blocked`]; nothing is left behind.
    pub fn acquire(kind: SourceKind, file: &'a Path, deadline: Instant) -> Result<Self, Blocked> {
        owner::refuse_foreign(kind, file)?;
        let guard = match kind {
            SourceKind::Codex => codex::Lock::acquire(file, deadline).map(Guard::Codex),
            _ => claude::Lock::acquire(file, deadline).map(Guard::Claude),
        };
        Ok(Self { kind, file, guard: guard? })
    }

    /// Whose login it is.
    pub fn kind(&self) -> SourceKind {
        self.kind
    }

    /// The file that holds the login.
    pub fn file(&self) -> &Path {
        self.file
    }

    /// Whether the lock is still ours.
    #[must_use]
    pub fn is_held(&self) -> bool {
        match &self.guard {
            Guard::Claude(lock) => lock.is_held(),
            Guard::Codex(lock) => lock.is_held(),
        }
    }

    /// Checks that the lock around the write could be taken at all.
    ///
    /// # Errors
    /// What is in its place.
    pub fn check_write_lock(&self) -> Result<(), Problem> {
        match &self.guard {
            Guard::Claude(lock) => lock.check_write_lock(),
            Guard::Codex(lock) => lock.check_write_lock(),
        }
    }

    /// Takes the lock around the write.
    ///
    /// # Errors
    /// [`Blocked`].
    pub fn for_write(&self, deadline: Instant) -> Result<WriteLocked<'_>, Blocked> {
        let guard = match &self.guard {
            Guard::Claude(lock) => lock.for_write(deadline).map(WriteGuard::Claude),
            Guard::Codex(lock) => lock.for_write(deadline).map(WriteGuard::Codex),
        };
        Ok(WriteLocked { login: self, guard: guard? })
    }
}

impl WriteLocked<'_> {
    /// The login under the lock around a refresh.
    pub fn login(&self) -> &Locked<'_> {
        self.login
    }
    /// Whether both locks are still ours.
    #[must_use]
    pub fn is_held(&self) -> bool {
        let write = match &self.guard {
            WriteGuard::Claude(lock) => lock.is_held(),
            WriteGuard::Codex(lock) => lock.is_held(),
        };
        write && self.login.is_held()
    }
}
