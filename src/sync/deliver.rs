//! Writing many stores: a few one after the other, many side by side (a durable write waits for
//! the disk, and the disk takes several at once), and what the journal learns from it.

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

/// Up to so many stores are written one after the other.
const FEW: usize = 8;
/// So many at once otherwise.
const WORKERS: usize = 16;
/// A foreign lock that stands for so many runs, or so long, is no longer "busy".
const STUCK: (u32, i64) = (3, 2 * 3_600_000);

/// What came of one store.
pub type Delivered = Result<Vec<Written>, Blocked>;

/// Writes the stores of `jobs`; the results are in their order.
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
        // As many as the system gives: `spawn` would panic where there are no more.
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

/// Writes profiles in SQLite, one after the other; the results are in their order.
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

/// Whether a lock has been in the way for too long to be only busy.
#[must_use]
pub fn is_stuck(seen: &SeenLock, now: i64) -> bool {
    seen.runs >= STUCK.0 || now.saturating_sub(seen.since) >= STUCK.1
}

/// Notes a lock that is in the way, and says what to tell: busy at first, stuck after a while.
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
