//! Profiles that OpenClaw does not use for a while, with the cause and the end of that time.
//!
//! Fresh tokens alone do not end a cooldown, and nothing else shows it.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use crate::core::shadow::is_unused;
use crate::model::inventory::{AUTH_CAUSES, Cooldown, Inventory, StoreRef, StoreState};
use crate::model::item::{Action, Item, Outcome};
use crate::model::problem::Problem;
use crate::model::profile::Profile;
use crate::model::reason::Reason;
use crate::model::time::{left, utc};
use crate::model::verdict::Verdict;
use crate::openclaw::json::cooldown_files::read_both;
use crate::sync::warn::grouped;

/// The cooldowns that have not ended, one line for each profile id, cause and remedy.
pub(super) fn not_used(items: &[Item<'_>], inventory: &Inventory, now: i64) -> Vec<Problem> {
    let known: HashMap<(usize, &str), &Item<'_>> =
        items.iter().filter_map(|item| Some(((item.at.store.number, item.id()?), item))).collect();
    let mut found = Vec::new();
    for at in inventory.selected().filter(|at| at.store.state == StoreState::Read) {
        let (store, agent, sqlite) = (at.store, at.agent(), at.is_sqlite());
        let all =
            if sqlite { store.cooldowns.iter().cloned().collect() } else { read_both(Path::new(&*store.key), now) };
        for (profile, cooldown) in active(at, all) {
            let item = known.get(&(store.number, profile.as_str())).copied();
            let hint = hint(&cooldown.cause, sqlite, item, now);
            found.push(((profile.clone(), cooldown.cause, hint), cooldown.until, format!("{} {profile}", agent.id)));
        }
    }
    let last = |key: &(String, String, Cow<'_, str>)| {
        found.iter().filter(|(of, ..)| of == key).map(|(_, until, _)| *until).max()
    };
    let groups = grouped(found.iter().map(|(key, _, name)| (key.clone(), name.clone())));
    let problem = |(key, names)| {
        let until = last(&key).unwrap_or(now);
        let date = utc(until).map_or_else(|| "an unknown time".to_owned(), |date| format!("{date} UTC"));
        let (_, cause, hint) = key;
        let message =
            format!("{names}: OpenClaw does not use it until {date} ({}; cause: {cause})", left(until, now));
        Problem::warning("cooldown", message, hint)
    };
    groups.into_iter().map(problem).collect()
}

/// What ends a cooldown, or renews what has caused it.
fn hint(cause: &str, sqlite: bool, item: Option<&Item<'_>>, now: i64) -> Cow<'static, str> {
    if cause == "billing" {
        return "it ends by itself; see to the billing of that account".into();
    } else if !AUTH_CAUSES.contains(&cause) {
        return "it ends by itself".into();
    }
    let is_own =
        |item: &&Item<'_>| matches!(item.verdict, Some(Verdict::OtherAccount | Verdict::OwnLogin | Verdict::Unbound));
    let served = item.filter(|item| !is_own(item)).and_then(|item| Some((item, item.source?)));
    match served {
        None if sqlite => {
            "it ends by itself; if it comes back, the credential is dead: log in again with OpenClaw".into()
        }
        None => "ocsync delivers nothing to it: log in again with OpenClaw".into(),
        Some((item, source)) => match source.shortfall(now, false) {
            // A login without an expiry is in use all the same.
            Some(reason) if reason != Reason::SourceIncomplete => reason.remedy_of(Some(source)),
            _ if (item.action, item.outcome) == (Action::Update, Outcome::Planned) && !sqlite => {
                "to lift it with a new credential: ocsync sync".into()
            }
            _ if item.verdict == Some(Verdict::InSync) && !sqlite => "ocsync sync --clear-cooldown=always".into(),
            _ => format!("it ends by itself; if it comes back, the credential is dead: {}", source.login_command())
                .into(),
        },
    }
}

/// The cooldowns of the profiles that the store holds and its agent may use.
fn active(at: StoreRef<'_>, all: BTreeMap<String, Option<Cooldown>>) -> impl Iterator<Item = (String, Cooldown)> {
    let is = move |profile: &Profile, id: &String| profile.id == *id && !is_unused(at, profile);
    let counts = move |id: &String| at.store.profiles.iter().any(|profile| is(profile, id));
    all.into_iter().filter(move |(id, _)| counts(id)).filter_map(|(id, cooldown)| Some((id, cooldown?)))
}
