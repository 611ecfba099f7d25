//! Two threads never have the same database open.
//!
//! The locks of POSIX, which SQLite takes, are the process's: whoever closes a file ends the locks of all threads on it.
//! Two agents may have one database, through a link. So a thread that has opened a database waits until no other one has
//! it, before it takes a lock or closes it.

use std::sync::{Condvar, Mutex, PoisonError};

/// Device and inode of a file.
type Inode = (u64, u64);

/// The databases that threads have open.
static OPEN: Mutex<Vec<Inode>> = Mutex::new(Vec::new());
/// One of them was closed.
static CLOSED: Condvar = Condvar::new();

/// The turn of a thread at a database. Dropping it ends it: when the file is closed.
#[derive(Debug)]
pub(super) struct Turn(Inode);

impl Turn {
    /// Waits until no other thread has this file.
    pub fn wait(file: Inode) -> Self {
        let open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        let mut open = CLOSED.wait_while(open, |open| open.contains(&file)).unwrap_or_else(PoisonError::into_inner);
        open.push(file);
        Self(file)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|file| *file != self.0);
        CLOSED.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn one_file_is_one_threads_at_a_time_and_another_file_is_not_waited_for() {
        let (at_once, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let other = Turn::wait((7, 8));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let turn = Turn::wait((7, 9));
                        most.fetch_max(at_once.fetch_add(1, Ordering::SeqCst), Ordering::SeqCst);
                        std::thread::yield_now();
                        at_once.fetch_sub(1, Ordering::SeqCst);
                        drop(turn);
                    }
                });
            }
        });
        assert_eq!(most.load(Ordering::SeqCst), 0);
        drop(other);
        drop(Turn::wait((7, 8)));
    }
}
