//! The tokens that one login has had so far, where a token is among them, and which of two credentials is newer.
//!
//! A JWT carries the time of its issue. That time orders the tokens of one login, whatever their lifetimes are.
//! Without it only the expiry is left, and a known expiry counts as newer than an unknown one.

use serde::{Deserialize, Serialize};

use crate::model::jwt;
use crate::model::login::{Expiry, Identity, Login, is_far};
use crate::model::profile::Profile;
use crate::model::secret::{Fingerprint, fingerprint};

/// One state of a login: a pair of tokens that a CLI's file has held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Account id or e-mail, where one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Claude: the organization, where one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// The refresh token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh: Option<Fingerprint>,
    /// The access token.
    pub access: Fingerprint,
    /// When it was issued (a JWT's `iat`), in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued: Option<i64>,
    /// When the access token ends, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<i64>,
}

impl Entry {
    /// The entry of a login as it is now.
    pub fn of(login: &Login) -> Self {
        Self {
            account: login.identity.account_id.clone().or_else(|| login.identity.email.clone()),
            organization: login.identity.organization.clone(),
            refresh: fingerprint(login.refresh.as_ref()),
            access: login.access.fingerprint,
            issued: jwt::times(login.access.secret.expose()).and_then(|times| times.issued),
            expires: login.expires.known(),
        }
    }

    /// Its tokens.
    #[must_use]
    pub fn tokens(&self) -> (Option<Fingerprint>, Fingerprint) {
        (self.refresh, self.access)
    }

    /// Whether it is of the account of `identity`; `None` where that cannot be told. What the entry names may be
    /// an id or an e-mail, and it is compared with its like alone.
    pub fn is_of(&self, identity: &Identity) -> Option<bool> {
        let organizations = self.organization.as_ref().zip(identity.organization.as_ref());
        if organizations.is_some_and(|(ours, theirs)| !ours.eq_ignore_ascii_case(theirs)) {
            return Some(false);
        }
        let ours = self.account.as_ref()?;
        let like = if ours.contains('@') { &identity.email } else { &identity.account_id };
        Some(ours.eq_ignore_ascii_case(like.as_ref()?))
    }
}

/// The states that one login has gone through, oldest to newest.
#[derive(Clone, Debug, Default)]
pub struct Lineage<'a> {
    /// The entries.
    pub entries: Vec<&'a Entry>,
}

impl Lineage<'_> {
    /// Whether a refresh token is known but not the newest, for example because a backup was put back.
    #[must_use]
    pub fn is_rolled_back(&self, refresh: Option<Fingerprint>) -> bool {
        refresh.is_some()
            && self.entries.last().is_some_and(|newest| newest.refresh != refresh)
            && self.refresh_position(refresh).is_some()
    }

    /// The index of the newest entry with this pair of tokens.
    pub fn position(&self, refresh: Option<Fingerprint>, access: Fingerprint) -> Option<usize> {
        self.entries.iter().rposition(|entry| entry.refresh == refresh && entry.access == access)
    }

    /// The index of the newest entry with this refresh token.
    pub fn refresh_position(&self, refresh: Option<Fingerprint>) -> Option<usize> {
        self.entries.iter().rposition(|entry| refresh.is_some() && entry.refresh == refresh)
    }

    /// The index of the newest entry with this access token.
    pub fn access_position(&self, access: Fingerprint) -> Option<usize> {
        self.entries.iter().rposition(|entry| entry.access == access)
    }
}

/// The times that show which of two credentials is newer.
#[derive(Clone, Copy, Debug)]
pub struct Dates {
    /// The claims of the access token, where it is a JWT.
    pub jwt: Option<jwt::Times>,
    /// The expiry that is stored beside the token.
    pub expires: Expiry,
}

impl Dates {
    /// The times of a source's login.
    pub fn of_login(login: &Login) -> Self {
        Self { jwt: jwt::times(login.access.secret.expose()), expires: login.expires }
    }

    /// These times, without those that are more than ten years away.
    #[must_use]
    pub fn as_of(self, now: i64) -> Self {
        let near = |times: jwt::Times| jwt::Times { expires: times.expires.filter(|at| !is_far(*at, now)), ..times };
        Self { jwt: self.jwt.map(near), expires: self.expires.as_of(now) }
    }

    /// The times of a profile.
    pub fn of_profile(profile: &Profile) -> Self {
        let jwt = profile.access.as_ref().and_then(|token| jwt::times(token.secret.expose()));
        Self { jwt, expires: profile.expires }
    }
}

/// Whether `a` is newer than `b`. Of two JWTs, the one with the later `iat` is newer; where `iat` is equal or
/// missing, `exp` decides. Otherwise the later expiry is newer, and a known expiry is newer than an unknown one.
#[must_use]
pub fn is_newer(a: &Dates, b: &Dates) -> bool {
    if let (Some(a), Some(b)) = (a.jwt, b.jwt) {
        return match (a.issued, b.issued) {
            (Some(a), Some(b)) if a != b => a > b,
            _ => a.expires > b.expires,
        };
    }
    a.expires.known() > b.expires.known()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_of_an_account_by_what_both_name() {
        let entry = |account: Option<&str>, organization: Option<&str>| Entry {
            account: account.map(Into::into),
            organization: organization.map(Into::into),
            refresh: None,
            access: Fingerprint::of("access-FAKE"),
            issued: None,
            expires: None,
        };
        let me = Identity {
            account_id: Some("Id-1".into()),
            email: Some("me@example.test".into()),
            organization: Some("mine".into()),
            ..Identity::default()
        };
        for (account, organization, expected) in [
            (Some("id-1"), None, Some(true)),
            (Some("id-2"), None, Some(false)),
            (Some("ME@example.test"), None, Some(true)),
            (Some("boss@example.test"), None, Some(false)),
            (Some("id-1"), Some("mine"), Some(true)),
            (Some("id-1"), Some("team"), Some(false)),
            (None, Some("team"), Some(false)),
            (None, Some("mine"), None),
            (None, None, None),
        ] {
            assert_eq!(entry(account, organization).is_of(&me), expected, "{account:?} {organization:?}");
        }
        // An id is not compared with an address.
        let unnamed = Identity { account_id: None, ..me.clone() };
        assert_eq!(entry(Some("id-2"), None).is_of(&unnamed), None);
        assert_eq!(entry(Some("boss@example.test"), None).is_of(&Identity { email: None, ..me }), None);
    }

    #[test]
    fn issue_comes_before_end_and_known_before_unknown() {
        let jwt = |issued, expires| Dates { jwt: Some(jwt::Times { issued, expires }), expires: Expiry::Unknown };
        let plain = |expires| Dates { jwt: None, expires };
        assert!(is_newer(&jwt(Some(2), Some(1)), &jwt(Some(1), Some(9))));
        assert!(is_newer(&jwt(Some(1), Some(2)), &jwt(Some(1), Some(1))));
        assert!(is_newer(&jwt(None, Some(2)), &jwt(Some(9), Some(1))));
        assert!(!is_newer(&jwt(Some(1), Some(1)), &jwt(Some(1), Some(1))));
        assert!(is_newer(&plain(Expiry::At(2)), &plain(Expiry::At(1))));
        assert!(is_newer(&plain(Expiry::At(-1)), &plain(Expiry::Unknown)));
        assert!(!is_newer(&plain(Expiry::Unknown), &plain(Expiry::Unknown)));
        assert!(!is_newer(&jwt(Some(9), None), &plain(Expiry::At(1))));
    }
}
