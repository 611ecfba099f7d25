//! Writes many stores, and notes the locks that are in the way.
//!
//! A few stores are written one after the other. Many are written in parallel: a durable write waits for the disk,
//! and the disk can do several at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::Builder;

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
use crate::sync::write_sqlite;
use crate::sys::locked::Blocked;

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
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some((index, job)) = jobs.iter().enumerate().nth(next.fetch_add(1, Ordering::Relaxed)) {
            done.push((index, one(job)));
        }
        done
    };
    let mut results: Vec<(usize, Delivered)> = std::thread::scope(|scope| {
        // It starts as many threads as the system allows. `thread::spawn` would panic when there are no more.
        let begin = |_| Builder::new().spawn_scoped(scope, work).ok();
        let workers: Vec<_> = (1..WORKERS).map_while(begin).collect();
        let mut done = work();
        for worker in workers {
            done.extend(worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    });
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Writes profiles in SQLite, one after the other. The results are in the order of the jobs.
pub fn deliver_in_place(
    jobs: &[write_sqlite::Job<'_>],
    sources: &[Source],
    decider: &Decider<'_>,
    options: &Options,
) -> Vec<Delivered> {
    let one = |job| {
        if crate::sys::signal::received() {
            return Err(Blocked::Interrupted);
        }
        write_sqlite::apply(job, sources, decider, options)
    };
    jobs.iter().map(one).collect()
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
pub fn note_lock(journal: &mut Journal, key: &str, identity: &str, now: i64) -> Problem {
    let lock = &mut journal.store_mut(key).lock;
    let seen = match lock.take() {
        Some(seen) if seen.identity == identity => SeenLock { runs: seen.runs.saturating_add(1), ..seen },
        _ => SeenLock { identity: identity.to_owned(), since: now, runs: 1 },
    };
    let stuck = is_stuck(&seen, now);
    let runs = seen.runs;
    *lock = Some(seen);
    if stuck {
        let message = format!("{key}.lock has stood in the way for {runs} runs");
        return Problem::error(Code::Incomplete, "stuck-lock", message, STUCK_HINT);
    }
    Problem::busy(format!("{key} is locked by OpenClaw"), "the next run tries again")
}
