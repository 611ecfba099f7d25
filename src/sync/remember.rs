//! What the journal learns from a pass: the tokens of the sources, and what each profile holds.

use std::collections::HashSet;

use crate::core::decide::Decider;
use crate::model::inventory::{Inventory, StoreState};
use crate::model::item::{Item, Outcome};
use crate::model::journal::Journal;
use crate::model::lineage::Entry;
use crate::model::login::Login;
use crate::model::policy::Policy;
use crate::model::profile::ProfileKind;
use crate::model::recent::Recent;
use crate::model::record::{Delivered, Record, share};
use crate::model::secret::{Fingerprint, fingerprint};
use crate::model::source::{Source, SourceState};
use crate::model::time::HOUR;
use crate::model::unrenewed::Unrenewed;
use crate::model::verdict::Verdict;
use crate::sync::reloads;
use crate::sync::warn::logins;

/// How long a login may be seen again before its time is noted anew, in milliseconds.
const SEEN_AGAIN: i64 = HOUR;

/// Notes the tokens that the sources hold now, when they were seen, and which files are gone.
pub fn sources(journal: &mut Journal, inventory: &Inventory, policy: &Policy) {
    for source in &inventory.sources {
        let path = source.path.to_string_lossy();
        if let Some(login) = source.login() {
            journal.observe(&path, login, policy.prefer_source);
            note_seen(journal, &path, login, policy.now);
        }
        match source.state {
            SourceState::Gone if journal.gone.contains_key(&*path) => {}
            SourceState::Gone => drop(journal.gone.insert(path.into_owned(), policy.now)),
            _ => drop(journal.gone.remove(&*path)),
        }
    }
}

/// Notes that a login was seen, and whether anybody has renewed it in time.
fn note_seen(journal: &mut Journal, path: &str, login: &Login, now: i64) {
    let last = journal.present.get(path).copied();
    if last.is_none_or(|last| now.abs_diff(last) >= SEEN_AGAIN.unsigned_abs()) {
        journal.present.insert(path.to_owned(), now);
    }
    match Unrenewed::after(journal.unrenewed.get(path), login, now) {
        Some(known) => drop(journal.unrenewed.insert(path.to_owned(), known)),
        None => drop(journal.unrenewed.remove(path)),
    }
}

