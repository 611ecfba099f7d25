//! What the journal learns of setup tokens: when each was first seen, and which stores hold it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::core::setup_token::held;
use crate::model::inventory::{Inventory, StoreState};
use crate::model::item::Item;
use crate::model::journal::Journal;
use crate::model::secret::Fingerprint;
use crate::model::setup_token::{SeenSetupToken, can_be};

/// Notes the setup tokens that profiles hold now. One that no profile holds any more is forgotten: that is known when
/// every store that has held it was read again.
pub fn remember(journal: &mut Journal, items: &[Item<'_>], inventory: &Inventory, now: i64) {
    let mut holders: BTreeMap<Fingerprint, BTreeSet<String>> = BTreeMap::new();
    for store in inventory.stores().map(|at| at.store).filter(|store| store.state == StoreState::Read) {
        for token in store.profiles.iter().filter_map(|profile| held(profile, &store.key, journal)) {
            holders.entry(token).or_default().insert(store.key.to_string());
        }
    }
    // One that `--restore` has put back was not there when the stores were read.
    for (item, profile) in items.iter().filter_map(|item| Some((item, item.after.as_ref()?))) {
        if let Some(token) = held(profile, &item.at.store.key, journal) {
            holders.entry(token).or_default().insert(item.at.store.key.to_string());
        }
    }
    let mut read: BTreeMap<&str, bool> = BTreeMap::new();
    // It is asked of known tokens alone.
    for store in inventory.stores().map(|at| at.store).filter(|_| !journal.setup_tokens.is_empty()) {
        *read.entry(&store.key).or_insert(true) &= store.state == StoreState::Read;
    }
    let mut known = std::mem::take(&mut journal.setup_tokens);
    for (token, seen) in &mut known {
        seen.stores.retain(|store| !is_over(store, &read, inventory));
        seen.stores.extend(holders.remove(token).unwrap_or_default());
        // The clock was ahead, or stood at its beginning.
        if can_be(now) && !(can_be(seen.since) && seen.since <= now) {
            seen.since = now;
        }
    }
    // `--restore` can put a token back that an update has replaced.
    let may_be_back = |token: &Fingerprint| journal.has_replaced(*token);
    known.retain(|token, seen| (!seen.stores.is_empty() || may_be_back(token)) && !journal.is_of_login(*token));
    if can_be(now) {
        known.extend(holders.into_iter().map(|(token, stores)| (token, SeenSetupToken { since: now, stores })));
    }
    journal.setup_tokens = known;
}

/// Whether it is known what a store holds now: it was read, or its installation was and it is not there any more, as
/// after OpenClaw's move to SQLite. `read` says of each store that is there whether it was read.
fn is_over(store: &str, read: &BTreeMap<&str, bool>, inventory: &Inventory) -> bool {
    if let Some(is_read) = read.get(store) {
        return *is_read;
    }
    let path = Path::new(store);
    let is_looked_at = inventory.installations.iter().any(|of| path.starts_with(&of.dir.path));
    is_looked_at && path.symlink_metadata().is_err()
}
