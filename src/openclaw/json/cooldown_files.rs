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
    let mut all = BTreeMap::new();
    for path in [store.to_owned(), store.with_file_name("auth-state.json")] {
        let mut buffer = Vec::new();
        if read::read_into(&path, &mut buffer).is_ok() {
            let text = store_text::text(&buffer).unwrap_or_default();
            all.extend(cooldown::read(text, now).unwrap_or_default());
        }
        crate::sys::wipe(&mut buffer);
    }
    all
}
