//! Which login a new profile would get, and whether it needs one. `--create` asks it in either era.

use crate::model::inventory::Store;
use crate::model::profile::ProfileKind;
use crate::model::source::{Source, SourceKind};
use crate::settings::options::Options;

/// Whether a new profile gets this login: the one that `bind` chooses, else the first of its CLI that the run reads.
pub fn creates(source: &Source, agent: &str, id: &str, options: &Options) -> bool {
    let usual = || options.logins.iter().copied().find(|login| login.kind == source.kind);
    options.policy.chosen(agent, id).map_or_else(usual, |chosen| *chosen) == Some(source.id())
}

/// Whether a login needs no new profile: its provider has a profile of any type, or another name of that provider has
/// an `oauth` or `token` profile.
pub fn has_profile(store: &Store, kind: SourceKind) -> bool {
    let [own, others @ ..] = kind.providers() else { return true };
    store.profiles.iter().any(|profile| {
        let is_login = matches!(profile.kind, ProfileKind::OAuth | ProfileKind::Token);
        profile.provider == *own || (is_login && others.contains(&profile.provider.as_str()))
    })
}
