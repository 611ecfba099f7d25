//! Which tests of real programs run side by side: those of one kind, or a single one. A machine that has to run all
//! of them at once is too slow for each.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The kind that has its turn, and how many tests of it run.
static NOW: Mutex<(&str, usize)> = Mutex::new(("", 0));
static ENDED: Condvar = Condvar::new();
const ONE: &str = "one test";

/// Until it is dropped, no test of another kind runs.
pub struct Turn(());

/// Waits until no test of another kind runs, and no more of this kind than there are processors.
pub fn of_many(kind: &'static str) -> Turn {
    let most = std::thread::available_parallelism().map_or(1, usize::from);
    wait_until(kind, |(now, running)| running == 0 || now == kind && running < most)
}

/// Waits until no other test runs.
pub fn of_one() -> Turn {
    wait_until(ONE, |(_, running)| running == 0)
}

fn wait_until(kind: &'static str, is_free: impl Fn((&str, usize)) -> bool) -> Turn {
    let mut now = ENDED.wait_while(lock(), |now| !is_free(*now)).unwrap_or_else(PoisonError::into_inner);
    *now = (kind, now.1 + 1);
    Turn(())
}

fn lock() -> MutexGuard<'static, (&'static str, usize)> {
    NOW.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Turn {
    fn drop(&mut self) {
        lock().1 -= 1;
        ENDED.notify_all();
    }
}
