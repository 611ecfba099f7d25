//! The engine: one pass over everything, for `sync` and `refresh`.
//!
//! - `opening`: what was done before the stores are read; `take_up` cleans up after a killed run,
//!   `refresh_due` refreshes the CLIs' logins, `write_back` puts into their files what OpenClaw has refreshed.
//! - `gather` reads everything (`served` adds the logins that are gone), `items` makes an item of each profile, `missing` says what is not there.
//! - `create` and `link` plan what `--create` adds, in JSON and in SQLite; `link_one` links one profile.
//! - `write` is the order of writing; `deliver` writes many stores, `write_json` one store, `write_sqlite`
//!   one row; `remember` is what the journal learns; `reloads` are owed to gateways.
//! - `env_file` delivers a token to an environment file.
//! - `state_file` is the journal on the disk, and the lock between runs.
//! - `warn` is what a person should know.

pub mod create;
pub mod deliver;
pub mod env_file;
pub mod gather;
pub mod items;
pub mod link;
pub mod link_one;
pub mod missing;
pub mod opening;
pub mod refresh_due;
pub mod reloads;
pub mod remember;
pub mod served;
pub mod settle;
pub mod state_file;
pub mod take_up;
pub mod warn;
pub mod write;
pub mod write_back;
pub mod write_json;
pub mod write_sqlite;

use crate::core::decide::Decider;
use crate::model::exit::Code;
use crate::model::inventory::{Inventory, StoreState};
use crate::model::item::{Action, Attempt, Exported, Item, Outcome};
use crate::model::problem::Problem;
use crate::model::source::{SourceKind, SourceState};
use crate::refresh::wording;
use crate::settings::options::Options;
use crate::sync::opening::Opening;
use crate::sync::state_file::JournalFile;

/// Which command a pass is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// `sync`.
    Sync,
    /// `refresh`: the CLIs' logins first.
    Refresh,
}

impl Verb {
    /// The name of the command.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Refresh => "refresh",
        }
    }
}

/// What a pass has found and done, to be reported.
#[derive(Debug)]
pub struct Passed<'a> {
    /// What was read.
    pub inventory: &'a Inventory,
    /// What was decided.
    pub decider: &'a Decider<'a>,
    /// Every profile, with what was done about it.
    pub items: Vec<Item<'a>>,
    /// What was done about the sources.
    pub attempts: Vec<(SourceKind, Attempt)>,
    /// The environment files that were written.
    pub exported: Option<Exported>,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// How many profiles and files were written.
    pub changed: usize,
    /// The exit code.
    pub code: Code,
}

