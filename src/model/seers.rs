//! Which agents see a row of SQLite: one agent its own, all agents the shared ones.
//!
//! Thousands of agents may see one row, and each has rows of its own. So what is asked of a row is found out once, for all
//! rows of an installation, when the first of them is asked for.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::model::inventory::{Installation, Row, RowHome, Store, StoreRef, StoreState};
use crate::model::route::Route;
use crate::model::source_kind::SourceKind;

impl<'a> StoreRef<'a> {
    /// The agents that see a profile in this row, in their order: their stores, and the index of the profile in each.
    /// Agents whose stores are not read are left out.
    pub fn seers(self, home: &RowHome, id: &str) -> impl Iterator<Item = (Self, usize)> + use<'a> {
        let installation = self.installation;
        let seers = installation.row(home, id).map_or(&[][..], |row| &row.seers);
        seers.iter().map(|&(store, place)| (StoreRef { installation, store: &installation.stores[store] }, place))
    }

    /// Whether an agent that sees a profile in this row uses it for the API of Claude's vendor.
    #[must_use]
    pub fn is_row_for_api(self, home: &RowHome, id: &str) -> bool {
        self.installation.row(home, id).is_some_and(|row| row.by_api)
    }
}

impl Installation {
    fn row(&self, home: &RowHome, id: &str) -> Option<&Row> {
        let rows = self.rows.get_or_init(|| self.find_rows()).get(&hash(home, id))?;
        rows.iter().find(|row| self.is_row(row, home, id))
    }

    fn is_row(&self, row: &Row, home: &RowHome, id: &str) -> bool {
        row.seers.first().is_some_and(|&(store, place)| {
            let Store { profiles, homes, .. } = &self.stores[store];
            profiles[place].id == id && homes[place].is_same(home)
        })
    }

    fn find_rows(&self) -> HashMap<u64, Vec<Row>> {
        let mut all: HashMap<u64, Vec<Row>> = HashMap::new();
        for (number, store) in self.stores.iter().enumerate().filter(|(_, store)| store.state == StoreState::Read) {
            let agent = &self.dir.agents[store.agent].id;
            let by_api = self.dir.settings.routes.of(agent, SourceKind::Claude) == Some(Route::Api);
            for (place, (profile, home)) in store.profiles.iter().zip(&store.homes).enumerate() {
                let rows = all.entry(hash(home, &profile.id)).or_default();
                let known = rows.iter().position(|row| self.is_row(row, home, &profile.id));
                let at = known.unwrap_or(rows.len());
                if known.is_none() {
                    rows.push(Row::default());
                }
                // The first profile of an id counts.
                if rows[at].seers.last().is_none_or(|(last, _)| *last != number) {
                    rows[at].seers.push((number, place));
                    rows[at].by_api |= by_api;
                }
            }
        }
        all
    }
}

fn hash(home: &RowHome, id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&home.path, &home.agent, id).hash(&mut hasher);
    hasher.finish()
}
