//! The part of `sync` that writes: stores, gateways, journal, in an order that a kill at any
//! moment leaves to the next run in good shape.

use std::collections::BTreeMap;
use std::path::Path;

use crate::core::decide::Decider;
use crate::model::exit::Code;
use crate::model::installation::Era;
use crate::model::installation::StateDir;
use crate::model::inventory::Inventory;
use crate::model::item::{Action, Outcome};
use crate::model::journal::{Debt, Journal};
use crate::model::policy::When;
use crate::model::problem::Problem;
use crate::openclaw::json::store;
use crate::openclaw::lock::{of_profile, sweep};
use crate::settings::options::Options;
use crate::sync::items::Item;
use crate::sync::reloads::{self, Paid};
use crate::sync::state_file::Loaded;
use crate::sync::write_json::Job;
use crate::sync::write_sqlite;
use crate::sync::{create, deliver, link, remember};
use crate::sys::locked::Blocked;

/// How often a store that a gateway puts back is written in one run.
const ROUNDS: u32 = 3;

/// The part that writes.
#[derive(Debug)]
pub struct Work<'a> {
    /// The options.
    pub options: &'a Options,
    /// What is there.
    pub inventory: &'a Inventory,
    /// What is decided.
    pub decider: &'a Decider<'a>,
    /// The journal.
    pub loaded: &'a mut Loaded,
    /// The journal as it is on the disk, where that is known.
    pub saved: Option<Journal>,
}

