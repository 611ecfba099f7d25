//! The order of everything that is written. A run may be killed at any moment, and the next run must be able to go
//! on.
//!
//! 1. The journal notes what is about to happen: the directories to work in, and the reloads that will be owed.
//! 2. The stores are replaced.
//! 3. The journal notes what was delivered.
//! 4. The gateways reload, and the journal removes these debts.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::slice::from_ref;

use crate::core::decide::Decider;
use crate::model::installation::StateDir;
use crate::model::inventory::Inventory;
use crate::model::item::{Item, Outcome};
use crate::model::journal::Journal;
use crate::model::problem::{About, Problem};
use crate::model::record::Debt;
use crate::openclaw::lock::{of_profile, sweep};
use crate::settings::options::Options;
use crate::sync::create::Creation;
use crate::sync::deliver::{self, Delivered};
use crate::sync::jobs::json_jobs;
use crate::sync::link::Link;
use crate::sync::reloads;
use crate::sync::replaced::Place;
use crate::sync::restore::{self, Restoration};
use crate::sync::settle::settle;
use crate::sync::sqlite_jobs::{self, Context, Job as RowJob};
use crate::sync::state_file::JournalFile;
use crate::sync::warn::shared_lineage;
use crate::sync::write_json::Job;
use crate::sync::{history, link, remember, results, setup_tokens, write_sqlite};
use crate::sys::locked::Blocked;
use crate::sys::side_by_side;

/// How many directories a thread looks through: for fewer it is not worth its while.
const LOOKS: usize = 100;

/// The part of a pass that writes.
#[derive(Debug)]
pub struct Work<'a> {
    /// The options.
    pub options: &'a Options,
    /// Everything that was read.
    pub inventory: &'a Inventory,
    /// The decisions.
    pub decider: &'a Decider<'a>,
    /// The journal and its file.
    pub memory: &'a mut JournalFile,
    /// The journal as it is on the disk, where that is known.
    pub saved: Option<Journal>,
    /// The logins to put back.
    pub restorations: &'a [Restoration],
}

