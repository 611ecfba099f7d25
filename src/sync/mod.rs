//! The engine: one pass over all logins and stores, for `sync` and `refresh`.
//!
//! Before the stores are read:
//! - `take_up` - cleans up after a killed run, and saves the tokens that it could not save
//! - `write_back` - puts tokens that OpenClaw has refreshed into the CLI's file
//! - `refresh_due` - refreshes the CLIs' logins that are due
//! - `opening` - what these three have done
//!
//! Reading and planning:
//! - `gather` - reads every source and every store
//! - `gather_stores` - reads the stores of one installation
//! - `served` - the logins that have served profiles, and whose file is gone
//! - `by_cli` - agents that have no profile, because Claude Code runs their models
//! - `missing` - reports what is not there, and what is not served
//! - `no_store` - reports state directories without a store
//! - `items` - makes an item of each profile
//! - `create` - plans the profiles that `--create` adds in JSON
//! - `creates` - which login a new profile would get
//! - `link` - plans and makes the links that `--create` adds in SQLite
//! - `link_one` - links one profile
//! - `named_agents` - why `--create` adds nothing for an agent that `--agent` names
//! - `restore` - the profiles that `--restore` and `--adopt` name
//! - `plan` - all of this together
//! - `consequences` - what a dry run foresees beside the changes
//!
//! Writing:
//! - `write` - the order of everything that is written
//! - `jobs` - which JSON stores are written
//! - `deliver` - writes many JSON stores, and notes locks that are in the way
//! - `write_json` - writes one JSON store
//! - `lift_cooldowns` - lifts cooldowns in a JSON store and beside it
//! - `refuse_foreign` - what root does not write
//! - `sqlite_jobs` - the profiles in SQLite to write, and which of them one lock guards
//! - `write_sqlite` - writes profiles in SQLite
//! - `write_row` - writes one row of SQLite
//! - `results` - notes on the items and in the journal what came of writing
//! - `replaced` - the logins that were replaced, and are kept for a while
//! - `remember` - what the journal learns from a pass
//! - `history` - what a pass adds to the history of logins and profiles
//! - `setup_tokens` - when each setup token was first seen
//! - `reloads` - the reloads that are owed to gateways
//! - `settle` - pays these reloads, and writes again what a gateway has put back
//! - `env_file` - writes Claude's access token into an environment file
//! - `state_file` - the journal on the disk
//! - `journal_size` - the problems of a journal that is too large, or cannot be read
//! - `own_lock` - the lock between two runs
//!
//! The end of a pass:
//! - `warn` - what a person should know
//! - `explain` - where a profile is kept, for a person who asks about it
//! - `problems` - the problems of a pass
//! - `exit_code` - the exit code of a pass

pub mod by_cli;
pub mod consequences;
pub mod create;
pub mod creates;
pub mod deliver;
pub mod env_file;
pub mod exit_code;
pub mod explain;
pub mod gather;
pub mod gather_stores;
pub mod history;
pub mod items;
pub mod jobs;
pub mod journal_size;
pub mod lift_cooldowns;
pub mod link;
pub mod link_one;
pub mod missing;
pub mod named_agents;
pub mod no_store;
pub mod opening;
pub mod own_lock;
pub mod plan;
pub mod problems;
pub mod refresh_due;
pub mod refuse_foreign;
pub mod reloads;
pub mod remember;
pub mod replaced;
pub mod restore;
pub mod results;
pub mod served;
pub mod settle;
pub mod setup_tokens;
pub mod sqlite_jobs;
pub mod state_file;
pub mod take_up;
pub mod warn;
pub mod write;
pub mod write_back;
pub mod write_json;
pub mod write_row;
pub mod write_sqlite;

use crate::core::decide::Decider;
use crate::model::consequence::Consequence;
use crate::model::exit::Code;
use crate::model::inventory::Inventory;
use crate::model::item::{Attempt, Exported, Item};
use crate::model::problem::Problem;
use crate::model::source_id::SourceId;
use crate::settings::options::Options;
use crate::sync::opening::Opening;
use crate::sync::plan::Plan;
use crate::sync::problems::{dead_logins, first_problems, last_problems};
use crate::sync::state_file::JournalFile;

/// Which command a pass is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// `sync`.
    Sync,
    /// `refresh`: it refreshes the CLIs' logins first.
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

