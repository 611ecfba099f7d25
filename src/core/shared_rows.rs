//! Whether a row of SQLite may be updated: several agents may see one row.

use crate::model::decision::{self, Decision, Decisions};
use crate::model::inventory::{Inventory, StoreState};
use crate::model::reason::Reason;

/// Refuses updates in SQLite that the row does not allow. A row that several agents see is updated for all of them
/// or for none.
pub fn refuse_rows(inventory: &Inventory, decisions: &mut [Decisions]) {
    let known = decisions.to_vec();
    for at in inventory.stores().filter(|at| at.is_sqlite()) {
        let store = at.store;
        decision::exchange(&mut decisions[store.number], |place, decision| {
            if !decision.is_update() {
                return None;
            }
            let (profile, home) = (&store.profiles[place], &store.homes[place]);
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
            refused.map(|why| Decision { refused: Some(why), ..*decision })
        });
    }
}
