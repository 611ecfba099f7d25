//! What the locks of both CLIs share: how long a lock is waited for, and what is in its way.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::model::exit::Code;
use crate::model::problem::Problem;
use crate::sys::locked::Blocked;
use crate::sys::signal;

/// How long a wait goes on at most after a signal.
const TICK: Duration = Duration::from_millis(50);

/// Waits before the next try, and not beyond `deadline`.
///
/// # Errors
/// [`Blocked::Interrupted`] when a signal asked the run to stop. [`Blocked::Busy`] with this lock's path when
/// the deadline passed before the wait began.
pub fn pause(wait: Duration, deadline: Instant, lock: &Path) -> Result<(), Blocked> {
    let start = Instant::now();
    if start >= deadline {
        return Err(if signal::received() { Blocked::Interrupted } else { busy(lock) });
    }
    let until = deadline.min(start + wait);
    loop {
        if signal::received() {
            return Err(Blocked::Interrupted);
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        std::thread::sleep(left.min(TICK));
    }
}

/// The error for a lock that another process holds.
pub fn busy(lock: &Path) -> Blocked {
    Blocked::Busy(lock.display().to_string())
}

/// The problem of something at the place of a lock that no waiting removes.
#[must_use]
pub fn stuck(lock: &Path, what: &str, hint: &str) -> Problem {
    Problem::error(Code::Unavailable, "stuck-lock", format!("cannot lock {}: {what}", lock.display()), hint)
}

/// `path` with `.lock` after its name.
pub fn with_lock(path: PathBuf) -> PathBuf {
    let mut name = path.into_os_string();
    name.push(".lock");
    name.into()
}
