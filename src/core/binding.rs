//! Which source a profile belongs to.
//!
//! The configuration goes first. Next come the tokens: a profile belongs to the login that holds, or has held, one of
//! its tokens. Then comes the account: OpenClaw itself names a login `provider:<e-mail>`. The id comes last, and binds
//! to the first login of a CLI only. Neither id nor account binds a `token` profile, because that may be a setup token
//! that is good for a year. Nothing binds an API key.

use std::collections::BTreeMap;

use crate::core::which_login::{OfAccount, by_account, by_token};
use crate::model::journal::Journal;
use crate::model::profile::{Profile, ProfileKind};
use crate::model::record::Record;
use crate::model::source::Source;
use crate::model::source_id::SourceId;

/// What a profile is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// Nothing.
    Nothing,
    /// This source, as an index into the sources.
    To(usize, BoundBy),
    /// Several logins of its account could serve it, and nothing says which.
    Several,
}

impl Binding {
    /// The source.
    pub fn source(self) -> Option<usize> {
        match self {
            Self::To(source, _) => Some(source),
            Self::Nothing | Self::Several => None,
        }
    }
}

/// Finds the source that a profile is bound to.
///
/// `configured` is `bind` of the configuration, by `agent/profile` or by profile id. `linked` is the source that
/// the profile refers to, where it is a reference.
pub fn bind(
    profile: &Profile,
    agent: &str,
    sources: &[Source],
    journal: &Journal,
    record: Option<&Record>,
    configured: &BTreeMap<String, Option<SourceId>>,
    linked: Option<usize>,
) -> Binding {
    if matches!(profile.kind, ProfileKind::ApiKey | ProfileKind::Other) {
        return Binding::Nothing;
    }
    let may = |source: &Source| source.kind.providers().contains(&profile.provider.as_str());
    if !configured.is_empty() {
        let chosen = configured.get(&format!("{agent}/{}", profile.id)).or_else(|| configured.get(&profile.id));
        if let Some(id) = chosen {
            let chosen = sources.iter().position(|source| Some(source.id()) == *id && may(source));
            return chosen.map_or(Binding::Nothing, |source| Binding::To(source, BoundBy::Choice));
        }
    }
    if let Some(source) = linked {
        return Binding::To(source, BoundBy::Link);
    }
    if let Some(source) = by_token(profile, sources, journal, may) {
        return Binding::To(source, BoundBy::Token);
    }
    if profile.kind != ProfileKind::OAuth {
        return Binding::Nothing;
    }
    let has_id = |source: &Source| source.kind.ids().contains(&profile.id.as_str());
    let has_own_id = sources.iter().any(|source| may(source) && has_id(source));
    match by_account(profile, record, sources, journal, has_own_id, may) {
        OfAccount::Login(source) => Binding::To(source, if has_own_id { BoundBy::Id } else { BoundBy::Account }),
        OfAccount::Several => Binding::Several,
        OfAccount::Nobody => {
            let first = |source: &Source| source.id().is_first() && may(source) && has_id(source);
            sources.iter().position(first).map_or(Binding::Nothing, |source| Binding::To(source, BoundBy::Id))
        }
    }
}

/// By which rule a profile is bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoundBy {
    /// `bind` in the configuration.
    Choice,
    /// `--adopt`. It wins once over what the profile holds and whose it is.
    Adoption,
    /// It refers to the source.
    Link,
    /// It holds a token that the source holds or has held.
    Token,
    /// Its id is one of those that the source's CLI stands for.
    Id,
    /// It is of the source's account, by no other rule.
    Account,
}

/// Whether a login of `region` contradicts OpenClaw's base URL, `models.providers.minimax-portal.baseUrl`.
/// OpenClaw's default is the global one.
#[must_use]
pub fn region_contradicts(region: &str, base_url: Option<&str>) -> bool {
    let china = base_url.is_some_and(|url| url.contains("minimaxi.com") || url.contains("minimax.cn"));
    (region == "cn") != china
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_is_held_against_the_base_url() {
        let cn = Some("https://api.minimaxi.com/anthropic");
        assert!(!region_contradicts("global", None));
        assert!(!region_contradicts("cn", cn));
        assert!(region_contradicts("cn", None));
        assert!(region_contradicts("global", cn));
    }
}
