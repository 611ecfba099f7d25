//! A lock that this run holds. Dropping it gives the lock back.

use std::io;

use crate::openclaw::lock::identity::{LockId, id_at};
use crate::sys::fs::spot::Spot;

/// A lock that is held. Dropping it gives it back.
#[derive(Debug)]
pub struct Lock {
    spot: Spot,
    pub(super) id: LockId,
    directory: bool,
}

impl Lock {
    /// The guard of a lock that this run has just made. A lock that cannot be looked at is removed at once.
    pub(super) fn of(spot: Spot, directory: bool) -> io::Result<Self> {
        match spot.look() {
            Ok(found) => Ok(Self { id: id_at(&found), spot, directory }),
            Err(error) => {
                remove(&spot, directory);
                Err(error)
            }
        }
    }

    /// Whether the lock is still there and still this run's. Every write asks this right before it happens.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.spot.look().is_ok_and(|found| id_at(&found) == self.id)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if self.is_held() {
            remove(&self.spot, self.directory);
        }
    }
}

fn remove(spot: &Spot, directory: bool) {
    let _ = if directory { spot.remove_dir() } else { spot.remove() };
}

#[cfg(test)]
mod tests {
    use crate::openclaw::lock::acquire::tests::{request, store, take};
    use crate::openclaw::lock::protocol::Protocol;

    #[test]
    fn a_lock_that_another_has_taken_over_is_not_given_back() {
        let (_dir, store, lock) = store();
        let held = take(&request(&store, Protocol::File)).unwrap();
        std::fs::remove_file(&lock).unwrap();
        std::fs::write(&lock, "other").unwrap();
        assert!(!held.is_held());
        drop(held);
        assert_eq!(std::fs::read(&lock).unwrap(), b"other");
    }
}
