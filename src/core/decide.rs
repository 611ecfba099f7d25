//! Binds and judges every profile of an inventory.
//!
//! It runs once over all stores. If one profile proves that a source's refresh token is spent, it runs again over
//! the stores that use this source. It also runs for a single store under that store's lock, right before the
//! store is written.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use crate::core::account;
use crate::core::adopt::{self, Adopted, Key};
use crate::core::binding::{Binding, BoundBy, bind, region_contradicts};
use crate::core::change;
use crate::core::elsewhere::elsewhere;
use crate::core::judge::{Case, judge};
use crate::core::keep;
use crate::core::own_lineage::has_own_refresh;
use crate::core::setup_token;
use crate::core::shadow;
use crate::core::shared_rows::refuse_rows;
use crate::model::decision::{self, Decision, Decisions, Judgement};
use crate::model::installation::{Era, SecretProvider, StateDir};
use crate::model::inventory::{Cooldown, Inventory, Store, StoreRef};
use crate::model::journal::Journal;
use crate::model::lineage::Lineage;
use crate::model::login::Login;
use crate::model::policy::Policy;
use crate::model::profile::{Profile, Reference};
use crate::model::reason::Reason;
use crate::model::recent::Recent;
use crate::model::record::Record;
use crate::model::secret::fingerprint;
use crate::model::source::{Source, SourceKind, SourceState};
use crate::model::verdict::{Shape, Verdict};

/// All that decisions depend on.
#[derive(Debug)]
pub struct Decider<'a> {
    inventory: &'a Inventory,
    sources: &'a [Source],
    login_files: &'a [PathBuf],
    lineages: Vec<Lineage<'a>>,
    spent: Vec<bool>,
    untold: Vec<bool>,
    /// Store and id of each profile that is in an auth cooldown.
    failing: HashSet<(&'a str, &'a str)>,
    decisions: Vec<Decisions>,
    adopted: Vec<Adopted>,
    put_back: Vec<Key>,
    journal: &'a Journal,
    policy: &'a Policy,
}

impl<'a> Decider<'a> {
    /// Decides about every profile of the inventory. `journal` must know already what the sources hold now.
    pub fn new(inventory: &'a Inventory, journal: &'a Journal, policy: &'a Policy) -> Self {
        let lineage = |source: &Source| {
            let path = source.path.to_string_lossy();
            match source.login() {
                Some(login) => journal.lineage(&path, login),
                None => Lineage { entries: journal.sources.get(&*path).into_iter().flatten().collect() },
            }
        };
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
            lineages: sources.iter().map(lineage).collect(),
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

    /// Whether OpenClaw is proven to have spent a source's refresh token.
    #[must_use]
    pub fn is_spent(&self, source: usize) -> bool {
        self.spent[source]
    }

    /// Whether the operator protects a profile from every source.
    #[must_use]
    pub fn protects(&self, agent: &str, id: &str) -> bool {
        self.policy.protects(agent, id)
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
        self.put_back.iter().any(|(key, profile)| key == store && profile == id)
    }

    /// What `--adopt` says of a profile.
    pub fn adoption(&self, store: &str, id: &str) -> Option<&Adopted> {
        self.adopted.iter().find(|of| of.key.0 == store && of.key.1 == id)
    }

    /// Whether an update replaces a login that may be alive and that is not the source's. Then it is kept.
    #[must_use]
    pub fn replaces_another(&self, decision: &Decision, profile: &Profile) -> bool {
        let Some(index) = decision.source.filter(|_| decision.is_update()) else { return false };
        let Some(login) = self.login(index) else { return false };
        match decision.judgement.reason {
            Reason::MetadataDiffers => false,
            Reason::Adopted => keep::differs(profile, login),
            _ => keep::is_another(profile, login, &self.lineages[index], self.journal, self.policy.now),
        }
    }

    /// Whether a profile holds a login that may be alive and that no CLI is known to have held.
    #[must_use]
    pub fn holds_another(&self, profile: &Profile) -> bool {
        keep::is_of_no_cli(profile, self.journal, self.policy.now)
    }

    /// Whether a profile in SQLite is kept in step with its source in place, or by OpenClaw.
    #[must_use]
    pub fn keeps_in_place(&self, decision: &Decision) -> bool {
        let is_opaque = decision.judgement.verdict == Verdict::Opaque;
        self.policy.sqlite_write.is_auto() && decision.refused.is_none() && !is_opaque
    }

    /// The login of a source.
    pub fn login(&self, source: usize) -> Option<&'a Login> {
        self.sources[source].login()
    }

