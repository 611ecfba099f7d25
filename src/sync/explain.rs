//! Where a profile is kept, and under which locks it is written: what an explanation needs from OpenClaw's room.

use std::path::PathBuf;

use crate::core::decide::Decider;
use crate::core::explain::{Location, explain};
use crate::model::explanation::Explanation;
use crate::model::item::Item;
use crate::model::journal::Journal;
use crate::openclaw::lock::of_profile;
use crate::openclaw::sqlite::coordinator;

/// Explains every profile among the items.
#[must_use]
pub fn all(items: &[Item<'_>], decider: &Decider<'_>, journal: &Journal) -> Vec<Explanation> {
    items.iter().filter_map(|item| explain(item, decider, journal, location(item)?)).collect()
}

fn location(item: &Item<'_>) -> Option<Location> {
    let (profile, _) = item.decided()?;
    let (at, dir) = (item.at, item.at.dir());
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    let locked = |path: PathBuf| text(path) + ".lock";
    if !at.is_sqlite() {
        return Some(Location { path: at.store.key.to_string(), locks: vec![locked(at.agent().store())] });
    }
    let (_, home) = at.store.row(&profile.id)?;
    let paths = of_profile::paths(&dir.path, dir.version, &profile.provider, &profile.id);
    let shared = if at.owner(home).is_none() { coordinator::find(&at.database(home), &dir.border) } else { None };
    let locks = paths.into_iter().map(locked).chain(shared.map(text)).collect();
    Some(Location { path: text(at.database(home)), locks })
}