/// Runs a pass while no other run does, and makes `report` of it; `None` when a signal came before it began.
///
/// # Errors
/// Why it could not begin.
pub fn run<R>(verb: Verb, options: &Options, report: impl FnOnce(Passed<'_>) -> R) -> Result<Option<R>, Problem> {
    let whole = || {
        let mut memory = state_file::load(&options.state_file);
        match memory.unreadable() {
            Some(problem) => Err(problem),
            None => Ok(pass(verb, options, &mut memory, report)),
        }
    };
    if options.dry_run {
        return whole().map(Some);
    }
    state_file::exclusively(&options.state_file, options.deadline, whole)?.transpose()
}

/// One pass. The order is the contract with whatever may kill the run: see `write`.
fn pass<R>(verb: Verb, options: &Options, memory: &mut JournalFile, report: impl FnOnce(Passed<'_>) -> R) -> R {
    let on_disk = memory.journal.clone();
    let mut opening = Opening::default();
    if !options.dry_run {
        take_up::run(options, memory, &mut opening);
    }
    if options.policy.write_back {
        write_back::run(options, memory, &mut opening);
    }
    if verb == Verb::Refresh {
        refresh_due::run(options, memory, &mut opening);
    }

    let inventory = served::gather_with_gone(options, &memory.journal, !options.dry_run);
    remember::sources(&mut memory.journal, &inventory, &options.policy);
    let is_news = memory.journal != on_disk || opening.unsaved;
    let known = memory.journal.clone();
    let decider = Decider::new(&inventory, &known, &options.policy);
    let mut problems = first_problems(&opening, memory, &inventory, options);
    let mut tally = opening.tally.clone();
    if verb == Verb::Sync {
        let dead = wording::known_dead(inventory.sources.iter(), &known);
        tally.outcomes((!dead.is_empty()).then_some(Code::LoginNeeded));
        problems.extend(dead);
    }

    let mut items = items::all(&inventory, &decider, options);
    let (creations, obstacles) = create::plan(&inventory, &decider, options);
    problems.extend(obstacles);
    items.extend(creations.iter().map(|creation| create::item(&inventory, creation, options)));
    let (links, obstacles) = link::plan(&inventory, &decider, options);
    problems.extend(obstacles);
    items.extend(links.iter().map(link::item));
    // What was proven has been tried already, and the newest alone.
    items.iter_mut().for_each(Item::keep_from_write_back);
    if !options.dry_run {
        let saved = (!is_news).then(|| known.clone());
        let mut work = write::Work { options, inventory: &inventory, decider: &decider, memory, saved };
        problems.extend(work.run(&mut items, &creations, &links));
    }
    items.iter_mut().for_each(|item| note_write_back(item, &opening));
    let exported = env_file::run(options, &inventory, &memory.journal);
    let exported = exported.unwrap_or_else(|problem| {
        problems.push(problem);
        None
    });

    if options.dry_run && exported.is_some() {
        tally.outcome(Code::Drift);
    }
    problems.iter().filter_map(|problem| problem.failure).for_each(|code| tally.failure(code));
    tally.outcomes(items.iter().filter_map(|item| items::code(item, options.policy.now, true)));
    if is_reached(&inventory, &items) || opening.changed() > 0 {
        tally.reached();
    }
    let changed = opening.changed() + items.iter().filter(|item| is_written(item)).count();
    problems.extend(warn::all(&items, &inventory));
    if options.verbose {
        problems.extend(missing::paths(options));
    }
    problems.extend(warn::drift::explain(&items, options.policy.now, true));
    let Opening { attempts, .. } = opening;
    let (inventory, decider, code) = (&inventory, &decider, tally.code());
    report(Passed { inventory, decider, items, attempts, exported, problems, changed, code })
}

/// What is known to be wrong before anything is planned.
fn first_problems(opening: &Opening, memory: &JournalFile, inventory: &Inventory, options: &Options) -> Vec<Problem> {
    let mut problems = opening.problems.clone();
    problems.extend(memory.damaged.clone());
    problems.extend(inventory.problems.iter().cloned());
    problems.extend(missing::not_served(inventory));
    problems.extend(missing::nothing_found(inventory, options));
    problems.extend(missing::absent_agents(inventory, options));
    problems
}

/// Notes that the tokens of a profile went into its CLI's file, or should have.
fn note_write_back(item: &mut Item<'_>, opening: &Opening) {
    let wrote = opening
        .wrote_back
        .iter()
        .find(|wrote| wrote.store == item.at.store.key && item.id() == Some(wrote.profile.as_str()));
    if let Some(wrote) = wrote {
        item.action = Action::WriteBack;
        item.outcome = wrote.outcome;
        item.because = wrote.because.clone();
    }
}

fn is_written(item: &Item<'_>) -> bool {
    item.outcome == Outcome::Done && item.action != Action::WriteBack
}

/// Whether a source could be read and a store be served.
fn is_reached(inventory: &Inventory, items: &[Item<'_>]) -> bool {
    let readable = inventory.sources.iter().any(|source| !matches!(source.state, SourceState::Unreadable(_)));
    // A profile that could not be written back was judged all the same.
    let failed = |item: &&Item<'_>| item.outcome == Outcome::Failed && item.action != Action::WriteBack;
    let failed: Vec<usize> = items.iter().filter(failed).map(|item| item.at.store.number).collect();
    let mut served = inventory
        .selected()
        .filter(|at| matches!(at.store.state, StoreState::Read | StoreState::Missing))
        .filter(|at| !failed.contains(&at.store.number));
    readable && served.next().is_some()
}
