//! Which agents see a row of SQLite: one agent its own, all agents the shared ones.
//!
//! A row of an agent that is not the main one is seen by nobody else. Thousands of agents may see each of the others. So
//! what is asked of these is found out once, for all of an installation, when the first of them is asked for.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::model::inventory::{Database, Installation, Row, RowHome, Store, StoreRef, StoreState};
use crate::model::route::Route;
use crate::model::source_kind::SourceKind;

impl<'a> StoreRef<'a> {
    /// The agents that see a profile in this row of this store, in their order: their stores, and the index of the profile
    /// in each. Agents whose stores are not read are left out.
    pub fn seers(self, home: &RowHome, id: &str) -> impl Iterator<Item = (Self, usize)> + use<'a> {
        let installation = self.installation;
        let (alone, row) =
            if is_shared(home) { (None, installation.row(home, id)) } else { (self.place(home, id), None) };
        let seers = row.map_or(&[][..], |row| &row.seers);
        let seers =
            seers.iter().map(|&(store, place)| (Self { installation, store: &installation.stores[store] }, place));
        alone.map(|place| (self, place)).into_iter().chain(seers)
    }

    /// Whether an agent that sees a profile in this row of this store uses it for the API of Claude's vendor.
    #[must_use]
    pub fn is_row_for_api(self, home: &RowHome, id: &str) -> bool {
        if is_shared(home) {
            self.installation.row(home, id).is_some_and(|row| row.by_api)
        } else {
            self.place(home, id).is_some() && self.installation.uses_api(self.store)
        }
    }

    /// The index of a profile in this store, if it is in this row and the store was read. The first profile of an id counts.
    fn place(self, home: &RowHome, id: &str) -> Option<usize> {
        let Store { profiles, homes, state, .. } = self.store;
        let mut rows = profiles.iter().zip(&**homes);
        let place = rows.position(|(profile, of)| profile.id == id && of.database == home.database);
        place.filter(|_| *state == StoreState::Read)
    }
}

/// Whether several agents may see a row: the main agent's may be the shared one.
fn is_shared(home: &RowHome) -> bool {
    home.database != Database::Own
}

impl Installation {
    fn row(&self, home: &RowHome, id: &str) -> Option<&Row> {
        let rows = self.rows.get_or_init(|| self.find_rows()).get(&hash(home, id))?;
        rows.iter().find(|row| self.is_row(row, home, id))
    }

    fn is_row(&self, row: &Row, home: &RowHome, id: &str) -> bool {
        row.seers.first().is_some_and(|&(store, place)| {
            let Store { profiles, homes, .. } = &self.stores[store];
            profiles[place].id == id && homes[place].database == home.database
        })
    }

    /// Whether an agent's models of Claude's vendor go by the API.
    fn uses_api(&self, store: &Store) -> bool {
        let agent = &self.dir.agents[store.agent].id;
        self.dir.settings.routes.of(agent, SourceKind::Claude) == Some(Route::Api)
    }

    fn find_rows(&self) -> HashMap<u64, Vec<Row>> {
        let mut all: HashMap<u64, Vec<Row>> = HashMap::new();
        for (number, store) in self.stores.iter().enumerate().filter(|(_, store)| store.state == StoreState::Read) {
            let rows = store.profiles.iter().zip(&*store.homes).enumerate();
            for (place, (profile, home)) in rows.filter(|(_, (_, home))| is_shared(home)) {
                let rows = all.entry(hash(home, &profile.id)).or_default();
                let known = rows.iter().position(|row| self.is_row(row, home, &profile.id));
                let at = known.unwrap_or(rows.len());
                if known.is_none() {
                    rows.push(Row::default());
                }
                // The first profile of an id counts.
                if rows[at].seers.last().is_none_or(|(last, _)| *last != number) {
                    rows[at].seers.push((number, place));
                    rows[at].by_api |= self.uses_api(store);
                }
            }
        }
        all
    }
}

fn hash(home: &RowHome, id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (home.database, id).hash(&mut hasher);
    hasher.finish()
}
