//! Does the same work on many things at once: a durable write waits for the disk, and the disk can do several at once.
//! SQLite reads on every processor.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread::Builder;

use rustix::process::{Resource, getrlimit};

/// As many files as one worker may have open at once, and as many as the rest of a run.
const OPEN: u64 = 16;

/// Does `one` with each of `all`, in as many threads as the system allows and has open files for, and `workers` at most.
/// The results are in the order of `all`.
pub fn each<T: Sync, R: Send>(all: &[T], workers: usize, one: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let workers = if workers < 2 { workers } else { workers.min(affordable(getrlimit(Resource::Nofile).current)) };
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

/// How many of all are taken on at once: to hand over each by itself would take longer than a short work.
const AT_ONCE: usize = 8;
/// For fewer another thread is not worth its while.
const MANY: usize = 2 * AT_ONCE;
/// How many lots may wait to be taken, for one that is not done yet.
const WAITING: usize = 4;

/// Does the same with each of `all`, and hands the results to `take` in the order of `all`. Where there are many, another
/// thread does it too: one, because each reads a whole database into memory. `worker` makes what a thread does it with.
/// Few results wait to be taken: there may be thousands in all.
pub fn in_order<T: Sync, R: Send, W: FnMut(&T) -> R>(
    all: &[T],
    worker: impl Fn() -> W + Sync,
    mut take: impl FnMut(&T, R),
) {
    let lots: Vec<&[T]> = all.chunks(AT_ONCE).collect();
    let next = AtomicUsize::new(0);
    let more = |one: &mut W| {
        let nth = next.fetch_add(1, Ordering::Relaxed);
        lots.get(nth).map(|lot| (nth, lot.iter().map(one).collect::<Vec<R>>()))
    };
    std::thread::scope(|scope| {
        let (give, given) = sync_channel(1);
        let (worker, more) = (&worker, &more);
        let help = move || {
            let mut one = worker();
            let _ = std::iter::from_fn(|| more(&mut one)).try_for_each(|lot| give.send(lot));
        };
        // Where the system allows no thread, this one does all of it.
        let is_many = || all.len() >= MANY && affordable(getrlimit(Resource::Nofile).current) > 1;
        let help = Some(help).filter(|_| is_many());
        drop(help.and_then(|help| Builder::new().spawn_scoped(scope, help).ok()));
        let (mut one, mut waiting) = (worker(), BTreeMap::new());
        for (nth, lot) in lots.iter().enumerate() {
            let results = loop {
                if let Some(results) = waiting.remove(&nth) {
                    break results;
                }
                let has_room = waiting.len() < WAITING;
                let next = if has_room { given.try_recv().ok().or_else(|| more(&mut one)) } else { None };
                // Without room this one is the other thread's, and the first that it hands over.
                match next.or_else(|| given.recv().ok()) {
                    Some((nth, results)) => drop(waiting.insert(nth, results)),
                    None => break lot.iter().map(&mut one).collect(),
                }
            };
            lot.iter().zip(results).for_each(|(job, result)| take(job, result));
        }
    });
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::{Condvar, Mutex};
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_low_limit_of_open_files_leaves_one_worker() {
        let limits = [Some(0), Some(16), Some(47), Some(48), Some(1024), None];
        assert_eq!(limits.map(affordable), [1, 1, 1, 2, 63, usize::MAX]);
    }

    #[test]
    fn the_results_are_taken_in_order_whichever_is_done_first() {
        for count in [0, 1, 15, 16, 17, 100, 1_000] {
            let all: Vec<u64> = (0..count).collect();
            let slow = |number: &u64| {
                if number.is_multiple_of(9) {
                    std::thread::sleep(std::time::Duration::from_micros(number * 7 % 100));
                }
                number * 2
            };
            let mut taken = Vec::new();
            in_order(&all, || slow, |number, done| taken.push((*number, done)));
            assert_eq!(taken, all.iter().map(|number| (*number, number * 2)).collect::<Vec<_>>());
        }
    }

    /// The threads that do so many, at least two of them where the first waits for another one.
    fn threads(count: usize, waits: bool) -> usize {
        let all: Vec<usize> = (0..count).collect();
        let (ids, another) = (Mutex::new(HashSet::new()), Condvar::new());
        let one = |_: &usize| {
            let mut ids = ids.lock().unwrap();
            ids.insert(std::thread::current().id());
            another.notify_all();
            let limit = Duration::from_secs(if waits { 60 } else { 0 });
            drop(another.wait_timeout_while(ids, limit, |ids| ids.len() < 2).unwrap());
            std::thread::sleep(Duration::from_millis(1));
        };
        in_order(&all, || one, |_, ()| {});
        ids.into_inner().unwrap().len()
    }

    #[test]
    fn another_thread_does_it_too_where_there_are_many() {
        assert_eq!((threads(MANY, true), threads(100, true)), (2, 2));
        assert_eq!((threads(MANY - 1, false), threads(1, false)), (1, 1));
    }

    #[test]
    fn what_takes_long_is_waited_for_and_not_overtaken_by_all_the_others() {
        let all: Vec<usize> = (0..400).collect();
        let (begun, taken) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let most = AtomicUsize::new(0);
        let one = |number: &usize| {
            let ahead = begun.fetch_add(1, Ordering::SeqCst) - taken.load(Ordering::SeqCst);
            most.fetch_max(ahead, Ordering::SeqCst);
            if number.is_multiple_of(100) {
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
        };
        let count = |_: &usize, ()| {
            taken.fetch_add(1, Ordering::SeqCst);
        };
        in_order(&all, || one, count);
        assert!(most.load(Ordering::SeqCst) <= (WAITING + 5) * AT_ONCE, "{most:?}");
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
