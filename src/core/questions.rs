//! What the engine asks about one profile or one login, beside the decision about it.

use std::path::Path;

use crate::core::decide::Decider;
use crate::core::elsewhere::elsewhere;
use crate::core::keep;
use crate::core::linked::unmapped;
use crate::core::other_account;
use crate::core::own_lineage::has_own_refresh;
use crate::model::decision::Decision;
use crate::model::installation::StateDir;
use crate::model::inventory::Store;
use crate::model::profile::Profile;
use crate::model::reason::Reason;
use crate::model::record::Record;
use crate::model::secret::fingerprint;
use crate::model::source::{Source, SourceKind, SourceState};
use crate::model::verdict::{Shape, Verdict};

impl<'a> Decider<'a> {
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

    /// Why a new profile must not get a source's credential; `None` where it may. It may when the credential has not
    /// expired, lacks nothing, and is the newest of its lineage.
    #[must_use]
    pub fn obstacle_to_creating(&self, source: usize, shape: Shape) -> Option<Reason> {
        let of = &self.sources[source];
        let refresh = fingerprint(of.login().and_then(|login| login.refresh.as_ref()));
        let is_old = self.lineages[source].is_rolled_back(refresh) || self.spent[source];
        of.shortfall(self.policy.now, shape == Shape::OAuth).or_else(|| is_old.then_some(Reason::NoUsableLogin))
    }

    /// The path of what may be a login, as a gateway in a container has it and nothing maps it: see [`unmapped`].
    pub fn unmapped<'d>(&self, state_dir: &'d StateDir, profile: &Profile) -> Option<&'d Path> {
        unmapped(state_dir, self.sources, profile)
    }

    /// Whether a profile has a refresh token that is not of the source's lineage.
    #[must_use]
    pub fn has_own_refresh(&self, source: usize, profile: &Profile) -> bool {
        has_own_refresh(profile, &self.lineages[source])
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

    /// The accounts of a profile and of its source in words: see [`other_account::both`].
    pub fn accounts(&self, source: &Source, store: &str, profile: &Profile) -> Option<(String, String)> {
        other_account::both(source.kind, source.login()?, profile, self.journal.record(store, &profile.id))
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
    pub(super) fn has_seen(&self, source: &Source, profile: &Profile, record: Option<&Record>) -> bool {
        let current = fingerprint(source.login().and_then(|login| login.refresh.as_ref()));
        let held = fingerprint(profile.refresh.as_ref()).filter(|held| Some(*held) != current);
        let matters = current.is_some() && record.is_some_and(|record| record.seen == current);
        held.is_some_and(|held| matters && self.journal.has_seen(held))
    }
}
