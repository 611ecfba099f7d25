//! What the journal learns from a run.

use std::collections::HashSet;

use crate::core::decide::Decider;
use crate::model::inventory::{Inventory, StoreState};
use crate::model::item::{Action, Outcome};
use crate::model::journal::{Delivered, Journal};
use crate::model::lineage::Entry;
use crate::model::problem::Problem;
use crate::model::profile::ProfileKind;
use crate::model::secret::fingerprint;
use crate::model::source::Source;
use crate::model::verdict::Verdict;
use crate::sync::deliver::delivered;
use crate::sync::items::Item;
use crate::sync::reloads;

fn source_of<'a>(item: &Item<'_>, inventory: &'a Inventory) -> Option<&'a Source> {
    let name = item.row.source?;
    inventory.sources.iter().find(|source| source.kind.name() == name)
}

/// A profile that refers to a source needs a reload when the source has rotated.
pub fn links(journal: &mut Journal, items: &[Item<'_>], inventory: &Inventory) {
    for item in items.iter().filter(|item| item.row.verdict == Some(Verdict::Linked)) {
        let (Some(login), Some(id)) = (source_of(item, inventory).and_then(Source::login), &item.row.profile) else {
            continue;
        };
        let store = &inventory.stores[item.store];
        let entry = Entry::of(login);
        let record = journal.record_mut(&store.key, id);
        if record.delivered.as_ref().is_none_or(|delivered| delivered.entry != entry) {
            record.delivered = Some(Delivered { entry, identity: login.identity.clone() });
            reloads::owe(journal, &inventory.state_dirs[store.state_dir]);
        }
    }
}

/// What every bound profile was seen with, and what was delivered; profiles that are gone are
/// forgotten.
pub fn profiles(journal: &mut Journal, items: &[Item<'_>], inventory: &Inventory) {
    let to_be_created = items.iter().filter(|item| item.decided.is_none());
    let created: HashSet<(usize, &str)> =
        to_be_created.filter_map(|item| Some((item.store, item.row.profile.as_deref()?))).collect();
    for (index, store) in inventory.stores.iter().enumerate() {
        if let (true, StoreState::Read, Some(known)) =
            (store.selected, &store.state, journal.stores.get(store.key.as_str()))
        {
            let is_there = |id: &String| {
                store.profiles.iter().any(|profile| profile.id == *id) || created.contains(&(index, id.as_str()))
            };
            if !known.profiles.keys().all(is_there) {
                journal.store_mut(&store.key).profiles.retain(|id, _| is_there(id));
            }
        }
    }
    for item in items {
        let (Some(source), Some(id)) = (source_of(item, inventory), &item.row.profile) else { continue };
        let key = &inventory.stores[item.store].key;
        let login = source.login();
        let held = item
            .decided
            .as_ref()
            .and_then(|(profile, _)| fingerprint(profile.refresh.as_ref().or(profile.access.as_ref())));
        if let (Outcome::Done, Some(login)) = (item.row.result, login) {
            let shares_refresh = shares_refresh(item);
            journal.record_mut(key, id).deliver(delivered(login, shares_refresh), held);
            continue;
        }
        let Some((profile, decision)) = &item.decided else { continue };
        // While OpenClaw is proven to have spent the source's token, what it was last seen with
        // is the proof.
        if decision.judgement.proven || item.row.result == Outcome::Failed || held.is_none() {
            continue;
        }
        let known = journal.record(key, id);
        // While a source cannot be read, what a profile was last seen with may be a proof as well:
        // the CLI's file may only be half written.
        if login.is_none() && known.is_some_and(|known| known.seen.is_some()) {
            continue;
        }
        let in_sync = decision.judgement.verdict == Verdict::InSync;
        let last = known.and_then(|known| known.delivered.as_ref());
        let outdated =
            login.filter(|login| in_sync && last.is_some_and(|last| last.entry.access != login.access.fingerprint));
        if known.is_none_or(|known| known.seen != held) || outdated.is_some() {
            let known = journal.record_mut(key, id);
            known.seen = held;
            if let Some(login) = outdated {
                known.delivered = Some(delivered(login, profile.refresh.is_some()));
            }
        }
    }
}

/// Whether a profile holds a refresh token, by its row. In SQLite an `oauth` profile may get the access token alone.
fn shares_refresh(item: &Item<'_>) -> bool {
    item.row.kind == Some(ProfileKind::OAuth.name()) && item.row.refresh.is_some()
}

/// One line per source for the profiles that share its refresh token from now on.
#[must_use]
pub fn first_deliveries(journal: &Journal, items: &[Item<'_>], inventory: &Inventory) -> Vec<Problem> {
    let mut notes = Vec::new();
    for source in &inventory.sources {
        let name = source.kind.name();
        let shares = source.login().is_some_and(|login| login.refresh.is_some());
        let holds = |item: &&Item<'_>| {
            let given = item.row.result == Outcome::Done && item.row.verdict != Some(Verdict::Metadata);
            let held = item.row.verdict == Some(Verdict::InSync);
            item.row.source == Some(name) && shares_refresh(item) && (given || held)
        };
        let is_first = |item: &&Item<'_>| {
            let id = item.row.profile.as_deref().unwrap_or_default();
            let record = journal.record(&inventory.stores[item.store].key, id);
            item.row.result == Outcome::Done
                && item.row.action != Action::None
                && record.is_none_or(|record| record.delivered.is_none())
        };
        let all = items.iter().filter(holds).count();
        let first = items.iter().filter(holds).filter(is_first).count();
        if shares && first > 0 {
            let profiles = if all == 1 { "1 profile".to_owned() } else { format!("{all} profiles") };
            let message = format!(
                "{profiles} of OpenClaw ({first} new) and the CLI share {name}'s refresh token: \
                 whoever spends it first logs the others out"
            );
            notes.push(Problem::note("shared-lineage", message, "--access-only delivers the access token alone"));
        }
    }
    notes
}

/// The sources whose refresh token OpenClaw is proven to have spent. A source that is preferred,
/// or that has another token by now, is no more among them.
pub fn spent(journal: &mut Journal, inventory: &Inventory, decider: &Decider<'_>, preferred: bool) {
    for (index, source) in inventory.sources.iter().enumerate() {
        let path = source.path.to_string_lossy();
        let refresh = fingerprint(source.login().and_then(|login| login.refresh.as_ref()));
        match refresh {
            Some(refresh) if decider.is_spent(index) && !preferred => {
                journal.spent.insert(path.into_owned(), refresh);
            }
            Some(_) => {
                journal.spent.remove(&*path);
            }
            None => {}
        }
    }
}
