//! Profiles that OpenClaw does not use for a while, with the cause and the end: fresh tokens
//! alone do not change that, and nothing else shows it.

use std::collections::BTreeMap;
use std::path::Path;

use super::grouped;
use crate::fs::read;
use crate::inventory::{Inventory, Standing, StoreView};
use crate::openclaw::cooldown::{self, Cooldown};
use crate::openclaw::json_store;
use crate::problem::Problem;
use crate::report::time::{left, utc};

/// The cooldowns that are not over, a line for each profile id and cause.
pub(super) fn shunned(inventory: &Inventory, now: i64) -> Vec<Problem> {
    let mut found = Vec::new();
    for store in inventory.stores.iter().filter(|store| store.selected && store.standing == Standing::Read) {
        let agent = &inventory.state_dirs[store.state_dir].agents[store.agent];
        for (profile, cooldown) in of_store(store, &agent.dir, now) {
            found.push(((profile.clone(), cooldown.cause), cooldown.until, format!("{} {profile}", agent.id)));
        }
    }
    let last = |key: &(String, String)| found.iter().filter(|(of, ..)| of == key).map(|(_, until, _)| *until).max();
    let groups = grouped(found.iter().map(|(key, _, name)| (key.clone(), name.clone())));
    let problem = |(key, names): ((String, String), String)| {
        let until = last(&key).unwrap_or(now);
        let date = utc(until).map_or_else(|| "some day".to_owned(), |date| format!("{date} UTC"));
        let (_, cause) = key;
        let message =
            format!("{names}: OpenClaw does not use it until {date} ({}; cause: {cause})", left(until, now));
        Problem::warning("cooldown", message, hint(&cause))
    };
    groups.into_iter().map(problem).collect()
}

fn hint(cause: &str) -> &'static str {
    if cooldown::CAUSES.contains(&cause) {
        "ocsync sync lifts it with a new credential; ocsync sync --clear-cooldown=always at once"
    } else if cause == "billing" {
        "it ends by itself; see to the billing of that account"
    } else {
        "it ends by itself"
    }
}

/// What is said of the profiles of one store: in the store itself, and over it in `auth-state.json`.
fn of_store(store: &StoreView, dir: &Path, now: i64) -> Vec<(String, Cooldown)> {
    let mut all: BTreeMap<String, Option<Cooldown>> = BTreeMap::new();
    for path in [Path::new(&store.key).to_owned(), dir.join("auth-state.json")] {
        let mut buffer = Vec::new();
        if read::read_into(&path, &mut buffer).is_ok() {
            let text = json_store::text(&buffer).unwrap_or_default();
            all.extend(cooldown::standing(text, now).unwrap_or_default());
        }
        crate::wipe(&mut buffer);
    }
    let is_there = |id: &String| store.profiles.iter().any(|profile| profile.id == *id);
    let active = all.into_iter().filter(|(id, _)| is_there(id));
    active.filter_map(|(id, cooldown)| Some((id, cooldown?))).collect()
}
