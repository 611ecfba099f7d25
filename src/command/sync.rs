//! `ocsync sync`: brings every store in step, tells the gateways, remembers.
//!
//! The order matters to a run that is killed. The journal first notes what is about to happen
//! (the directories at work, the reload that will be owed), then the stores are replaced, then
//! the journal notes what was delivered, then the gateways are told and the debt is struck out.

use std::path::Path;

use super::debts::{self, Paid};
use super::item::{self, Item};
use super::{creation, delivery, learning, missing, observe, refused, source_rows, stopped};
use crate::apply::{Job, NotWritten};
use crate::cli::{Common, Sync, When};
use crate::decide::Decider;
use crate::exit::{Code, Tally};
use crate::inventory::{Inventory, Standing};
use crate::journal::Journal;
use crate::openclaw::{json_store, lock};
use crate::options::Options;
use crate::plan::{self, Outcome};
use crate::problem::Problem;
use crate::report::{Report, Thresholds};
use crate::source::State;
use crate::state_file::{self, Loaded};

/// How often a store that a gateway puts back is written in one run.
const ROUNDS: u32 = 3;

/// Runs `sync`.
#[must_use]
pub fn run(common: &Common, args: &Sync, now: i64) -> (Report, Code) {
    let options = match Options::new(common, Some(args), now) {
        Ok(options) => options,
        Err(problem) => return stopped("sync", now, problem),
    };
    let pass = || pass(&options, state_file::load(&options.state_file));
    if options.dry_run {
        return pass();
    }
    match state_file::exclusively(&options.state_file, options.wait, pass) {
        Ok(Some(done)) => done,
        Ok(None) => (Report::new("sync", now), Code::Busy),
        Err(problem) => stopped("sync", now, problem),
    }
}

/// One pass over everything.
fn pass(options: &Options, mut loaded: Loaded) -> (Report, Code) {
    let mut report = Report::new("sync", options.now);
    let left_over = std::mem::take(&mut loaded.journal.in_flight);
    if !options.dry_run {
        left_over.iter().for_each(|dir| lock::sweep(Path::new(dir)));
    }
    let inventory = Inventory::gather(options);
    let sources_before = loaded.journal.sources.clone();
    observe(&mut loaded.journal, &inventory, options.prefer_source);
    let news = loaded.journal.sources != sources_before || !left_over.is_empty() || loaded.damaged.is_some();
    report.problems.extend(loaded.damaged.clone());
    report.problems.extend(inventory.problems.iter().cloned());
    report.problems.extend(refused(&inventory));
    report.problems.extend(missing(&inventory, options));
    report.sources = source_rows(&inventory, options.now, Thresholds::default());

    let known = loaded.journal.clone();
    let decider = Decider::new(&inventory, &known, options);
    let mut items = item::all(&inventory, &decider, options, Thresholds::default().within);
    let (creations, problems) = creation::plan(&inventory, &decider, options);
    report.problems.extend(problems);
    items.extend(creations.iter().map(|creation| creation::item(&inventory, *creation, options)));
    if !options.dry_run {
        let saved = (!news).then(|| known.clone());
        let mut work = Work { options, inventory: &inventory, decider: &decider, loaded: &mut loaded, saved };
        let problems = work.run(&mut items, &creations);
        report.problems.extend(problems);
    }

    let mut tally = Tally::default();
    report.problems.iter().filter_map(|problem| problem.failure).for_each(|code| tally.failure(code));
    items.iter().filter_map(|item| item.code(&decider, options.now)).for_each(|code| tally.outcome(code));
    if is_reached(&inventory, &items) {
        tally.reached();
    }
    report.changed = items.iter().filter(|item| item.row.result == Outcome::Done).count();
    report.problems.extend(explain(&items, &decider, &inventory, options.now));
    report.profiles = items.into_iter().map(|item| item.row).collect();
    (report, tally.code())
}

