//! Binds and judges every profile of an inventory.
//!
//! It runs once over all stores. If one profile proves that a source's refresh token is spent, it runs again over
//! the stores that use this source. It also runs for a single store under that store's lock, right before the
//! store is written.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use crate::core::adopt::{self, Adopted, Key};
use crate::core::shadow;
use crate::core::shared_rows::refuse_rows;
use crate::model::decision::{self, Decision, Decisions};
use crate::model::inventory::{Cooldown, Inventory, Store, StoreRef};
use crate::model::journal::Journal;
use crate::model::lineage::Lineage;
use crate::model::login::Login;
use crate::model::policy::Policy;
use crate::model::profile::Profile;
use crate::model::recent::Recent;
use crate::model::secret::fingerprint;
use crate::model::source::Source;

/// All that decisions depend on.
#[derive(Debug)]
pub struct Decider<'a> {
    pub(super) inventory: &'a Inventory,
    pub(super) sources: &'a [Source],
    pub(super) login_files: &'a [PathBuf],
    pub(super) lineages: Vec<Lineage<'a>>,
    pub(super) spent: Vec<bool>,
    pub(super) untold: Vec<bool>,
    /// Store and id of each profile that is in an auth cooldown.
    pub(super) failing: HashSet<(&'a str, &'a str)>,
    decisions: Vec<Decisions>,
    adopted: Vec<Adopted>,
    put_back: Vec<Key>,
    pub(super) journal: &'a Journal,
    pub(super) policy: &'a Policy,
}

impl<'a> Decider<'a> {
    /// Decides about every profile of the inventory. `journal` must know already what the sources hold now.
    pub fn new(inventory: &'a Inventory, journal: &'a Journal, policy: &'a Policy) -> Self {
        let is_spent = |source: &Source| {
            let refresh = fingerprint(source.login().and_then(|login| login.refresh.as_ref()));
            refresh.is_some() && journal.spent.get(&*source.path.to_string_lossy()).copied() == refresh
        };
        let is_untold = |source: &Source| {
            let lost = |login| journal.has_lost_account(&source.path.to_string_lossy(), login);
            source.untold.is_some() || source.login().is_some_and(lost)
        };
        let sources = inventory.sources.as_slice();
        let mut decider = Self {
            inventory,
            sources,
            login_files: &inventory.login_files,
            lineages: sources.iter().map(|source| journal.lineage_of(source)).collect(),
            spent: sources.iter().map(is_spent).collect(),
            untold: sources.iter().map(is_untold).collect(),
            failing: inventory.stores().flat_map(|at| failing(at.store, policy.now)).collect(),
            decisions: Vec::new(),
            adopted: adopt::adopted(inventory, policy),
            put_back: Vec::new(),
            journal,
            policy,
        };
        let (mut shared, mut lists) = (Recent::default(), Recent::default());
        let mut decide = |decider: &Self, at: StoreRef<'_>| {
            let one = |profile: &Arc<Profile>| {
                shared.share(decider.decide(at.dir(), &at.agent().id, &at.store.key, profile))
            };
            lists.share_list(at.store.profiles.iter().map(one).collect())
        };
        let mut decisions: Vec<Decisions> = inventory.stores().map(|at| decide(&decider, at)).collect();
        // One profile can prove that the source's refresh token is spent. Then it is spent for all profiles.
        let proven = decisions.iter().flat_map(|of| of.iter()).filter(|decision| decision.judgement.is_proven());
        let mut newly_spent: Vec<usize> = proven.filter_map(|decision| decision.source).collect();
        newly_spent.retain(|source| !decider.spent[*source]);
        newly_spent.iter().for_each(|source| decider.spent[*source] = true);
        // The first decisions did not know that yet, so the profiles of these sources are decided again.
        for (at, decisions) in inventory.stores().zip(&mut decisions) {
            if decisions.iter().filter_map(|decision| decision.source).any(|source| newly_spent.contains(&source)) {
                *decisions = decide(&decider, at);
            }
        }
        shadow::judge_rows(inventory, &mut decisions, policy.now);
        if policy.sqlite_write.is_auto() {
            refuse_rows(inventory, &mut decisions);
        }
        decider.decisions = decisions;
        decider
    }

    /// The decisions about the profiles of a store, in their order.
    pub fn decisions(&self, store: &Store) -> &[Arc<Decision>] {
        &self.decisions[store.number]
    }

    /// The profiles whose replaced login this run puts back. No source is bound to them.
    pub fn put_back(&mut self, inventory: &Inventory, profiles: Vec<Key>) {
        if profiles.is_empty() {
            return;
        }
        self.put_back = profiles;
        let mut decisions = std::mem::take(&mut self.decisions);
        for at in inventory.stores() {
            let store = at.store;
            decision::exchange(&mut decisions[store.number], |place, _| {
                let profile = &store.profiles[place];
                let is_named = self.is_put_back(&store.key, &profile.id);
                is_named.then(|| self.decide(at.dir(), &at.agent().id, &store.key, profile))
            });
        }
        self.decisions = decisions;
    }

    /// Whether this run puts a replaced login back into a profile.
    #[must_use]
    pub fn is_put_back(&self, store: &str, id: &str) -> bool {
        self.put_back.iter().any(|(key, profile)| **key == *store && profile == id)
    }

    /// What `--adopt` says of a profile.
    pub fn adoption(&self, store: &str, id: &str) -> Option<&Adopted> {
        self.adopted.iter().find(|of| *of.key.0 == *store && of.key.1 == id)
    }

    /// The login of a source.
    pub fn login(&self, source: usize) -> Option<&'a Login> {
        self.sources[source].login()
    }
}

/// Store and id of the profiles of a store that are in an auth cooldown.
fn failing(store: &Store, now: i64) -> impl Iterator<Item = (&str, &str)> {
    let is_failing = move |cooldown: &Option<Cooldown>| cooldown.as_ref().is_some_and(|of| of.is_for_auth(now));
    let named = store.cooldowns.iter().filter(move |(_, cooldown)| is_failing(cooldown));
    named.map(|(id, _)| (&*store.key, id.as_str()))
}
