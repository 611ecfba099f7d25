//! What ocsync remembers between two runs: the lineage of every login, what it has delivered where, and which
//! reloads are still owed.
//!
//! A refresh token can be used once. So a copy can be days from its expiry and dead already. Only memory shows
//! that: if the CLI held this token earlier and holds another one now, the copy is dead.
//! The journal holds fingerprints, never tokens. `sync/state_file.rs` reads and writes it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::attempts::Attempts;
use crate::model::history::History;
use crate::model::lineage::{Entry, Lineage};
use crate::model::login::Login;
use crate::model::record::{self, Debt, Record, StoreRecord, Stores};
use crate::model::secret::Fingerprint;
use crate::model::setup_token::SeenSetupToken;
use crate::model::source::Source;
use crate::model::unrenewed::Unrenewed;

/// How many entries are kept per source and account. Claude Code rotates its tokens about three times a day.
const KEPT: usize = 256;

/// The whole journal, as the state file holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journal {
    /// The format of the file.
    pub version: u32,
    /// The entries seen so far, by path of the source's file, oldest to newest.
    #[serde(default)]
    pub sources: BTreeMap<String, Vec<Entry>>,
    /// What is known of OpenClaw's stores, by path of the file. It is the largest part of the journal and rarely
    /// changes, so clones of the journal share it until one of them changes it.
    #[serde(default, deserialize_with = "record::shared")]
    pub stores: Arc<Stores>,
    /// Reloads owed to the gateways, by state directory.
    #[serde(default)]
    pub reloads: BTreeMap<String, Debt>,
    /// The refresh tokens of sources that OpenClaw is proven to have spent, by path of the source.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub spent: BTreeMap<String, Fingerprint>,
    /// What is known of refreshing the sources, by path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub refreshes: BTreeMap<String, Attempts>,
    /// Served logins whose file is gone, by path: when that was first seen, in milliseconds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub gone: BTreeMap<String, i64>,
    /// When a login was last seen, by path, in milliseconds and to the hour.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub present: BTreeMap<String, i64>,
    /// Logins whose access token was seen after its end, by path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unrenewed: BTreeMap<String, Unrenewed>,
    /// The setup tokens that profiles hold.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub setup_tokens: BTreeMap<Fingerprint, SeenSetupToken>,
    /// When the logins that were replaced and kept are to be looked through again, in milliseconds. `None` where there
    /// are none, or one of them could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tidy_kept: Option<i64>,
    /// What happened in the last 30 days.
    #[serde(default, skip_serializing_if = "History::is_empty")]
    pub history: History,
    /// The directories that a run is working in. If it was killed, it may have left something there.
    #[serde(default)]
    pub in_flight: Vec<String>,
    /// What another version of ocsync keeps here. It stays.
    #[serde(flatten)]
    pub unknown: BTreeMap<String, Value>,
}

impl Default for Journal {
    fn default() -> Self {
        Self {
            version: 1,
            sources: BTreeMap::new(),
            stores: Arc::default(),
            reloads: BTreeMap::new(),
            spent: BTreeMap::new(),
            refreshes: BTreeMap::new(),
            gone: BTreeMap::new(),
            present: BTreeMap::new(),
            unrenewed: BTreeMap::new(),
            setup_tokens: BTreeMap::new(),
            tidy_kept: None,
            history: History::default(),
            in_flight: Vec::new(),
            unknown: BTreeMap::new(),
        }
    }
}

impl Journal {
    /// Notes a directory in which the run may leave something if it is killed.
    pub fn note_in_flight(&mut self, dir: &Path) {
        let dir = dir.to_string_lossy();
        if !self.in_flight.iter().any(|known| *known == dir) {
            self.in_flight.push(dir.into_owned());
        }
    }

