//! The problems of a pass: those that are known before anything is planned, and those of its end.

use crate::core::decide::Decider;
use crate::model::exit::{Code, Tally};
use crate::model::inventory::Inventory;
use crate::model::item::Item;
use crate::model::journal::Journal;
use crate::model::problem::Problem;
use crate::refresh::wording;
use crate::settings::options::Options;
use crate::sync::opening::Opening;
use crate::sync::state_file::JournalFile;
use crate::sync::{missing, no_store, warn};

/// The problems that are known before anything is planned.
pub(super) fn first_problems(
    opening: &Opening,
    memory: &JournalFile,
    decider: &Decider<'_>,
    inventory: &Inventory,
    options: &Options,
) -> Vec<Problem> {
    let mut problems = opening.problems.clone();
    problems.extend(memory.problem.clone());
    // A recovery file that cannot be read is in the way of a refresh and of a delivery.
    problems.extend(inventory.problems.iter().filter(|of| !opening.problems.contains(of)).cloned());
    problems.extend(missing::not_served(inventory));
    problems.extend(missing::nothing_found(inventory, decider.knows_elsewhere(None), options));
    problems.extend(missing::absent_sources(inventory, decider, options));
    problems.extend(no_store::no_store(inventory, options));
    problems.extend(missing::absent_agents(inventory, options));
    problems
}

/// The logins whose refresh token is known to be dead. A person has to log in again. `refresh` reports them itself.
pub(super) fn dead_logins(inventory: &Inventory, journal: &Journal, tally: &mut Tally) -> Vec<Problem> {
    let dead = wording::known_dead(inventory.sources.iter(), journal);
    tally.outcomes((!dead.is_empty()).then_some(Code::LoginNeeded));
    dead
}

/// What a person should know at the end of a pass. None of it changes the exit code.
pub(super) fn last_problems(
    items: &[Item<'_>],
    inventory: &Inventory,
    decider: &Decider<'_>,
    options: &Options,
) -> Vec<Problem> {
    let mut problems = warn::all(items, inventory, decider, options);
    problems.extend(warn::setup_tokens::ending(items, &options.policy));
    if options.verbose {
        problems.extend(missing::paths(options));
    }
    problems.extend(warn::drift::explain(items, options.policy.now, true));
    problems
}