impl Work<'_> {
    /// Does all of it. Notes the results on the items, and returns what went wrong.
    pub fn run(&mut self, items: &mut [Item<'_>], creations: &[Creation<'_>], links: &[Link<'_>]) -> Vec<Problem> {
        let now = self.options.policy.now;
        let mut problems = Vec::new();
        let json = json_jobs(items, creations, self.restorations, self.options);
        let sqlite = sqlite_jobs::jobs(items, self.restorations);
        let owed_before = self.memory.journal.reloads.clone();
        self.announce(&json, &sqlite);
        let protected = restore::announce(&mut self.memory.journal, items, self.decider);
        if let Err(problem) = self.save() {
            // Without a note in the journal no store is written.
            items.iter_mut().filter(|item| item.outcome == Outcome::Planned).for_each(|item| {
                item.outcome = Outcome::Failed;
            });
            return vec![problem];
        }
        let of_stores = deliver::deliver(&json, self.decider, &self.inventory.sources, self.options);
        let mut profiles = results::Profiles::default();
        for item in items.iter_mut() {
            if let Ok(at) = json.binary_search_by_key(&item.at.store.number, |job| job.at.store.number) {
                results::of_item(item, &of_stores[at], &self.inventory.sources, &mut profiles);
            }
        }
        for (job, result) in json.iter().zip(&of_stores) {
            let problem = results::of_store(&mut self.memory.journal, job.at, result, self.options.policy.now);
            problems.extend(problem.map(|of| of.about(About::profile(None, &job.at.agent().id, None))));
        }
        let context = Context { sources: &self.inventory.sources, decider: self.decider, options: self.options };
        let in_place = write_sqlite::deliver(&sqlite, context);
        results::of_rows(items, &sqlite, &in_place, &self.inventory.sources);
        problems.extend(results::of_profiles(&mut self.memory.journal, &sqlite, &in_place, self.options.policy.now));
        let of_json = json.iter().map(|job| job.at.dir()).zip(&of_stores);
        let of_sqlite = sqlite.iter().map(|job| job.dir).zip(&in_place);
        self.cancel_debts(&of_json.chain(of_sqlite).collect::<Vec<_>>(), &owed_before);
        problems.extend(link::make(links, items, self.options));
        let journal = &mut self.memory.journal;
        restore::settle(journal, items, self.decider, &protected);
        remember::links(journal, items);
        problems.extend(shared_lineage::first_deliveries(journal, items, self.inventory, &self.options.policy));
        remember::unrenewed(journal, items, self.inventory, now);
        remember::profiles(journal, items, self.inventory, now);
        history::profiles(&mut journal.history, items, now);
        history::failures(&mut journal.history, &problems, now);
        setup_tokens::remember(journal, items, self.inventory, now);
        remember::spent(journal, self.inventory, self.decider, self.options.policy.prefer_source);
        reloads::date(journal, self.options.moment());
        problems.extend(self.save().err());
        let told = problems.len();
        for installation in &self.inventory.installations {
            problems.extend(settle(
                &mut self.memory.journal,
                &installation.dir,
                &json,
                self.decider,
                &self.inventory.sources,
                self.options,
            ));
        }
        history::failures(&mut self.memory.journal.history, &problems[told..], now);
        problems.extend(self.remove_restored(items));
        // If a lock could not be given back, its directory stays in the journal, and the next run removes the lock.
        let dirs = std::mem::take(&mut self.memory.journal.in_flight);
        let is_left = side_by_side::each(&dirs, (dirs.len() / LOOKS).min(4), |dir| sweep::is_left(Path::new(dir)));
        let left = dirs.into_iter().zip(is_left).filter_map(|(dir, is_left)| is_left.then_some(dir));
        self.memory.journal.in_flight = left.collect();
        problems.extend(self.save().err());
        problems
    }

    /// Removes the logins that are in their stores again. A login that stays here is removed after 30 days.
    fn remove_restored(&self, items: &[Item<'_>]) -> Vec<Problem> {
        let mut problems = Vec::new();
        for restoration in self.restorations {
            let of = |item: &&Item<'_>| {
                item.outcome == Outcome::Done
                    && item.id().is_some_and(|id| restore::of(from_ref(restoration), item.at, id).is_some())
            };
            let Some(item) = items.iter().find(of) else { continue };
            let Restoration { agent, id, login, .. } = restoration;
            let (state_file, state_dir) = (&self.options.state_file, &item.at.dir().path);
            let place = Place { state_file, state_dir, agent, profile: id };
            let removed = place.remove(login);
            problems.extend(removed.err().map(|of| Problem::warning(of.code, of.message, of.hint)));
        }
        problems
    }

    /// Notes in the journal what is about to happen.
    fn announce(&mut self, json: &[Job<'_>], sqlite: &[RowJob<'_>]) {
        let journal = &mut self.memory.journal;
        for job in json {
            reloads::owe(journal, job.at.dir());
            journal.in_flight.push(job.at.agent().dir().to_string_lossy().into_owned());
        }
        for job in sqlite {
            // A gateway up to 2026.7.35 needs no reload: it reads the row again by itself, at its second next turn.
            if job.dir.has_shared_store() {
                reloads::owe(journal, job.dir);
            }
            journal.note_in_flight(&of_profile::directory(&job.dir.path));
        }
    }

    /// Writes the journal, if it differs from the one on the disk.
    fn save(&mut self) -> Result<(), Problem> {
        if self.saved.as_ref() != Some(&self.memory.journal) {
            self.memory.save()?;
            self.saved = Some(self.memory.journal.clone());
        }
        Ok(())
    }

    /// Cancels the new debts of installations in which nothing was written after all. A write that failed may have
    /// reached the disk, so its debt stays.
    fn cancel_debts(&mut self, results: &[(&StateDir, &Delivered)], before: &BTreeMap<String, Debt>) {
        let is_owed = |result: &Delivered| match result {
            Ok(written) => !written.is_empty(),
            Err(Blocked::Busy(_) | Blocked::Interrupted) => false,
            Err(Blocked::Failed(_)) => true,
        };
        let owed: HashSet<&Path> =
            results.iter().filter(|(_, result)| is_owed(result)).map(|(dir, _)| dir.path.as_path()).collect();
        for (dir, _) in results.iter().filter(|(dir, _)| !owed.contains(dir.path.as_path())) {
            let key = dir.path.to_string_lossy();
            let reloads = &mut self.memory.journal.reloads;
            match before.get(&*key) {
                Some(debt) => reloads.insert(key.into_owned(), debt.clone()),
                None => reloads.remove(&*key),
            };
        }
    }
}