    /// The entries of one source that belong, or may belong, to the account of `login`.
    pub fn lineage(&self, path: &str, login: &Login) -> Lineage<'_> {
        let may = |entry: &&Entry| entry.is_of(&login.identity) != Some(false);
        Lineage { entries: self.sources.get(path).map_or_else(Vec::new, |all| all.iter().filter(may).collect()) }
    }

    /// The entries of a source that belong, or may belong, to the account of its login; all of them where it has none.
    pub fn lineage_of(&self, source: &Source) -> Lineage<'_> {
        let path = source.path.to_string_lossy();
        match source.login() {
            Some(login) => self.lineage(&path, login),
            None => Lineage { entries: self.sources.get(&*path).into_iter().flatten().collect() },
        }
    }

    /// Notes the tokens that a source holds now. Tokens that are known already change nothing.
    ///
    /// A source that was rolled back to an older entry is not noted. But if the operator prefers the source
    /// (`prefer`), its entry becomes the newest.
    pub fn observe(&mut self, path: &str, login: &Login, prefer: bool) {
        let lineage = self.lineage(path, login);
        let entry = Entry::of(login);
        let rolled_back = lineage.is_rolled_back(entry.refresh);
        let known = lineage.position(entry.refresh, entry.access).is_some();
        if (rolled_back || known) && !(prefer && rolled_back) {
            return;
        }
        let entries = self.sources.entry(path.to_owned()).or_default();
        entries.retain(|old| old.tokens() != entry.tokens());
        let is_alike = |old: &Entry| (&old.account, &old.organization) == (&entry.account, &entry.organization);
        let mut of_account = entries.iter().enumerate().filter(|(_, old)| is_alike(old));
        let oldest = of_account.next().map(|(index, _)| index);
        if let (true, Some(oldest)) = (of_account.count() >= KEPT - 1, oldest) {
            entries.remove(oldest);
        }
        entries.push(entry);
    }

    /// What is known of a profile.
    pub fn record(&self, store: &str, profile: &str) -> Option<&Record> {
        self.stores.get(store)?.profiles.get(profile).map(|record| &**record)
    }

    /// Whether a profile is protected since `--restore`.
    #[must_use]
    pub fn protects(&self, store: &str, profile: &str) -> bool {
        self.record(store, profile).is_some_and(|record| record.protected)
    }

    /// Forgets a store.
    pub fn forget_store(&mut self, store: &str) {
        Arc::make_mut(&mut self.stores).remove(store);
    }

    /// The record of a profile, to be changed; a new one where there is none.
    pub fn record_mut(&mut self, store: &Arc<str>, profile: &str) -> &mut Record {
        self.store_mut(store).profiles.entry(profile.to_owned()).or_default()
    }

    /// The record of a store, to be changed; a new one where there is none.
    pub fn store_mut(&mut self, store: &Arc<str>) -> &mut StoreRecord {
        Arc::make_mut(Arc::make_mut(&mut self.stores).entry(store.clone()).or_default())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::login::Expiry;
    use crate::model::login::Identity;
    use crate::model::secret::Token;

    pub fn login(refresh: &str, access: &str, account: Option<&str>) -> Login {
        Login {
            access: Token::new(access),
            refresh: Some(Token::new(refresh)),
            expires: Expiry::At(1),
            deadline: None,
            refreshable: true,
            identity: Identity { account_id: account.map(Into::into), ..Identity::default() },
        }
    }

    fn refreshes(journal: &Journal) -> Vec<Option<Fingerprint>> {
        journal.sources["p"].iter().map(|entry| entry.refresh).collect()
    }

    #[test]
    fn a_rotation_is_appended_once_and_a_rollback_never() {
        let mut journal = Journal::default();
        let (one, two) = (login("r1", "a1", None), login("r2", "a2", None));
        for seen in [&one, &one, &two, &one, &two] {
            journal.observe("p", seen, false);
        }
        let known = [Some(Fingerprint::of("r1")), Some(Fingerprint::of("r2"))];
        assert_eq!(refreshes(&journal), known);
        assert!(journal.lineage("p", &one).is_rolled_back(known[0]));
        journal.observe("p", &one, true);
        assert_eq!(refreshes(&journal), [known[1], known[0]]);
        assert!(!journal.lineage("p", &one).is_rolled_back(known[0]));
    }

    #[test]
    fn a_refresh_token_that_stays_has_one_entry_per_access_token() {
        let mut journal = Journal::default();
        journal.observe("p", &login("r", "a1", None), false);
        journal.observe("p", &login("r", "a2", None), false);
        journal.observe("p", &login("r", "a1", None), false);
        assert_eq!(journal.sources["p"].len(), 2);
        assert!(!journal.lineage("p", &login("r", "a1", None)).is_rolled_back(Some(Fingerprint::of("r"))));
    }

    #[test]
    fn switching_accounts_and_back_is_no_rollback() {
        let mut journal = Journal::default();
        for (refresh, account) in [("r1", "A"), ("r2", "B"), ("r1", "A")] {
            journal.observe("p", &login(refresh, refresh, Some(account)), false);
        }
        let back = login("r1", "r1", Some("A"));
        assert!(!journal.lineage("p", &back).is_rolled_back(Some(Fingerprint::of("r1"))));
        assert_eq!(journal.sources["p"].len(), 2);
    }

    #[test]
    fn the_journal_is_bounded_and_holds_no_token() {
        let mut journal = Journal::default();
        for n in 0..KEPT + 10 {
            journal.observe("p", &login(&format!("rt-canary-{n}"), &format!("at-canary-{n}"), None), false);
        }
        assert_eq!(journal.sources["p"].len(), KEPT);
        let text = serde_json::to_string(&journal).unwrap();
        assert!(!text.contains("canary"));
        assert_eq!(serde_json::from_str::<Journal>(&text).unwrap(), journal);
    }

    #[test]
    fn what_another_version_keeps_in_the_journal_stays() {
        let text = r#"{"version":1,"sources":{},"stores":{},"reloads":{},"in_flight":[],"tomorrow":{"a":[1]}}"#;
        let journal: Journal = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&journal).unwrap(), text);
    }
}