/// What a pass has found and done. The report is made from it.
#[derive(Debug)]
pub struct Passed<'a> {
    /// Everything that was read.
    pub inventory: &'a Inventory,
    /// The decisions.
    pub decider: &'a Decider<'a>,
    /// Every profile, with what was done about it.
    pub items: Vec<Item<'a>>,
    /// What was done about the sources.
    pub attempts: Vec<(SourceId, Attempt)>,
    /// What a dry run foresees.
    pub consequences: Vec<Consequence>,
    /// The environment file, where it was written or would be.
    pub exported: Option<Exported>,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// How many profiles and files were written.
    pub changed: usize,
    /// The exit code.
    pub code: Code,
}

/// Runs a pass under the lock between runs, and gives its result to `report`. `None` means that a signal came before
/// the pass began. A dry run takes no lock.
///
/// # Errors
/// Why the pass could not begin.
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
    own_lock::exclusively(&options.state_file, options.deadline, whole)?.transpose()
}

/// One pass. A kill at any moment must leave the next run in good shape, so the order matters: see `write`.
fn pass<R>(verb: Verb, options: &Options, memory: &mut JournalFile, report: impl FnOnce(Passed<'_>) -> R) -> R {
    let mut on_disk = memory.journal.clone();
    let mut opening = Opening::default();
    if !options.dry_run {
        take_up::run(options, memory, &mut opening);
        opening.problems.extend(replaced::tidy(options, &mut memory.journal));
        // This note goes to the disk with the next one: it is no reason to write.
        on_disk.tidy_kept = memory.journal.tidy_kept;
    }
    if options.policy.write_back {
        write_back::run(options, memory, &mut opening);
    }
    if verb == Verb::Refresh {
        refresh_due::run(options, memory, &mut opening);
    }

    let inventory = served::gather_with_gone(options, &memory.journal, !options.dry_run);
    remember::sources(&mut memory.journal, &inventory, &options.policy);
    history::logins(&mut memory.journal, &on_disk, &inventory, &opening, options.policy.now);
    let is_saved = memory.journal == on_disk && !opening.unsaved;
    let journal = memory.journal.clone();
    let mut decider = Decider::new(&inventory, &journal, &options.policy);
    let asked = restore::asked(&inventory, options);
    decider.put_back(&inventory, restore::keys(&asked));
    let mut problems = first_problems(&opening, memory, &decider, &inventory, options);
    problems.extend(by_cli::dead_login(&inventory, &journal, options.policy.now, &mut opening.tally));
    if verb == Verb::Sync {
        problems.extend(dead_logins(&inventory, &journal, &mut opening.tally));
    }

    let Plan { mut items, creations, links, obstacles } = plan::plan(&inventory, &decider, options);
    problems.extend(obstacles);
    problems.extend(asked.problems);
    // A name that is mistyped must not be taken for a run that did what it was asked for.
    let stopped = asked.absent.first().and_then(|problem| problem.failure);
    problems.extend(asked.absent);
    if stopped.is_some() {
        items.iter_mut().for_each(Item::leave);
    } else if !options.dry_run {
        let restorations = &asked.restorations;
        let saved = is_saved.then(|| journal.clone());
        let mut work = write::Work { options, inventory: &inventory, decider: &decider, memory, saved, restorations };
        problems.extend(work.run(&mut items, &creations, &links));
    }
    opening.note_on(&mut items);
    let consequences = if options.dry_run && stopped.is_none() {
        consequences::foresee(&mut items, &inventory, &memory.journal, options)
    } else {
        Vec::new()
    };
    let exported = match stopped {
        Some(_) => None,
        None => env_file::run(options, &inventory, &memory.journal).unwrap_or_else(|problem| {
            problems.push(problem);
            None
        }),
    };
    problems.extend(exported.as_ref().and_then(env_file::planned));
    problems.extend(restore::not_adopted(&items, &decider, options));

    let code = exit_code::of(&opening, &inventory, &items, exported.as_ref(), &problems, options);
    let code = stopped.unwrap_or(code);
    problems.extend(last_problems(&items, &inventory, &decider, options));
    problems.extend(warn::logins::unrenewed(&items, &inventory, &memory.journal, options.policy.now));
    let changed = opening.changed() + items.iter().filter(|item| item.is_written()).count();
    let (inventory, decider, attempts) = (&inventory, &decider, opening.attempts);
    report(Passed { inventory, decider, items, attempts, consequences, exported, problems, changed, code })
}
