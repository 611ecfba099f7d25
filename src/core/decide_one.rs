//! Binds and judges one profile: the questions in their order, from the configuration to the dates.

use crate::core::adopt;
use crate::core::binding::{Binding, BoundBy, bind, region_contradicts};
use crate::core::change;
use crate::core::decide::Decider;
use crate::core::judge::{Case, judge};
use crate::core::linked::linked;
use crate::core::setup_token;
use crate::model::decision::{Decision, Judgement};
use crate::model::installation::{Era, StateDir};
use crate::model::inventory::StoreRef;
use crate::model::profile::Profile;
use crate::model::reason::Reason;
use crate::model::secret::fingerprint;
use crate::model::source::SourceState;
use crate::model::verdict::{Shape, Verdict};

impl Decider<'_> {
    /// Decides about one profile.
    pub fn decide(&self, state_dir: &StateDir, agent: &str, store: &str, profile: &Profile) -> Decision {
        let sane = profile.as_of(self.policy.now);
        let profile = sane.as_ref().unwrap_or(profile);
        let setup_end = setup_token::end(profile, agent, store, self.journal, self.policy);
        Decision { setup_end, ..self.bind_and_judge(state_dir, agent, store, profile) }
    }

    /// The login that a profile is bound to, and the rule; else the verdict on a profile that goes to none.
    fn bound(
        &self,
        state_dir: &StateDir,
        agent: &str,
        store: &str,
        profile: &Profile,
    ) -> Result<(usize, BoundBy), (Verdict, Reason)> {
        if state_dir.has_retired(&profile.id) {
            return Err((Verdict::Unbound, Reason::Retired));
        }
        if self.is_put_back(store, &profile.id) {
            return Err((Verdict::Unbound, Reason::Restored));
        }
        let linked = linked(state_dir, self.sources, profile);
        let record = self.journal.record(store, &profile.id);
        let bound = match self.adoption(store, &profile.id) {
            Some(_) if self.protects(agent, &profile.id) => Binding::Nothing,
            Some(named) => adopt::source(profile, self.sources, named.source)
                .map_or(Binding::Nothing, |source| Binding::To(source, BoundBy::Adoption)),
            None if self.journal.protects(store, &profile.id) => {
                return Err((Verdict::Unbound, Reason::Restored));
            }
            None => bind(profile, agent, self.sources, self.journal, record, &self.policy.bind, linked),
        };
        let is_free =
            !matches!(bound, Binding::To(_, BoundBy::Choice | BoundBy::Adoption | BoundBy::Link | BoundBy::Token));
        if is_free && !self.protects(agent, &profile.id) && self.elsewhere(profile).is_some() {
            return Err((Verdict::Elsewhere, Reason::LoginElsewhere));
        }
        match bound {
            Binding::To(index, bound_by) => Ok((index, bound_by)),
            Binding::Several => Err((Verdict::Opaque, Reason::SeveralLogins)),
            Binding::Nothing if !self.protects(agent, &profile.id) && self.unmapped(state_dir, profile).is_some() => {
                Err((Verdict::Opaque, Reason::LinkNotMapped))
            }
            Binding::Nothing => Err((Verdict::Unbound, Reason::NoSource)),
        }
    }

    fn bind_and_judge(&self, state_dir: &StateDir, agent: &str, store: &str, profile: &Profile) -> Decision {
        let alone = |verdict, reason| {
            let judgement = Judgement::new(verdict, reason);
            Decision { source: None, shape: Shape::OAuth, judgement, refused: None, setup_end: None }
        };
        let (index, bound_by) = match self.bound(state_dir, agent, store, profile) {
            Ok(bound) => bound,
            Err((verdict, reason)) => return alone(verdict, reason),
        };
        let linked = linked(state_dir, self.sources, profile);
        let record = self.journal.record(store, &profile.id);
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

    /// The login that a profile is bound to, as an index into the sources, and by which rule.
    #[must_use]
    pub fn bound_by(&self, at: StoreRef<'_>, profile: &Profile) -> Option<(usize, BoundBy)> {
        self.bound(at.dir(), &at.agent().id, &at.store.key, profile).ok()
    }
}
