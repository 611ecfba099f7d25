//! The profiles that the command line gives to a login: `--adopt`.
//!
//! A person who has moved to another account, or gives up a login of OpenClaw's own, names the profile. Then the
//! login's tokens replace the profile's, and so does the account that the profile names.

use std::collections::HashSet;
use std::sync::Arc;

use crate::core::account;
use crate::model::inventory::Inventory;
use crate::model::json_edit::Change;
use crate::model::json_text::quoted;
use crate::model::login::{Identity, Login};
use crate::model::policy::Policy;
use crate::model::profile::{Profile, ProfileKind};
use crate::model::source::{Source, SourceKind};
use crate::model::source_id::SourceId;

/// A profile by its store's key in the journal and its id.
pub type Key = (Arc<str>, String);

/// A profile to adopt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adopted {
    /// The profile.
    pub key: Key,
    /// The login that the command line names.
    pub source: Option<SourceId>,
}

/// The profiles to adopt.
pub fn adopted(inventory: &Inventory, policy: &Policy) -> Vec<Adopted> {
    let mut found = Vec::new();
    for adoption in &policy.adopt {
        let keys = keys(inventory, |agent, id| adoption.target.names(agent, id));
        found.extend(keys.into_iter().map(|key| Adopted { key, source: adoption.source }));
    }
    found
}

/// The profiles of the selected agents that `is_named`. Several agents may see one row of SQLite: then it is every
/// agent's.
pub fn keys(inventory: &Inventory, is_named: impl Fn(&str, &str) -> bool) -> Vec<Key> {
    let (mut found, mut known) = (Vec::new(), HashSet::new());
    for at in inventory.selected() {
        for (place, profile) in at.store.profiles.iter().enumerate() {
            if !is_named(&at.agent().id, &profile.id) || known.contains(&(at.store.number, place)) {
                continue;
            }
            let seers = at.store.homes.get(place).into_iter().flat_map(|home| at.seers(home, &profile.id));
            for (other, place) in seers.chain([(at, place)]) {
                if known.insert((other.store.number, place)) {
                    found.push((other.store.key.clone(), profile.id.clone()));
                }
            }
        }
    }
    found
}

/// The source that an adopted profile is to follow, as an index into `sources`: the login that is `named`, else the one
/// of its account, else the first of its provider.
pub fn source(profile: &Profile, sources: &[Source], named: Option<SourceId>) -> Option<usize> {
    let may = |source: &Source| {
        source.kind.providers().contains(&profile.provider.as_str()) && named.is_none_or(|named| named == source.id())
    };
    let same = |source: &Source| {
        source.login().is_some_and(|login| account::is_same_account(source.kind, login, profile, None))
    };
    let is_login = matches!(profile.kind, ProfileKind::OAuth | ProfileKind::Token);
    let of_account = || sources.iter().position(|source| may(source) && same(source));
    is_login.then(|| of_account().or_else(|| sources.iter().position(may))).flatten()
}

/// Whether a profile names an account that is not the login's.
#[must_use]
pub fn names_another(kind: SourceKind, profile: &Profile, login: &Login) -> bool {
    let (after, before) = (identity(profile, login), &profile.identity);
    before != &after && !account::is_same_account(kind, login, profile, None)
}

/// The changes that give a profile the login's account. What the profile does not name stays unnamed.
pub fn identity_changes(kind: SourceKind, profile: &Profile, login: &Login) -> Vec<Change> {
    let after = identity(profile, login);
    let change = |name: &'static str, before: &Option<String>, after: &Option<String>| {
        let set = |text: &String| Change::set(name, quoted(text));
        (before != after).then(|| after.as_ref().map_or(Change::Remove(name), set))
    };
    let mut changes: Vec<Change> =
        change("accountId", &profile.identity.account_id, &after.account_id).into_iter().collect();
    changes.extend(change("email", &profile.identity.email, &after.email));
    if !account::is_same_account(kind, login, profile, None) {
        // They say who the other person is.
        changes.extend(["idToken", "displayName", "chatgptPlanType"].map(Change::Remove));
    }
    changes
}

/// A profile with the login's account in place of its own.
pub fn with_identity(profile: Profile, login: &Login) -> Profile {
    Profile { identity: identity(&profile, login), ..profile }
}

/// The account that a profile names once it follows the login.
fn identity(profile: &Profile, login: &Login) -> Identity {
    let named = |own: &Option<String>, theirs: &Option<String>| own.as_ref().and(theirs.clone());
    Identity {
        account_id: named(&profile.identity.account_id, &login.identity.account_id),
        email: named(&profile.identity.email, &login.identity.email),
        ..profile.identity.clone()
    }
}