/// Notes the logins that nobody renews: for `nobody_renews` it is proven now, and stays so.
pub fn unrenewed(journal: &mut Journal, items: &[Item<'_>], inventory: &Inventory, now: i64) {
    let nobody: Vec<String> = logins::nobody_renews(items, inventory, journal, now)
        .map(|(source, _)| source.path.to_string_lossy().into_owned())
        .collect();
    for path in nobody {
        journal.unrenewed.entry(path).and_modify(|known| known.proven = true);
    }
}

/// Notes the reloads that linked profiles need: a gateway reads a linked login again only after a reload, so one is
/// owed when the source has rotated.
pub fn links(journal: &mut Journal, items: &[Item<'_>]) {
    for item in items.iter().filter(|item| item.verdict == Some(Verdict::Linked)) {
        let (Some(login), Some(id)) = (item.source.and_then(Source::login), item.id()) else { continue };
        let entry = Entry::of(login);
        let record = journal.record_mut(&item.at.store.key, id);
        if record.delivered.as_ref().is_none_or(|delivered| delivered.entry != entry) {
            record.delivered = Some(Delivered { entry, identity: login.identity.clone() });
            reloads::owe(journal, item.at.dir());
        }
    }
}

/// Notes what every bound profile holds now and what was delivered to it, and forgets the profiles that are gone.
pub fn profiles(journal: &mut Journal, items: &[Item<'_>], inventory: &Inventory, now: i64) {
    forget_gone(journal, items, inventory);
    let mut records = Recent::default();
    for of_store in items.chunk_by(|item, next| item.at.store.number == next.at.store.number) {
        note(journal, of_store, now);
        share(&mut journal.stores, &of_store[0].at.store.key, &mut records);
    }
}

fn note(journal: &mut Journal, items: &[Item<'_>], now: i64) {
    for item in items {
        let (Some(source), Some(id)) = (item.source, item.id()) else { continue };
        let key = &item.at.store.key;
        if let (Outcome::Done, Some(login)) = (item.outcome, source.login()) {
            let record = journal.record_mut(key, id);
            record.deliver(delivered(login, shares_refresh(item)), held(item), now);
            if item.verdict == Some(Verdict::Reverted) {
                record.reverted_at = Some(now);
            }
        } else if let Some(Seen { held, outdated }) = seen(item, source, journal) {
            let known = journal.record_mut(key, id);
            known.seen = Some(held);
            known.renewed = (item.verdict == Some(Verdict::OwnLogin)).then_some(held);
            if outdated {
                known.delivered = source
                    .login()
                    .zip(item.profile())
                    .map(|(login, profile)| delivered(login, profile.refresh.is_some()));
            }
        }
    }
}

/// Forgets the profiles that are gone.
fn forget_gone(journal: &mut Journal, items: &[Item<'_>], inventory: &Inventory) {
    let to_be_created = items.iter().filter(|item| item.decided().is_none());
    let created: HashSet<(usize, &str)> =
        to_be_created.filter_map(|item| Some((item.at.store.number, item.id()?))).collect();
    for store in inventory.selected().map(|at| at.store) {
        if let (StoreState::Read, Some(known)) = (&store.state, journal.stores.get(&store.key)) {
            let is_there = |id: &String| {
                store.profiles.iter().any(|profile| profile.id == *id)
                    || created.contains(&(store.number, id.as_str()))
            };
            // A profile that is protected may come back.
            let stays = |id: &String, record: &Record| record.protected || is_there(id);
            if !known.profiles.iter().all(|(id, record)| stays(id, record)) {
                journal.store_mut(&store.key).profiles.retain(|id, record| stays(id, record));
            }
        }
    }
}

/// The fingerprint by which the journal knows a profile: that of its refresh token, else that of its access token.
fn held(item: &Item<'_>) -> Option<Fingerprint> {
    let (profile, _) = item.decided()?;
    fingerprint(profile.refresh.as_ref().or(profile.access.as_ref()))
}

/// What the journal has to note of a profile that was not written.
struct Seen {
    held: Fingerprint,
    /// The journal's delivery is older than the credential that the profile is in step with.
    outdated: bool,
}

/// What the journal has to note of a profile that was not written; `None` where nothing is new or nothing may be
/// noted.
fn seen(item: &Item<'_>, source: &Source, journal: &Journal) -> Option<Seen> {
    let ((_, decision), held) = (item.decided()?, held(item)?);
    // This profile proves that OpenClaw has spent the source's token. The proof is the token that the profile was
    // last seen with, so that token must stay in the journal.
    if decision.judgement.is_proven() || item.outcome == Outcome::Failed {
        return None;
    }
    let known = journal.record(&item.at.store.key, item.id()?);
    // The CLI's file may be half written at this moment. Until it can be read again, the token that the profile was
    // last seen with may be such a proof as well.
    if source.login().is_none() && known.is_some_and(|known| known.seen.is_some()) {
        return None;
    }
    let last = known.and_then(|known| known.delivered.as_ref());
    let is_outdated = |login: &Login| last.is_some_and(|last| last.entry.access != login.access.fingerprint);
    let outdated = decision.judgement.verdict == Verdict::InSync && source.login().is_some_and(is_outdated);
    (known.is_none_or(|known| known.seen != Some(held)) || outdated).then_some(Seen { held, outdated })
}

/// What the journal keeps of a login that was delivered.
fn delivered(login: &Login, shares_refresh: bool) -> Delivered {
    let entry = Entry::of(login);
    let refresh = entry.refresh.filter(|_| shares_refresh);
    Delivered { entry: Entry { refresh, ..entry }, identity: login.identity.clone() }
}

/// Whether a profile holds a refresh token now. In SQLite an `oauth` profile may get the access token alone.
pub(super) fn shares_refresh(item: &Item<'_>) -> bool {
    item.profile().is_some_and(|profile| profile.kind == ProfileKind::OAuth && profile.refresh.is_some())
}

/// Notes the sources whose refresh token OpenClaw is proven to have spent. A source that has another token by now, or
/// that the operator prefers, is forgotten.
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
