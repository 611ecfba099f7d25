//! The lock of whichever CLI a file belongs to.

pub mod claude;
pub mod codex;
pub mod directory;
pub mod wait;

use std::path::Path;
use std::time::Instant;

use crate::model::problem::Problem;
use crate::model::source::SourceKind;
use crate::sys::locked::Blocked;

/// A CLI's lock around a refresh. Dropping it gives it back.
#[derive(Debug)]
pub enum Lock {
    /// Claude Code's.
    Claude(claude::Lock),
    /// Codex's.
    Codex(codex::Lock),
}

/// A CLI's lock around the write itself; never held while a network is waited for.
#[derive(Debug)]
pub enum WriteLock {
    /// Claude Code's.
    Claude(claude::WriteLock),
    /// Codex's.
    Codex(codex::WriteLock),
}

impl Lock {
    /// Takes the lock of Claude Code or Codex; the others have none that could be taken.
    ///
    /// # Errors
    /// [`Blocked`]; nothing is left behind.
    pub fn acquire(kind: SourceKind, file: &Path, deadline: Instant) -> Result<Self, Blocked> {
        match kind {
            SourceKind::Codex => codex::Lock::acquire(file, deadline).map(Self::Codex),
            _ => claude::Lock::acquire(file, deadline).map(Self::Claude),
        }
    }

    /// Whether it is still ours.
    #[must_use]
    pub fn is_held(&self) -> bool {
        match self {
            Self::Claude(lock) => lock.is_held(),
            Self::Codex(lock) => lock.is_held(),
        }
    }

    /// Whether the lock around the write could be taken at all.
    ///
    /// # Errors
    /// What is in its place.
    pub fn check_write_lock(&self) -> Result<(), Problem> {
        match self {
            Self::Claude(lock) => lock.check_write_lock(),
            Self::Codex(lock) => lock.check_write_lock(),
        }
    }

    /// Takes the lock around the write.
    ///
    /// # Errors
    /// [`Blocked`].
    pub fn for_write(&self, deadline: Instant) -> Result<WriteLock, Blocked> {
        match self {
            Self::Claude(lock) => lock.for_write(deadline).map(WriteLock::Claude),
            Self::Codex(lock) => lock.for_write(deadline).map(WriteLock::Codex),
        }
    }
}
