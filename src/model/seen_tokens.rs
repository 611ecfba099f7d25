//! Which login, or which profile, has held a token: questions to the journal.

use crate::model::journal::Journal;
use crate::model::lineage::Entry;
use crate::model::login::Login;
use crate::model::secret::{Fingerprint, fingerprint};

impl Journal {
    /// The newest entry of a source that holds this refresh or access token. The account does not matter.
    pub fn entry(&self, path: &str, refresh: Option<Fingerprint>, access: Option<Fingerprint>) -> Option<&Entry> {
        let is = |entry: &&Entry| {
            (refresh.is_some() && entry.refresh == refresh) || access.is_some_and(|access| entry.access == access)
        };
        self.sources.get(path)?.iter().rev().find(is)
    }

    /// The paths at which a login is known to have held one of these tokens.
    pub fn paths_of(&self, refresh: Option<Fingerprint>, access: Option<Fingerprint>) -> impl Iterator<Item = &str> {
        self.sources.keys().map(String::as_str).filter(move |path| self.entry(path, refresh, access).is_some())
    }

    /// Whether a token is, or was, the access token of a login.
    #[must_use]
    pub fn is_of_login(&self, access: Fingerprint) -> bool {
        self.sources.values().flatten().any(|entry| entry.access == access)
    }

    /// Whether it cannot be told whose the login at a path is now: it names nobody, has a refresh token that is
    /// not known to be anybody's, and the path has held logins that did name somebody.
    pub fn has_lost_account(&self, path: &str, login: &Login) -> bool {
        let refresh = fingerprint(login.refresh.as_ref());
        let named = |entry: &&Entry| entry.account.is_some();
        let entries = self.sources.get(path).map_or(&[][..], Vec::as_slice);
        login.identity.is_empty()
            && entries.iter().any(|entry| named(&entry))
            && !entries.iter().any(|entry| named(&entry) && entry.refresh == refresh && refresh.is_some())
    }

    /// Whether any profile is remembered to have held this token.
    #[must_use]
    pub fn has_seen(&self, token: Fingerprint) -> bool {
        let records = self.stores.values().flat_map(|store| store.profiles.values());
        let mut records = records.filter(|record| record.seen.is_some() || !record.replaced.is_empty());
        records.any(|record| record.seen == Some(token) || record.replaced.contains(&token))
    }

    /// Whether a delivery has replaced this token in any profile.
    #[must_use]
    pub fn has_replaced(&self, token: Fingerprint) -> bool {
        self.stores.values().flat_map(|store| store.profiles.values()).any(|record| record.replaced.contains(&token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::journal::tests::login;

    #[test]
    fn an_account_is_lost_where_a_new_login_names_nobody_and_an_older_one_did() {
        let mut journal = Journal::default();
        journal.observe("p", &login("r1", "a1", Some("me")), false);
        journal.observe("nobody", &login("r1", "a1", None), false);
        let lost = |path: &str, refresh: &str, account: Option<&str>| {
            journal.has_lost_account(path, &login(refresh, "a2", account))
        };
        assert!(lost("p", "r2", None));
        assert!(!lost("p", "r2", Some("boss")), "it names somebody");
        assert!(!lost("p", "r1", None), "its refresh token is known to be somebody's");
        assert!(!lost("nobody", "r2", None) && !lost("new", "r2", None), "nobody was ever named there");
        let without = Login { refresh: None, ..login("", "a2", None) };
        assert!(journal.has_lost_account("p", &without));
    }
}
