//! Whether a row of SQLite may be updated: several agents may see one row.

use std::sync::Arc;

use crate::model::decision::{Decision, Decisions};
use crate::model::inventory::{Inventory, RowHome, StoreState};
use crate::model::profile::Profile;
use crate::model::reason::Reason;

/// Refuses updates in SQLite that the row does not allow. A row that several agents see is updated for all of them
/// or for none.
pub fn refuse_rows(inventory: &Inventory, decisions: &mut [Decisions]) {
    let known = decisions.to_vec();
    for at in inventory.stores().filter(|at| at.is_sqlite()) {
        let store = at.store;
        let judge = |((profile, home), decision): ((&Arc<Profile>, &RowHome), &Arc<Decision>)| {
            if !decision.is_update() {
                return decision.clone();
            }
            let same = |other: &Decision| {
                let alike = (other.source, other.shape) == (decision.source, decision.shape);
                alike && other.judgement.verdict.is_update()
            };
            let mut others = at.seers(home, &profile.id);
            let refused = home.refusal.as_ref().map(|because| because.reason).or_else(|| match store.state {
                StoreState::Read if others.all(|(other, place)| same(&known[other.store.number][place])) => None,
                StoreState::Read => Some(Reason::RowDisputed),
                _ => Some(Reason::PartlyRead),
            });
            Arc::new(Decision { refused, ..Decision::clone(decision) })
        };
        decisions[store.number] =
            store.profiles.iter().zip(&store.homes).zip(known[store.number].iter()).map(judge).collect();
    }
}
