//! The states that one login has gone through, and where a token stands among them.

use crate::credential::Fingerprint;
use crate::journal::Entry;

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
