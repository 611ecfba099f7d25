//! Notes the results of writing on the items, and in the journal.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::model::inventory::StoreRef;
use crate::model::item::{Item, Outcome, Written};
use crate::model::journal::Journal;
use crate::model::problem::Problem;
use crate::model::profile::Profile;
use crate::model::recent::Recent;
use crate::model::source::Source;
use crate::sync::deliver::{self, Delivered};
use crate::sync::items;
use crate::sync::sqlite_jobs::Job;
use crate::sys::locked::Blocked;

/// The profiles that were written. Agents whose profiles are equal share one.
pub type Profiles = Recent<Arc<Profile>>;

/// Notes on an item the result of writing its JSON store.
pub fn of_item(item: &mut Item<'_>, result: &Delivered, sources: &[Source], profiles: &mut Profiles) {
    match result {
        Ok(written) => {
            let own = written.iter().find(|written| item.id() == Some(&written.profile));
            if own.is_some() || item.outcome == Outcome::Planned {
                note(item, own, sources, profiles);
            }
        }
        Err(_) if item.outcome == Outcome::Planned => item.outcome = Outcome::Failed,
        Err(_) => {}
    }
}

/// Notes the results of writing rows of SQLite on the items of all agents that see them.
pub fn of_rows(items: &mut [Item<'_>], jobs: &[Job<'_>], results: &[Delivered], sources: &[Source]) {
    let mut profiles = Profiles::default();
    let mut by_profile: HashMap<(usize, &str), &Delivered> = HashMap::new();
    for (job, result) in jobs.iter().zip(results) {
        by_profile.extend(job.stores.iter().map(|at| ((at.store.number, job.profile.id.as_str()), result)));
    }
    for item in items.iter_mut().filter(|item| item.outcome == Outcome::Planned) {
        match item.id().and_then(|id| by_profile.get(&(item.at.store.number, id))) {
            Some(Ok(written)) => note(item, written.first(), sources, &mut profiles),
            Some(Err(_)) => item.outcome = Outcome::Failed,
            None => {}
        }
    }
}

/// Notes what was written of a profile; `None` where nothing was left to do.
fn note(item: &mut Item<'_>, written: Option<&Written>, sources: &[Source], profiles: &mut Profiles) {
    match written {
        Some(written) => {
            items::note_written(item, written, sources);
            item.after = item.after.take().map(|after| profiles.share_again(after));
        }
        None => item.settle(),
    }
}

/// Notes in the journal the result of writing one JSON store, and gives what to report.
pub fn of_store(journal: &mut Journal, at: StoreRef<'_>, result: &Delivered, now: i64) -> Option<Problem> {
    let key = &at.store.key;
    match result {
        Ok(_) => {
            if journal.stores.get(key).is_some_and(|record| record.lock.is_some()) {
                journal.store_mut(key).lock = None;
            }
            None
        }
        Err(Blocked::Interrupted) => None,
        Err(Blocked::Failed(problem)) => Some(problem.clone()),
        Err(Blocked::Busy(lock)) => Some(deliver::note_lock(journal, key, lock, now)),
    }
}

/// Notes in the journal the results of writing rows of SQLite, and gives what to report. Many profiles have one lock: it
/// was in the way of this run once.
pub fn of_profiles(journal: &mut Journal, jobs: &[Job<'_>], results: &[Delivered], now: i64) -> Vec<Problem> {
    let (mut problems, mut noted) = (Vec::new(), HashSet::new());
    for (job, result) in jobs.iter().zip(results) {
        if let Err(Blocked::Failed(problem)) = result {
            problems.push(problem.clone());
        }
        let lock: Arc<str> = job.locks().first().map(|lock| lock.to_string_lossy().into()).unwrap_or_default();
        if noted.contains(&lock) {
            continue;
        }
        if let Err(Blocked::Busy(identity)) = result {
            problems.push(deliver::note_lock(journal, &lock, identity, now));
            noted.insert(lock);
        } else if journal.stores.contains_key(&lock) {
            journal.forget_store(&lock);
        }
    }
    problems
}
