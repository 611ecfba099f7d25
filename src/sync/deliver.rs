//! Writes many JSON stores, and notes the locks that are in the way.
//!
//! A few stores are written one after the other, many at once.

use std::sync::Arc;

use crate::core::decide::Decider;
use crate::model::exit::Code;
use crate::model::item::Written;
use crate::model::journal::Journal;
use crate::model::problem::Problem;
use crate::model::record::SeenLock;
use crate::model::source::Source;
use crate::openclaw::lock::Payloads;
use crate::settings::options::Options;
use crate::sync::write_json::{self, Job};
use crate::sys::locked::Blocked;
use crate::sys::side_by_side;

/// Up to this number of stores are written one after the other.
const FEW: usize = 8;
/// How many stores are written at the same time otherwise.
const WORKERS: usize = 16;
/// A foreign lock that was in the way for this many runs, or this many milliseconds, is stuck and not only busy.
const STUCK: (u32, i64) = (3, 2 * 3_600_000);

/// The result of writing one store.
pub type Delivered = Result<Vec<Written>, Blocked>;

/// Writes the stores of `jobs`. The results are in the order of the jobs.
pub fn deliver(jobs: &[Job<'_>], decider: &Decider<'_>, sources: &[Source], options: &Options) -> Vec<Delivered> {
    let payloads = Payloads::default();
    let one = |job: &Job<'_>| {
        if crate::sys::signal::received() {
            return Err(Blocked::Interrupted);
        }
        write_json::apply(job, decider, sources, options, &payloads)
    };
    if jobs.len() <= FEW {
        return jobs.iter().map(one).collect();
    }
    side_by_side::each(jobs, WORKERS, one)
}

/// What to do about a lock that does not go away.
pub const STUCK_HINT: &str = "if no gateway holds it, remove it by hand; ocsync never takes a lock on age alone";

/// Whether a lock has been in the way for so long that it is stuck.
#[must_use]
pub fn is_stuck(seen: &SeenLock, now: i64) -> bool {
    seen.runs >= STUCK.0 || now.saturating_sub(seen.since) >= STUCK.1
}

/// Notes in the journal a lock that is in the way. Returns what to report: the lock is busy at first, and stuck
/// after a while.
pub fn note_lock(journal: &mut Journal, key: &Arc<str>, identity: &str, now: i64) -> Problem {
    let lock = &mut journal.store_mut(key).lock;
    let seen = match lock.take() {
        Some(seen) if seen.identity == identity => SeenLock { runs: seen.runs.saturating_add(1), ..seen },
        _ => SeenLock { identity: identity.to_owned(), since: now, runs: 1 },
    };
    let stuck = is_stuck(&seen, now);
    let runs = seen.runs;
    *lock = Some(seen);
    if stuck {
        let message = format!("{key}.lock has blocked {runs} runs");
        return Problem::error(Code::Incomplete, "stuck-lock", message, STUCK_HINT);
    }
    Problem::busy(format!("{key} is locked by OpenClaw"), "the next run tries again")
}
