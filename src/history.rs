//! The states that one login has gone through, and where a token stands among them.

use serde::{Deserialize, Serialize};

use crate::credential::{Fingerprint, Login, fingerprint};
use crate::source::jwt;

/// One state of a login: a pair of tokens that a CLI's file has held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Account id or e-mail, where one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
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
    /// The entry that a login makes.
    #[must_use]
    pub fn of(login: &Login) -> Self {
        Self {
            account: login.identity.account_id.clone().or_else(|| login.identity.email.clone()),
            refresh: fingerprint(login.refresh.as_ref()),
            access: login.access.fingerprint,
            issued: jwt::times(login.access.secret.expose()).and_then(|times| times.issued),
            expires: login.expires.known(),
        }
    }
}

/// The states that one login has gone through, oldest to newest.
#[derive(Clone, Debug, Default)]
pub struct Lineage<'a> {
    /// The entries.
    pub entries: Vec<&'a Entry>,
}

impl Lineage<'_> {
    /// Whether a refresh token is known and not the newest: a backup was put back, say.
    #[must_use]
    pub fn is_rolled_back(&self, refresh: Option<Fingerprint>) -> bool {
        refresh.is_some()
            && self.entries.last().is_some_and(|newest| newest.refresh != refresh)
            && self.refresh_position(refresh).is_some()
    }

    /// Where this pair of tokens stands.
    #[must_use]
    pub fn position(&self, refresh: Option<Fingerprint>, access: Fingerprint) -> Option<usize> {
        self.entries.iter().rposition(|entry| entry.refresh == refresh && entry.access == access)
    }

    /// Where this refresh token stands last.
    #[must_use]
    pub fn refresh_position(&self, refresh: Option<Fingerprint>) -> Option<usize> {
        self.entries.iter().rposition(|entry| refresh.is_some() && entry.refresh == refresh)
    }

    /// Where this access token stands last.
    #[must_use]
    pub fn access_position(&self, access: Fingerprint) -> Option<usize> {
        self.entries.iter().rposition(|entry| entry.access == access)
    }
}
