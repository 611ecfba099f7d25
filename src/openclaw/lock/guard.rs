//! A lock that this run holds. Dropping it gives the lock back.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::openclaw::lock::identity::{LockId, id};

/// A lock that is held. Dropping it gives it back.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    pub(super) id: LockId,
    directory: bool,
}

impl Lock {
    /// The guard of a lock that this run has just made. A lock that cannot be looked at is removed at once.
    pub(super) fn of(path: &Path, directory: bool) -> io::Result<Self> {
        match fs::symlink_metadata(path) {
            Ok(meta) => Ok(Self { path: path.to_owned(), id: id(&meta), directory }),
            Err(error) => {
                remove(path, directory);
                Err(error)
            }
        }
    }

    /// Whether the lock is still there and still this run's. Every write asks this right before it happens.
    #[must_use]
    pub fn is_held(&self) -> bool {
        fs::symlink_metadata(&self.path).is_ok_and(|meta| id(&meta) == self.id)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if self.is_held() {
            remove(&self.path, self.directory);
        }
    }
}

fn remove(path: &Path, directory: bool) {
    let _ = if directory { fs::remove_dir(path) } else { fs::remove_file(path) };
}

#[cfg(test)]
mod tests {
    use crate::openclaw::lock::acquire::acquire;
    use crate::openclaw::lock::acquire::tests::{request, store};
    use crate::openclaw::lock::protocol::Protocol;

    #[test]
    fn a_lock_that_another_has_taken_over_is_not_given_back() {
        let (_dir, store, lock) = store();
        let held = acquire(&request(&store, Protocol::File)).unwrap();
        std::fs::remove_file(&lock).unwrap();
        std::fs::write(&lock, "other").unwrap();
        assert!(!held.is_held());
        drop(held);
        assert_eq!(std::fs::read(&lock).unwrap(), b"other");
    }
}
