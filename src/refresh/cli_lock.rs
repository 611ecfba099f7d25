//! The lock of whichever CLI a file belongs to.

use std::path::Path;
use std::time::Instant;

use super::{NotLocked, claude_lock, codex_lock};
use crate::problem::Problem;
use crate::source::Kind;

/// A CLI's lock around a refresh. Dropping it gives it back.
#[derive(Debug)]
pub enum Lock {
    /// Claude Code's.
    Claude(claude_lock::Lock),
    /// Codex's.
    Codex(codex_lock::Lock),
}

/// A CLI's lock around the write itself; never held while a network is waited for.
#[derive(Debug)]
pub enum WriteLock {
    /// Claude Code's.
    Claude(claude_lock::WriteLock),
    /// Codex's.
    Codex(codex_lock::WriteLock),
}

impl Lock {
    /// Takes the lock of Claude Code or Codex; the others have none that could be taken.
    ///
    /// # Errors
    /// [`NotLocked`]; nothing is left behind.
    pub fn acquire(kind: Kind, file: &Path, deadline: Instant) -> Result<Self, NotLocked> {
        match kind {
            Kind::Codex => codex_lock::Lock::acquire(file, deadline).map(Self::Codex),
            _ => claude_lock::Lock::acquire(file, deadline).map(Self::Claude),
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
    /// [`NotLocked`].
    pub fn for_write(&self, deadline: Instant) -> Result<WriteLock, NotLocked> {
        match self {
            Self::Claude(lock) => lock.for_write(deadline).map(WriteLock::Claude),
            Self::Codex(lock) => lock.for_write(deadline).map(WriteLock::Codex),
        }
    }
}