impl Work<'_> {
    /// Writes, tells the gateways, remembers; notes in `items` what came of it, and returns what
    /// went wrong.
    pub fn run(
        &mut self,
        items: &mut [Item<'_>],
        creations: &[create::Creation],
        new_links: &[link::Link],
    ) -> Vec<Problem> {
        let mut problems = Vec::new();
        let stores = to_write(items, self.inventory, self.options);
        let of_store =
            |index: &usize| creations.iter().filter(|(store, _)| store == index).map(|(_, source)| *source).collect();
        let create: Vec<Vec<usize>> = stores.iter().map(of_store).collect();
        let jobs = jobs(&stores, self.inventory, &create);
        let in_place = write_sqlite::jobs(&in_sqlite(items), self.inventory);
        let owed_before = self.loaded.journal.reloads.clone();
        for job in &jobs {
            reloads::owe(&mut self.loaded.journal, job.state_dir);
            self.loaded.journal.in_flight.push(job.agent.dir.to_string_lossy().into_owned());
        }
        for job in &in_place {
            // Up to 2026.7.35 a gateway reads the row again with its next turn but one.
            if job.state_dir.has_shared_store() {
                reloads::owe(&mut self.loaded.journal, job.state_dir);
            }
            let dir = of_profile::directory(&job.state_dir.path).to_string_lossy().into_owned();
            if !self.loaded.journal.in_flight.contains(&dir) {
                self.loaded.journal.in_flight.push(dir);
            }
        }
        if let Err(problem) = self.save() {
            // Without a journal nothing is begun.
            items.iter_mut().filter(|item| item.row.result == Outcome::Planned).for_each(|item| {
                item.row.result = Outcome::Failed;
            });
            return vec![problem];
        }
        let results = deliver::deliver(&jobs, self.decider, &self.inventory.sources, self.options);
        for item in items.iter_mut() {
            if let Ok(at) = stores.binary_search(&item.store) {
                self.note_item(item, &results[at]);
            }
        }
        for (index, result) in stores.iter().zip(&results) {
            problems.extend(self.note(*index, result));
        }
        // One after the other: who closes a file of his own loses the locks that SQLite holds on it.
        let in_place_results = deliver::deliver_in_place(&in_place, self.inventory, self.decider, self.options);
        for (job, result) in in_place.iter().zip(&in_place_results) {
            problems.extend(self.note_in_place(job, result, items));
        }
        let of_json = jobs.iter().map(|job| job.state_dir).zip(&results);
        let of_sqlite = in_place.iter().map(|job| job.state_dir).zip(&in_place_results);
        self.forgive(&of_json.chain(of_sqlite).collect::<Vec<_>>(), &owed_before);
        problems.extend(link::make(new_links, items, self.inventory, self.options));
        remember::links(&mut self.loaded.journal, items, self.inventory);
        problems.extend(remember::first_deliveries(&self.loaded.journal, items, self.inventory));
        remember::profiles(&mut self.loaded.journal, items, self.inventory);
        remember::spent(&mut self.loaded.journal, self.inventory, self.decider, self.options.prefer_source);
        reloads::date(&mut self.loaded.journal, self.options.moment());
        problems.extend(self.save().err());
        for state_dir in 0..self.inventory.state_dirs.len() {
            problems.extend(self.settle(state_dir, &stores, &jobs));
        }
        // A lock that could not be given back is the next run's to take away.
        self.loaded.journal.in_flight.retain(|dir| sweep::is_left(Path::new(dir)));
        problems.extend(self.save().err());
        problems
    }

    /// Writes the journal, if it is another than the one on the disk.
    fn save(&mut self) -> Result<(), Problem> {
        if self.saved.as_ref() != Some(&self.loaded.journal) {
            self.loaded.save(&self.options.state_file)?;
            self.saved = Some(self.loaded.journal.clone());
        }
        Ok(())
    }

    /// Takes back the debts of installations of which nothing was written after all. What failed
    /// may have been written: its debt stays.
    fn forgive(&mut self, results: &[(&StateDir, &deliver::Result)], before: &BTreeMap<String, Debt>) {
        let is_owed = |result: &deliver::Result| match result {
            Ok(written) => !written.is_empty(),
            Err(Blocked::Busy(_) | Blocked::Interrupted) => false,
            Err(Blocked::Failed(_)) => true,
        };
        let owed: Vec<&Path> =
            results.iter().filter(|(_, result)| is_owed(result)).map(|(dir, _)| dir.path.as_path()).collect();
        for (state_dir, _) in results.iter().filter(|(dir, _)| !owed.contains(&dir.path.as_path())) {
            let key = state_dir.path.to_string_lossy();
            match before.get(&*key) {
                Some(debt) => self.loaded.journal.reloads.insert(key.into_owned(), debt.clone()),
                None => self.loaded.journal.reloads.remove(&*key),
            };
        }
    }

    /// Notes what came of an item's store.
    fn note_item(&self, item: &mut Item<'_>, result: &deliver::Result) {
        match result {
            Ok(written) => match written.iter().find(|written| item.row.profile.as_ref() == Some(&written.profile)) {
                Some(written) => item.written(written, &self.inventory.sources, self.options),
                None if item.row.result == Outcome::Planned => item.settled(),
                None => {}
            },
            Err(_) if item.row.result == Outcome::Planned => item.row.result = Outcome::Failed,
            Err(_) => {}
        }
    }

    /// Notes what came of one store.
    fn note(&mut self, store: usize, result: &deliver::Result) -> Option<Problem> {
        let key = &self.inventory.stores[store].key;
        match result {
            Ok(_) => {
                if self.loaded.journal.stores.get(key.as_str()).is_some_and(|record| record.lock.is_some()) {
                    self.loaded.journal.store_mut(key).lock = None;
                }
                None
            }
            Err(Blocked::Interrupted) => None,
            Err(Blocked::Failed(problem)) => Some(problem.clone()),
            Err(Blocked::Busy(lock)) => {
                Some(deliver::note_lock(&mut self.loaded.journal, key, lock, self.options.now))
            }
        }
    }

    /// Notes what came of one row, which several agents may see.
    fn note_in_place(
        &mut self,
        job: &write_sqlite::Job<'_>,
        result: &deliver::Result,
        items: &mut [Item<'_>],
    ) -> Option<Problem> {
        let of_row = items.iter_mut().filter(|item| {
            job.stores.contains(&item.store)
                && item.row.profile.as_ref() == Some(&job.profile.id)
                && item.row.result == Outcome::Planned
        });
        for item in of_row {
            match result {
                Ok(written) => match written.first() {
                    Some(written) => item.written(written, &self.inventory.sources, self.options),
                    None => item.settled(),
                },
                Err(_) => item.row.result = Outcome::Failed,
            }
        }
        let lock = job.locks().first().map(|lock| lock.to_string_lossy().into_owned()).unwrap_or_default();
        match result {
            Err(Blocked::Busy(identity)) => {
                return Some(deliver::note_lock(&mut self.loaded.journal, &lock, identity, self.options.now));
            }
            _ if self.loaded.journal.stores.contains_key(lock.as_str()) => self.loaded.journal.forget_store(&lock),
            _ => {}
        }
        match result {
            Err(Blocked::Failed(problem)) => Some(problem.clone()),
            _ => None,
        }
    }

    /// Pays what is owed to one installation and looks at its stores once more: gateways of
    /// 2026.2.26 to 2026.3.22 put the old credential back until they are told.
    fn settle(&mut self, index: usize, stores: &[usize], jobs: &[Job<'_>]) -> Option<Problem> {
        let state_dir = &self.inventory.state_dirs[index];
        for _ in 0..ROUNDS {
            match reloads::pay(&mut self.loaded.journal, state_dir, self.options) {
                Paid::Nothing => return None,
                Paid::Failed(problem) => return Some(problem),
                Paid::Confirmed => {}
            }
            let of_dir =
                stores.iter().zip(jobs).filter(|(store, _)| self.inventory.stores[**store].state_dir == index);
            let reverted: Vec<Job<'_>> =
                of_dir.map(|(_, job)| *job).filter(|job| is_reverted(job, self.decider)).collect();
            if reverted.is_empty() {
                return None;
            }
            reloads::owe(&mut self.loaded.journal, state_dir);
            for result in deliver::deliver(&reverted, self.decider, &self.inventory.sources, self.options) {
                if let Err(Blocked::Failed(problem)) = result {
                    return Some(problem);
                }
            }
        }
        let message = format!("{}: the gateway keeps putting old credentials back", state_dir.path.display());
        Some(Problem::error(Code::Incomplete, "reverted", message, "restart the gateway"))
    }
}

/// The stores that are to be written.
fn to_write(items: &[Item<'_>], inventory: &Inventory, options: &Options) -> Vec<usize> {
    let lifts = options.clear_cooldown == When::Always;
    let is_due = |item: &&Item<'_>| {
        (item.row.result == Outcome::Planned && !matches!(item.row.action, Action::WriteBack | Action::Link))
            || (lifts && item.decided.is_some())
    };
    let is_json = |store: &usize| inventory.state_dirs[inventory.stores[*store].state_dir].era == Era::Json;
    let planned = items.iter().filter(is_due).map(|item| item.store).filter(is_json);
    let mut stores: Vec<usize> = planned.collect();
    stores.sort_unstable();
    stores.dedup();
    stores
}

/// The profiles in SQLite that are to be written, by their store and id.
fn in_sqlite<'a>(items: &'a [Item<'_>]) -> Vec<(usize, &'a str)> {
    let is_due = |item: &&Item<'_>| item.row.result == Outcome::Planned && item.row.action == Action::Update;
    let of_item = |item: &'a Item<'_>| Some((item.store, item.row.profile.as_deref()?));
    items.iter().filter(is_due).filter_map(of_item).collect()
}

fn jobs<'a>(stores: &[usize], inventory: &'a Inventory, create: &'a [Vec<usize>]) -> Vec<Job<'a>> {
    let job = |(index, create): (&usize, &'a Vec<usize>)| {
        let store = &inventory.stores[*index];
        let state_dir = &inventory.state_dirs[store.state_dir];
        Job { state_dir, agent: &state_dir.agents[store.agent], key: &store.key, create }
    };
    stores.iter().zip(create).map(job).collect()
}

/// Whether a store that was written would have to be written again.
fn is_reverted(job: &Job<'_>, decider: &Decider<'_>) -> bool {
    let mut buffer = Vec::new();
    let store = store::read(&job.agent.store(), &mut buffer).ok().flatten();
    crate::sys::wipe(&mut buffer);
    let Some(store) = store else { return false };
    let mut decisions =
        store.profiles.iter().map(|profile| decider.decide(job.state_dir, &job.agent.id, job.key, profile));
    decisions.any(|decision| decision.is_update())
}