    /// Whether a new profile may get a source's credential. It may when the credential has not expired, lacks
    /// nothing, and is the newest of its lineage.
    #[must_use]
    pub fn may_create(&self, source: usize, shape: Shape) -> bool {
        self.login(source).is_some_and(|login| {
            let whole = login.expires.known().is_some() && (shape == Shape::Token || login.refresh.is_some());
            let refresh = fingerprint(login.refresh.as_ref());
            let newest = !self.lineages[source].is_rolled_back(refresh) && !self.spent[source];
            whole && newest && !login.expires.is_spent(self.policy.now)
        })
    }

    /// Whether a profile has a refresh token that is not of the source's lineage.
    #[must_use]
    pub fn has_own_refresh(&self, source: usize, profile: &Profile) -> bool {
        has_own_refresh(profile, &self.lineages[source])
    }

    /// Decides about one profile.
    pub fn decide(&self, state_dir: &StateDir, agent: &str, store: &str, profile: &Profile) -> Decision {
        let sane = profile.as_of(self.policy.now);
        let profile = sane.as_ref().unwrap_or(profile);
        let setup_end = setup_token::end(profile, agent, store, self.journal, self.policy);
        Decision { setup_end, ..self.bind_and_judge(state_dir, agent, store, profile) }
    }

    fn bind_and_judge(&self, state_dir: &StateDir, agent: &str, store: &str, profile: &Profile) -> Decision {
        let alone = |verdict, reason| {
            let judgement = Judgement::new(verdict, reason);
            Decision { source: None, shape: Shape::OAuth, judgement, refused: None, setup_end: None }
        };
        if state_dir.has_retired(&profile.id) {
            return alone(Verdict::Unbound, Reason::Retired);
        }
        if self.is_put_back(store, &profile.id) {
            return alone(Verdict::Unbound, Reason::Restored);
        }
        let linked = self.linked(state_dir, profile);
        let record = self.journal.record(store, &profile.id);
        let bound = match self.adoption(store, &profile.id) {
            Some(_) if self.protects(agent, &profile.id) => Binding::Nothing,
            Some(named) => adopt::source(profile, self.sources, named.source)
                .map_or(Binding::Nothing, |source| Binding::To(source, BoundBy::Adoption)),
            None if self.journal.protects(store, &profile.id) => {
                return alone(Verdict::Unbound, Reason::Restored);
            }
            None => bind(profile, agent, self.sources, self.journal, record, &self.policy.bind, linked),
        };
        let is_free =
            !matches!(bound, Binding::To(_, BoundBy::Choice | BoundBy::Adoption | BoundBy::Link | BoundBy::Token));
        if is_free && !self.protects(agent, &profile.id) && self.elsewhere(profile).is_some() {
            return alone(Verdict::Elsewhere, Reason::LoginElsewhere);
        }
        let (index, bound_by) = match bound {
            Binding::To(index, bound_by) => (index, bound_by),
            Binding::Several => return alone(Verdict::Opaque, Reason::SeveralLogins),
            Binding::Nothing => return alone(Verdict::Unbound, Reason::NoSource),
        };
        let source = &self.sources[index];
        if matches!(source.state, SourceState::OutOfReach(_)) && linked != Some(index) {
            return alone(Verdict::Unbound, Reason::LoginOutOfReach);
        }
        let settings = &state_dir.settings;
        let mode = settings.mode(&profile.id);
        let sqlite = state_dir.era == Era::Sqlite;
        let in_place = sqlite && self.policy.sqlite_write.is_auto();
        // A profile in SQLite without a refresh token got the access token alone. It is compared in that form,
        // also in a run that does not write SQLite.
        let shape = if in_place || (sqlite && profile.refresh.is_none()) {
            change::shape_in_sqlite(profile, mode, self.policy.force_type)
        } else {
            change::shape(profile, self.policy.share(source.id()), mode, self.policy.force_type)
        };
        let entry = self.journal.entry(
            &source.path.to_string_lossy(),
            fingerprint(profile.refresh.as_ref()),
            fingerprint(profile.access.as_ref()),
        );
        let contradicts = |region: &str| region_contradicts(region, settings.minimax_url.as_deref());
        let judgement = judge(&Case {
            kind: source.kind,
            state: &source.state,
            lineage: &self.lineages[index],
            token_entry: entry,
            bound_by,
            untold: self.untold[index],
            is_failing: self.is_failing(store, &profile.id),
            seen_before: self.has_seen(source, profile, record),
            spent: self.spent[index],
            profile,
            record,
            shape,
            mode,
            linked: linked == Some(index),
            wrong_region: source.region.as_deref().is_some_and(contradicts),
            sqlite,
            prefer_source: self.policy.prefer_source,
            now: self.policy.now,
        });
        let refused = match state_dir.era {
            Era::Sqlite if !in_place => Some(Reason::SqliteNotWritten),
            Era::Sqlite | Era::Json | Era::Unclear => change::refusal(source.kind, shape, profile, state_dir.version),
        };
        let refused = refused.filter(|_| judgement.verdict.is_update());
        Decision { source: Some(index), shape, judgement, refused, setup_end: None }
    }

