//! Which source a profile belongs to.
//!
//! The configuration goes first. Next come the tokens: a profile belongs to the source that holds, or has held,
//! one of its tokens. Then comes the id. The account comes last: OpenClaw itself names a login `provider:<e-mail>`.
//! Neither id nor account binds a `token` profile, because that may be a setup token that is good for a year. Nothing
//! binds an API key.

use std::collections::BTreeMap;

use crate::core::account;
use crate::model::journal::Journal;
use crate::model::profile::{Profile, ProfileKind, Reference};
use crate::model::secret::fingerprint;
use crate::model::source::{Source, SourceKind};

/// The source that a profile is bound to, as an index into `sources`.
///
/// `configured` is `bind` of the configuration, by `agent/profile` or by profile id. `linked` is the source that
/// the profile refers to, where it is a reference.
pub fn bind(
    profile: &Profile,
    agent: &str,
    sources: &[Source],
    journal: &Journal,
    configured: &BTreeMap<String, Option<SourceKind>>,
    linked: Option<usize>,
) -> Option<(usize, BoundBy)> {
    if matches!(profile.kind, ProfileKind::ApiKey | ProfileKind::Other) {
        return None;
    }
    let may = |source: &Source| source.kind.providers().contains(&profile.provider.as_str());
    if !configured.is_empty() {
        let chosen = configured.get(&format!("{agent}/{}", profile.id)).or_else(|| configured.get(&profile.id));
        if let Some(kind) = chosen {
            let chosen = sources.iter().position(|source| Some(source.kind) == *kind && may(source));
            return chosen.map(|source| (source, BoundBy::Choice));
        }
    }
    if let Some(source) = linked {
        return Some((source, BoundBy::Link));
    }
    let by_token = sources.iter().position(|source| may(source) && holds_token_of(profile, source, journal));
    if let Some(source) = by_token {
        return Some((source, BoundBy::Token));
    }
    let is_oauth = profile.kind == ProfileKind::OAuth;
    let named = |source: &Source| source.kind.ids().contains(&profile.id.as_str());
    let by_id = sources.iter().position(|source| is_oauth && may(source) && named(source));
    if let Some(source) = by_id {
        return Some((source, BoundBy::Id));
    }
    let same =
        |source: &Source| source.login().is_some_and(|login| account::is_same_account(source.kind, login, profile));
    let by_account = sources.iter().position(|source| is_oauth && may(source) && same(source));
    by_account.map(|source| (source, BoundBy::Account))
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

/// Whether a profile holds a token that the source holds or has held. A fence names the refresh token that it
/// replaced, so only that token counts.
fn holds_token_of(profile: &Profile, source: &Source, journal: &Journal) -> bool {
    let refresh = fingerprint(profile.refresh.as_ref());
    let access = fingerprint(profile.access.as_ref());
    if let (Reference::Fence(fence), Some(token)) =
        (&profile.reference, source.login().and_then(|of| of.refresh.as_ref()))
    {
        return fence.is_for(&profile.id, &profile.provider, &token.secret);
    }
    let now = source.login().is_some_and(|login| {
        Some(login.access.fingerprint) == access
            || (refresh.is_some() && fingerprint(login.refresh.as_ref()) == refresh)
    });
    now || journal.entry(&source.path.to_string_lossy(), refresh, access).is_some()
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
