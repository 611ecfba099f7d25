//! Profiles that OpenClaw does not use for a while, with the cause and the end of that time.
//!
//! Fresh tokens alone do not end a cooldown, and nothing else shows it.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use crate::core::shadow::is_unused;
use crate::model::inventory::{AUTH_CAUSES, Cooldown, Inventory, StoreRef, StoreState};
use crate::model::item::Item;
use crate::model::problem::Problem;
use crate::model::profile::Profile;
use crate::model::time::{left, utc};
use crate::model::verdict::Verdict;
use crate::openclaw::json::cooldown_files::read_both;
use crate::sync::warn::grouped;

/// The cooldowns that have not ended, one line for each profile id and cause.
pub(super) fn not_used(items: &[Item<'_>], inventory: &Inventory, now: i64) -> Vec<Problem> {
    let served: HashSet<(usize, &str)> = items
        .iter()
        .filter(|item| is_served(item))
        .filter_map(|item| Some((item.at.store.number, item.id()?)))
        .collect();
    let mut found = Vec::new();
    for at in inventory.selected().filter(|at| at.store.state == StoreState::Read) {
        let (store, agent, sqlite) = (at.store, at.agent(), at.is_sqlite());
        let all =
            if sqlite { store.cooldowns.iter().cloned().collect() } else { read_both(Path::new(&store.key), now) };
        for (profile, cooldown) in active(at, all) {
            let by = match served.contains(&(store.number, profile.as_str())) {
                _ if sqlite => By::OpenClaw,
                true => By::Ocsync,
                false => By::Nobody,
            };
            let key = (profile.clone(), cooldown.cause, by);
            found.push((key, cooldown.until, format!("{} {profile}", agent.id)));
        }
    }
    let last =
        |key: &(String, String, By)| found.iter().filter(|(of, ..)| of == key).map(|(_, until, _)| *until).max();
    let groups = grouped(found.iter().map(|(key, _, name)| (key.clone(), name.clone())));
    let problem = |(key, names): ((String, String, By), String)| {
        let until = last(&key).unwrap_or(now);
        let date = utc(until).map_or_else(|| "some day".to_owned(), |date| format!("{date} UTC"));
        let (_, cause, by) = key;
        let message =
            format!("{names}: OpenClaw does not use it until {date} ({}; cause: {cause})", left(until, now));
        Problem::warning("cooldown", message, hint(&cause, by))
    };
    groups.into_iter().map(problem).collect()
}

/// Who ends a cooldown that a dead credential has caused.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    /// A delivery, or `--clear-cooldown=always`.
    Ocsync,
    /// Its own time, in a database.
    OpenClaw,
    /// Nobody but a person: ocsync delivers nothing to the profile.
    Nobody,
}

/// Whether a profile is one that ocsync delivers to.
fn is_served(item: &Item<'_>) -> bool {
    let is_own = matches!(item.verdict, Some(Verdict::OtherAccount | Verdict::OwnLogin | Verdict::Unbound));
    item.source.is_some() && !is_own
}

fn hint(cause: &str, by: By) -> &'static str {
    if AUTH_CAUSES.contains(&cause) {
        match by {
            By::OpenClaw => "it ends by itself; if it comes back, the credential is dead: log in again with OpenClaw",
            By::Ocsync => "ocsync sync lifts it with a new credential; ocsync sync --clear-cooldown=always at once",
            By::Nobody => "ocsync delivers nothing to it: log in again with OpenClaw",
        }
    } else if cause == "billing" {
        "it ends by itself; see to the billing of that account"
    } else {
        "it ends by itself"
    }
}

/// The cooldowns of the profiles that the store holds and its agent may use.
fn active(at: StoreRef<'_>, all: BTreeMap<String, Option<Cooldown>>) -> impl Iterator<Item = (String, Cooldown)> {
    let is = move |profile: &Profile, id: &String| profile.id == *id && !is_unused(at, profile);
    let counts = move |id: &String| at.store.profiles.iter().any(|profile| is(profile, id));
    all.into_iter().filter(move |(id, _)| counts(id)).filter_map(|(id, cooldown)| Some((id, cooldown?)))
}
