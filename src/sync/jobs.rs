//! Which JSON stores a pass writes.

use crate::model::installation::Era;
use crate::model::inventory::StoreRef;
use crate::model::item::{Action, Item, Outcome};
use crate::model::policy::When;
use crate::settings::options::Options;
use crate::sync::create::Creation;
use crate::sync::restore::Restoration;
use crate::sync::write_json::Job;

/// The JSON stores to write, in the order of their numbers.
pub fn json_jobs<'a>(
    items: &[Item<'a>],
    creations: &[Creation<'a>],
    restorations: &[Restoration],
    options: &Options,
) -> Vec<Job<'a>> {
    let lifts = options.clear_cooldown == When::Always;
    let is_due = |item: &&Item<'a>| {
        (item.outcome == Outcome::Planned && !matches!(item.action, Action::WriteBack | Action::Link))
            || (lifts && item.decided().is_some())
    };
    let due = items.iter().filter(is_due).map(|item| item.at);
    let mut stores: Vec<StoreRef<'a>> = due.filter(|at| at.dir().era == Era::Json).collect();
    stores.sort_unstable_by_key(|at| at.store.number);
    stores.dedup_by_key(|at| at.store.number);
    let create = |at: &StoreRef<'_>| {
        let here = creations.iter().filter(|creation| creation.at.store.number == at.store.number);
        here.map(|creation| creation.source).collect()
    };
    let restore = |at: &StoreRef<'_>| {
        let is_here = |of: &&Restoration| of.keys.iter().any(|(store, _)| *store == at.store.key);
        restorations.iter().filter(is_here).map(|of| (of.id.clone(), of.login.clone())).collect()
    };
    stores.into_iter().map(|at| Job { create: create(&at), restore: restore(&at), at }).collect()
}