    /// Whether nothing but its account binds a profile to a source: its refresh token is its own.
    #[must_use]
    pub fn is_by_account(&self, source: usize, agent: &str, profile: &Profile) -> bool {
        let is_named = self.sources[source].kind.ids().contains(&profile.id.as_str());
        !is_named && !self.policy.binds(agent, &profile.id) && self.has_own_refresh(source, profile)
    }

    /// Whether OpenClaw does not use a profile for a while, because its credential has failed.
    #[must_use]
    pub fn is_failing(&self, store: &str, id: &str) -> bool {
        self.failing.contains(&(store, id))
    }

    /// The path of the login that a profile's tokens are of, where this run looks for that login at another path.
    pub fn elsewhere(&self, profile: &Profile) -> Option<&'a str> {
        elsewhere(profile, self.journal, self.sources, self.login_files)
    }

    /// When a source's login was last seen, in milliseconds and to the hour.
    pub fn last_seen(&self, source: &Source) -> Option<i64> {
        self.journal.present.get(&*source.path.to_string_lossy()).copied()
    }

    /// How the CLI of a profile's login works without that login in its file, in words.
    pub fn out_of_reach(&self, profile: &Profile) -> Option<&'a str> {
        let mut its =
            self.sources.iter().filter(|source| source.kind.providers().contains(&profile.provider.as_str()));
        its.find_map(|source| match &source.state {
            SourceState::OutOfReach(how) => Some(how.as_str()),
            _ => None,
        })
    }

    /// The accounts of a profile and of its source in words: see [`account::both`].
    pub fn accounts(&self, source: &Source, store: &str, profile: &Profile) -> Option<(String, String)> {
        account::both(source.kind, source.login()?, profile, self.journal.record(store, &profile.id))
    }

    /// Whether any profile has the tokens of a login that is elsewhere. `kind`: a login of this CLI.
    #[must_use]
    pub fn knows_elsewhere(&self, kind: Option<SourceKind>) -> bool {
        let is_of = |profile: &Profile| kind.is_none_or(|kind| kind.providers().contains(&profile.provider.as_str()));
        let of_store = |store: &Store| {
            let mut all = store.profiles.iter().zip(self.decisions(store));
            all.any(|(of, decision)| decision.judgement.verdict == Verdict::Elsewhere && is_of(of))
        };
        self.inventory.stores().any(|at| of_store(at.store))
    }

    /// Whether any profile has held this profile's refresh token before. The search costs time, so it happens only
    /// where the answer matters: the profile was last seen with the source's token and now holds another one.
    fn has_seen(&self, source: &Source, profile: &Profile, record: Option<&Record>) -> bool {
        let current = fingerprint(source.login().and_then(|login| login.refresh.as_ref()));
        let held = fingerprint(profile.refresh.as_ref()).filter(|held| Some(*held) != current);
        let matters = current.is_some() && record.is_some_and(|record| record.seen == current);
        held.is_some_and(|held| matters && self.journal.has_seen(held))
    }

    /// The source that a profile refers to: the profile names the source's file, or `ocsync provide`.
    fn linked(&self, state_dir: &StateDir, profile: &Profile) -> Option<usize> {
        let Reference::Secret { provider, id, .. } = &profile.reference else { return None };
        match state_dir.settings.secrets.get(provider)? {
            SecretProvider::File(path) => {
                self.sources.iter().position(|source| state_dir.border.there(&source.path).as_ref() == Some(path))
            }
            SecretProvider::Exec(program) if program.file_name().is_some_and(|name| name == "ocsync") => {
                self.sources.iter().position(|source| id.split('/').next() == Some(source.name))
            }
            SecretProvider::Exec(_) => None,
        }
    }
}

/// Store and id of the profiles of a store that are in an auth cooldown.
fn failing(store: &Store, now: i64) -> impl Iterator<Item = (&str, &str)> {
    let is_failing = move |cooldown: &Option<Cooldown>| cooldown.as_ref().is_some_and(|of| of.is_for_auth(now));
    let named = store.cooldowns.iter().filter(move |(_, cooldown)| is_failing(cooldown));
    named.map(|(id, _)| (store.key.as_str(), id.as_str()))
}