/// Whether a source could be read and a store be served.
fn is_reached(inventory: &Inventory, items: &[Item<'_>]) -> bool {
    let readable = inventory.sources.iter().any(|source| !matches!(source.state, State::Unreadable(_)));
    let served = |index: usize| {
        let standing = &inventory.stores[index].standing;
        matches!(standing, Standing::Read | Standing::Missing)
            && !items.iter().any(|item| item.store == index && item.row.result == Outcome::Failed)
    };
    readable && (0..inventory.stores.len()).any(served)
}

/// Says on stderr why the exit code is not 0, where no problem says it already: a line for each
/// reason, not for each agent.
fn explain(items: &[Item<'_>], decider: &Decider<'_>, inventory: &Inventory, now: i64) -> Vec<Problem> {
    let mut groups: Vec<(&Item<'_>, Code, usize)> = Vec::new();
    for item in items.iter().filter(|item| matches!(item.row.result, Outcome::None | Outcome::Refused)) {
        let Some(code @ (Code::LoginNeeded | Code::Drift)) = item.code(decider, now) else { continue };
        let same = |group: &&mut (&Item<'_>, Code, usize)| {
            (group.0.row.source, &group.0.row.reason) == (item.row.source, &item.row.reason)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.2 += 1,
            None => groups.push((item, code, 1)),
        }
    }
    let problem = |(item, code, count): &(&Item<'_>, Code, usize)| {
        let row = &item.row;
        let profile = row.profile.as_deref().unwrap_or_default();
        let more = if *count > 1 { format!(" and {} more", count - 1) } else { String::new() };
        let message = format!("{} {profile}{more}: {}", row.agent, row.reason);
        let kind = inventory.sources.iter().map(|source| source.kind).find(|kind| Some(kind.name()) == row.source);
        let hint = row.verdict.map_or(String::new(), |verdict| plan::remedy(verdict, kind));
        match (code, kind) {
            (Code::LoginNeeded, Some(kind)) => Problem::drift("login-needed", message, kind.login_command()),
            _ if row.result == Outcome::Refused => Problem::drift("refused", message, ""),
            _ => Problem::drift("drift", message, hint),
        }
    };
    groups.iter().map(problem).collect()
}

/// The part that writes.
struct Work<'a> {
    options: &'a Options,
    inventory: &'a Inventory,
    decider: &'a Decider<'a>,
    loaded: &'a mut Loaded,
    /// The journal as it is on the disk, where that is known.
    saved: Option<Journal>,
}

impl Work<'_> {
    /// Writes, tells the gateways, remembers; notes in `items` what came of it, and returns what
    /// went wrong.
    fn run(&mut self, items: &mut [Item<'_>], creations: &[creation::Creation]) -> Vec<Problem> {
        let mut problems = Vec::new();
        let of_store: Vec<Vec<usize>> = (0..self.inventory.stores.len())
            .map(|index| creations.iter().filter(|(store, _)| *store == index).map(|(_, source)| *source).collect())
            .collect();
        let stores = to_write(items, self.inventory, self.options);
        let jobs = jobs(&stores, self.inventory, &of_store);
        for job in &jobs {
            debts::owe(&mut self.loaded.journal, job.state_dir, self.options.now);
            self.loaded.journal.in_flight.push(job.agent.dir.to_string_lossy().into_owned());
        }
        learning::links(&mut self.loaded.journal, items, self.inventory, self.options.now);
        if let Err(problem) = self.save() {
            // Without a journal nothing is begun.
            items.iter_mut().filter(|item| item.row.result == Outcome::Planned).for_each(|item| {
                item.row.result = Outcome::Failed;
            });
            return vec![problem];
        }
        let results = delivery::deliver(&jobs, self.decider, &self.inventory.sources, self.options);
        for (index, result) in stores.iter().zip(&results) {
            problems.extend(self.note(*index, result, items));
        }
        problems.extend(learning::first_deliveries(&self.loaded.journal, items, self.inventory));
        learning::profiles(&mut self.loaded.journal, items, self.inventory);
        problems.extend(self.save().err());
        for state_dir in 0..self.inventory.state_dirs.len() {
            problems.extend(self.settle(state_dir, &stores, &jobs));
        }
        self.loaded.journal.in_flight.clear();
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

    /// Notes what came of one store.
    fn note(&mut self, store: usize, result: &delivery::Result, items: &mut [Item<'_>]) -> Option<Problem> {
        let key = &self.inventory.stores[store].key;
        let of_store = items.iter_mut().filter(|item| item.store == store && item.row.result == Outcome::Planned);
        match result {
            Ok(written) => {
                for item in of_store {
                    match written.iter().find(|written| item.row.profile.as_ref() == Some(&written.profile)) {
                        Some(written) => item.written(written, &self.inventory.sources, self.options),
                        None => item.settled(),
                    }
                }
                if let Some(record) = self.loaded.journal.stores.get_mut(key) {
                    record.lock = None;
                }
                None
            }
            Err(error) => {
                of_store.for_each(|item| item.row.result = Outcome::Failed);
                match error {
                    NotWritten::Interrupted => None,
                    NotWritten::Failed(problem) => Some(problem.clone()),
                    NotWritten::Busy(lock) => {
                        Some(delivery::note_lock(&mut self.loaded.journal, key, lock, self.options.now))
                    }
                }
            }
        }
    }

    /// Pays what is owed to one installation and looks at its stores once more: gateways of
    /// 2026.2.26 to 2026.3.22 put the old credential back until they are told.
    fn settle(&mut self, index: usize, stores: &[usize], jobs: &[Job<'_>]) -> Option<Problem> {
        let state_dir = &self.inventory.state_dirs[index];
        for _ in 0..ROUNDS {
            match debts::pay(&mut self.loaded.journal, state_dir, self.options) {
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
            debts::owe(&mut self.loaded.journal, state_dir, self.options.now);
            for result in delivery::deliver(&reverted, self.decider, &self.inventory.sources, self.options) {
                if let Err(NotWritten::Failed(problem)) = result {
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
    let planned = items.iter().filter(|item| item.row.result == Outcome::Planned || lifts).map(|item| item.store);
    let mut stores: Vec<usize> = planned.collect();
    stores.sort_unstable();
    stores.dedup();
    stores.retain(|index| matches!(inventory.stores[*index].standing, Standing::Read | Standing::Missing));
    stores
}

fn jobs<'a>(stores: &[usize], inventory: &'a Inventory, create: &'a [Vec<usize>]) -> Vec<Job<'a>> {
    let job = |index: &usize| {
        let store = &inventory.stores[*index];
        let state_dir = &inventory.state_dirs[store.state_dir];
        Job { state_dir, agent: &state_dir.agents[store.agent], key: &store.key, create: &create[*index] }
    };
    stores.iter().map(job).collect()
}

/// Whether a store that was written would have to be written again.
fn is_reverted(job: &Job<'_>, decider: &Decider<'_>) -> bool {
    let mut buffer = Vec::new();
    let store = json_store::read(&job.agent.store(), &mut buffer).ok().flatten();
    crate::wipe(&mut buffer);
    let Some(store) = store else { return false };
    let mut decisions =
        store.profiles.iter().map(|profile| decider.decide(job.state_dir, &job.agent.id, job.key, profile));
    decisions.any(|decision| decision.is_update())
}
