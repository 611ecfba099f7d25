//! Reads the cooldowns of a JSON store: they are in the store up to 2026.4.2, and in `auth-state.json` from then on.

use std::collections::BTreeMap;
use std::path::Path;

use crate::model::inventory::Cooldown;
use crate::openclaw::json::cooldown;
use crate::openclaw::json::store_text;
use crate::sys::fs::read;

/// The cooldowns that `store` and `auth-state.json` beside it name. Where both name a profile, `auth-state.json` wins:
/// there `None` says that the profile has none.
#[must_use]
pub fn read_both(store: &Path, now: i64) -> BTreeMap<String, Option<Cooldown>> {
    let mut buffer = Vec::new();
    let _ = read::read_into(store, &mut buffer);
    read_beside(store, &mut buffer, now)
}

/// [`read_both`] for a store whose bytes are in `buffer` already. The buffer is empty afterwards.
#[must_use]
pub fn read_beside(store: &Path, buffer: &mut Vec<u8>, now: i64) -> BTreeMap<String, Option<Cooldown>> {
    let named = |buffer: &[u8]| cooldown::read(store_text::text(buffer).unwrap_or_default(), now).unwrap_or_default();
    let mut all: BTreeMap<String, Option<Cooldown>> = named(buffer).into_iter().collect();
    crate::sys::wiped::wipe(buffer);
    if read::read_into(&store.with_file_name("auth-state.json"), buffer).is_ok() {
        all.extend(named(buffer));
    }
    crate::sys::wiped::wipe(buffer);
    all
}
