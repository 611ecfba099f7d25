//! Whether a row of SQLite may be updated: several agents may see one row.

use std::collections::HashMap;

use crate::model::decision::{Decision, Decisions, exchange};
use crate::model::inventory::{Inventory, RowHome, StoreRef, StoreState};
use crate::model::reason::Reason;

/// Refuses updates in SQLite that the row does not allow. A row that several agents see is updated for all of them
/// or for none.
pub fn refuse_rows(inventory: &Inventory, decisions: &mut [Decisions]) {
    let mut rows = SharedRows { decisions: decisions.to_vec(), agreed: HashMap::new() };
    for at in inventory.stores().filter(|at| at.is_sqlite()) {
        let store = at.store;
        exchange(&mut decisions[store.number], |place, decision| {
            if !decision.is_update() {
                return None;
            }
            let (profile, home) = (&store.profiles[place], &store.homes[place]);
            let refused = home.refusal.as_ref().map(|because| because.reason).or_else(|| match store.state {
                StoreState::Read if rows.is_agreed(at, home, &profile.id) => None,
                StoreState::Read => Some(Reason::RowDisputed),
                _ => Some(Reason::PartlyRead),
            });
            refused.map(|why| Decision { refused: Some(why), ..*decision })
        });
    }
}

/// The decisions of all agents about the rows that they see.
struct SharedRows {
    decisions: Vec<Decisions>,
    /// Whether all agents get the same update, by the first agent that sees the row: thousands may see it, and are asked
    /// once.
    agreed: HashMap<(usize, usize), bool>,
}

impl SharedRows {
    /// Whether all agents that see a row get the same update.
    fn is_agreed(&mut self, at: StoreRef<'_>, home: &RowHome, id: &str) -> bool {
        let Self { decisions, agreed } = self;
        let mut seers = at.seers(home, id).map(|(other, place)| (other.store.number, place));
        let Some((store, place)) = seers.next() else { return true };
        *agreed.entry((store, place)).or_insert_with(|| {
            let first = &decisions[store][place];
            let same = |other: &Decision| {
                let alike = (other.source, other.shape) == (first.source, first.shape);
                alike && other.judgement.verdict.is_update()
            };
            same(first) && seers.all(|(store, place)| same(&decisions[store][place]))
        })
    }
}
