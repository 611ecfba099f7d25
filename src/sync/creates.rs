//! Which login a new profile would get, and whether it needs one. `--create` asks it in either era.

use crate::model::inventory::Store;
use crate::model::profile::{Profile, ProfileKind};
use crate::model::source::{Source, SourceKind};
use crate::settings::options::Options;

/// Whether a new profile gets this login: the one that `bind` chooses, else the first of its CLI that the run reads.
pub fn creates(source: &Source, agent: &str, id: &str, options: &Options) -> bool {
    let usual = || options.logins.iter().copied().find(|login| login.kind == source.kind);
    options.policy.chosen(agent, id).map_or_else(usual, |chosen| *chosen) == Some(source.id())
}

/// Whether a login needs no new profile, because of one that a store holds.
pub fn has_profile(store: &Store, kind: SourceKind) -> bool {
    store.profiles.iter().any(|profile| is_in_place_of(profile, kind))
}

/// Whether a login needs no new profile beside this one: it is of the login's provider, of any type, or of another name
/// of that provider, and an `oauth` or `token` profile.
pub fn is_in_place_of(profile: &Profile, kind: SourceKind) -> bool {
    let [own, others @ ..] = kind.providers() else { return true };
    let is_login = matches!(profile.kind, ProfileKind::OAuth | ProfileKind::Token);
    profile.provider == *own || (is_login && others.contains(&profile.provider.as_str()))
}
