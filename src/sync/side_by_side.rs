//! Does the same work on many things at once: a durable write waits for the disk, and the disk can do several at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::Builder;

use rustix::process::{Resource, getrlimit};

/// As many files as one worker may have open at once, and as many as the rest of a run.
const OPEN: u64 = 16;

/// Does `one` with each of `all`, in as many threads as the system allows and has open files for, and `workers` at most. The results are in the
/// order of `all`.
pub fn each<T: Sync, R: Send>(all: &[T], workers: usize, one: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let workers = workers.min(affordable(getrlimit(Resource::Nofile).current));
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some((index, job)) = all.iter().enumerate().nth(next.fetch_add(1, Ordering::Relaxed)) {
            done.push((index, one(job)));
        }
        done
    };
    let mut results: Vec<(usize, R)> = std::thread::scope(|scope| {
        // `thread::spawn` would panic when the system allows no more.
        let begin = |_| Builder::new().spawn_scoped(scope, work).ok();
        let others: Vec<_> = (1..workers.min(all.len())).map_while(begin).collect();
        let mut done = work();
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    });
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// How many workers a limit of open files is enough for: one in any case.
fn affordable(limit: Option<u64>) -> usize {
    let most = limit.map(|limit| limit.saturating_sub(OPEN) / OPEN);
    most.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_low_limit_of_open_files_leaves_one_worker() {
        let limits = [Some(0), Some(16), Some(47), Some(48), Some(1024), None];
        assert_eq!(limits.map(affordable), [1, 1, 1, 2, 63, usize::MAX]);
    }

    #[test]
    fn each_is_done_once_and_the_results_are_in_order() {
        for count in [0, 1, 2, 7, 100] {
            let all: Vec<usize> = (0..count).collect();
            for workers in [1, 2, 16] {
                assert_eq!(each(&all, workers, |number| number * 2), all.iter().map(|n| n * 2).collect::<Vec<_>>());
            }
        }
    }
}
