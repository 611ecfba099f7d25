//! What the journal learns from a run.

use super::debts;
use super::delivery::record;
use super::item::Item;
use crate::inventory::{Inventory, Standing};
use crate::journal::{Delivered, Entry, Journal};
use crate::lineage::Verdict;
use crate::openclaw::profile::Kind;
use crate::plan::Outcome;
use crate::problem::Problem;
use crate::source::Source;

fn source_of<'a>(item: &Item<'_>, inventory: &'a Inventory) -> Option<&'a Source> {
    let name = item.row.source?;
    inventory.sources.iter().find(|source| source.kind.name() == name)
}

/// A profile that refers to a source needs a reload when the source has rotated.
pub fn links(journal: &mut Journal, items: &[Item<'_>], inventory: &Inventory, now: i64) {
    for item in items.iter().filter(|item| item.row.verdict == Some(Verdict::Linked)) {
        let (Some(login), Some(id)) = (source_of(item, inventory).and_then(Source::login), &item.row.profile) else {
            continue;
        };
        let store = &inventory.stores[item.store];
        let entry = Entry::of(login);
        let record = journal.record_mut(&store.key, id);
        if record.delivered.as_ref().is_none_or(|delivered| delivered.entry != entry) {
            record.delivered = Some(Delivered { entry, identity: login.identity.clone() });
            debts::owe(journal, &inventory.state_dirs[store.state_dir], now);
        }
    }
}

/// What every bound profile was seen with, and what was delivered; profiles that are gone are
/// forgotten.
pub fn profiles(journal: &mut Journal, items: &[Item<'_>], inventory: &Inventory) {
    for (index, store) in inventory.stores.iter().enumerate() {
        if let (Standing::Read, Some(known)) = (&store.standing, journal.stores.get_mut(&store.key)) {
            let there =
                |id: &String| items.iter().any(|item| item.store == index && item.row.profile.as_ref() == Some(id));
            known.profiles.retain(|id, _| there(id));
        }
    }
    for item in items {
        let (Some(source), Some(id)) = (source_of(item, inventory), &item.row.profile) else { continue };
        let key = &inventory.stores[item.store].key;
        let login = source.login();
        if let (Outcome::Done, Some(login)) = (item.row.result, login) {
            *journal.record_mut(key, id) = record(login, item.row.kind == Some(Kind::OAuth.name()));
            continue;
        }
        let Some((profile, decision)) = &item.decided else { continue };
        // While OpenClaw is proven to have spent the source's token, what it was last seen with
        // is the proof.
        if decision.judgement.proven || item.row.result == Outcome::Failed {
            continue;
        }
        let held = profile.refresh.as_ref().or(profile.access.as_ref()).map(|token| token.fingerprint);
        if held.is_none() {
            continue;
        }
        let known = journal.record(key, id);
        let in_sync = decision.judgement.verdict == Verdict::InSync;
        let delivered = known.and_then(|known| known.delivered.as_ref());
        let outdated = login.filter(|login| {
            in_sync && delivered.is_some_and(|delivered| delivered.entry.access != login.access.fingerprint)
        });
        if known.is_none_or(|known| known.seen != held) || outdated.is_some() {
            let known = journal.record_mut(key, id);
            known.seen = held;
            if let Some(login) = outdated {
                known.delivered = record(login, profile.kind == Kind::OAuth).delivered;
            }
        }
    }
}

/// One line per source for the profiles that share its refresh token from now on.
#[must_use]
pub fn first_deliveries(journal: &Journal, items: &[Item<'_>], inventory: &Inventory) -> Vec<Problem> {
    let mut notes = Vec::new();
    for source in &inventory.sources {
        let name = source.kind.name();
        let shares = source.login().is_some_and(|login| login.refresh.is_some());
        let first = items.iter().filter(|item| {
            let id = item.row.profile.as_deref().unwrap_or_default();
            let record = journal.record(&inventory.stores[item.store].key, id);
            item.row.source == Some(name)
                && item.row.result == Outcome::Done
                && item.row.verdict != Some(Verdict::Metadata)
                && item.row.kind == Some(Kind::OAuth.name())
                && record.is_none_or(|record| record.delivered.is_none())
        });
        let count = first.count();
        if shares && count > 0 {
            let profiles =
                if count == 1 { "1 profile now shares".to_owned() } else { format!("{count} profiles now share") };
            let message = format!("{profiles} {name}'s refresh token: whoever spends it first logs the others out");
            notes.push(Problem::note("shared-lineage", message, "--access-only delivers the access token alone"));
        }
    }
    notes
}
