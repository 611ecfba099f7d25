//! Does the same work on many things at once: a durable write waits for the disk, and the disk can do several at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::Builder;

/// Does `one` with each of `all`, in as many threads as the system allows and `workers` at most. The results are in the
/// order of `all`.
pub fn each<T: Sync, R: Send>(all: &[T], workers: usize, one: impl Fn(&T) -> R + Sync) -> Vec<R> {
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

#[cfg(test)]
mod tests {
    use super::*;

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
