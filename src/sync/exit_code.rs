//! The exit code of a pass, from everything that it has found and done.

use crate::model::exit::Code;
use crate::model::inventory::{Inventory, StoreState};
use crate::model::item::{Action, Exported, Item, Outcome};
use crate::model::problem::Problem;
use crate::model::source::SourceState;
use crate::model::verdict::Verdict;
use crate::settings::options::Options;
use crate::sync::items;
use crate::sync::opening::Opening;

/// The exit code. `opening` is what was done before the stores were read.
pub fn of(
    opening: &Opening,
    inventory: &Inventory,
    items: &[Item<'_>],
    exported: Option<&Exported>,
    problems: &[Problem],
    options: &Options,
) -> Code {
    let mut tally = opening.tally.clone();
    if exported.is_some_and(|exported| exported.result == Outcome::Planned) {
        tally.outcome(Code::Drift);
    }
    problems.iter().filter_map(|problem| problem.failure).for_each(|code| tally.failure(code));
    tally.outcomes(items.iter().filter_map(|item| items::code(item, options.policy.now, true)));
    if is_reached(inventory, items, options) || opening.changed() > 0 {
        tally.reached();
    }
    tally.code()
}

/// Whether a source could be read, or is known to be elsewhere, and a store could be served. A missing store is served
/// by `--create` alone.
fn is_reached(inventory: &Inventory, items: &[Item<'_>], options: &Options) -> bool {
    let is_read = |state: &SourceState| !matches!(state, SourceState::Unreadable(_) | SourceState::OutOfReach(_));
    let readable = inventory.sources.iter().any(|source| is_read(&source.state))
        || items.iter().any(|item| item.verdict == Some(Verdict::Elsewhere));
    // A profile whose write-back failed was judged all the same.
    let failed = |item: &&Item<'_>| item.outcome == Outcome::Failed && item.action != Action::WriteBack;
    let failed: Vec<usize> = items.iter().filter(failed).map(|item| item.at.store.number).collect();
    let mut served = inventory
        .selected()
        .filter(|at| at.store.state == StoreState::Read || at.store.state == StoreState::Missing && options.create)
        .filter(|at| !failed.contains(&at.store.number));
    readable && served.next().is_some()
}
