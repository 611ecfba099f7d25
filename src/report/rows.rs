//! From what was read and decided to the rows of a report.

use std::sync::Arc;

use crate::core::decide::Decider;
use crate::model::installation::Era;
use crate::model::installation::StateDir;
use crate::model::inventory::{Inventory, Store, StoreState};
use crate::model::item::{Action, Outcome};
use crate::model::profile::{Profile, Reference};
use crate::model::secret::fingerprint;
use crate::model::source::{Source, SourceState};
use crate::model::time;
use crate::model::verdict::Decision;
use crate::model::verdict::Verdict;
use crate::refresh::write_back;
use crate::report::state::{State, Thresholds, by_time, profile_state};
use crate::report::{Place, ProfileRow, Said, SourceRow};
use crate::settings::options::Options;

/// Seconds from `now` until `expires`.
#[must_use]
pub fn seconds(expires: Option<i64>, now: i64) -> Option<i64> {
    expires.map(|at| at.saturating_sub(now).div_euclid(1000))
}

/// The row of a source.
#[must_use]
pub fn source_row(source: &Source, now: i64, thresholds: Thresholds) -> SourceRow {
    let login = source.login();
    let state = match (&source.state, login) {
        (SourceState::Unreadable(_), _) => State::Unreadable,
        (_, None) => State::LoggedOut,
        (_, Some(login)) => match by_time(login.expires, now, thresholds.within) {
            State::Fresh | State::Unknown
                if login.deadline.is_some_and(|at| at.saturating_sub(now) < thresholds.login_within) =>
            {
                State::LoginExpiring
            }
            state => state,
        },
    };
    let expires = login.and_then(|login| login.expires.known());
    let account = login.and_then(|login| login.identity.email.clone().or_else(|| login.identity.account_id.clone()));
    SourceRow {
        source: source.kind.name(),
        path: source.path.to_string_lossy().into_owned(),
        state,
        expires_at: expires.and_then(time::rfc3339),
        expires_in: seconds(expires, now),
        login_expires_at: login.and_then(|login| login.deadline).and_then(time::rfc3339),
        refreshable: source_refreshable(source, now),
        access: login.map(|login| login.access.fingerprint),
        refresh: fingerprint(login.and_then(|login| login.refresh.as_ref())),
        account,
        attempt: None,
        expires,
    }
}

/// What is said of a profile that was read.
#[must_use]
pub fn profile_said(
    inventory: &Inventory,
    profile: &Profile,
    decision: &Decision,
    options: &Options,
    within: i64,
) -> Said {
    let action = match decision.judgement {
        judgement if judgement.verdict.is_update() => Action::Update,
        judgement if judgement.proven && options.write_back => Action::WriteBack,
        _ => Action::None,
    };
    let refused = match (action, decision.source.map(|source| &inventory.sources[source])) {
        (Action::WriteBack, Some(source)) => {
            write_back::refusal(source, &options.env.login_file(source.kind), profile)
        }
        _ => decision.refused,
    };
    let result = match (action, refused) {
        (Action::None | Action::Create | Action::Link, _) => Outcome::None,
        (Action::Update | Action::WriteBack, None) => Outcome::Planned,
        (Action::Update | Action::WriteBack, Some(_)) => Outcome::Refused,
    };
    let mut said = Said {
        source: decision.source.map(|source| inventory.sources[source].kind.name()),
        verdict: Some(decision.judgement.verdict),
        action,
        result,
        reason: refused.unwrap_or(decision.judgement.reason).to_owned(),
        spent: decision.judgement.is_spent(),
        ..UNSAID
    };
    note_values(&mut said, profile, options.now, within);
    said
}

fn source_refreshable(source: &Source, now: i64) -> Option<bool> {
    let is_known = !matches!(source.state, SourceState::Unreadable(_));
    is_known.then(|| source.login().is_some_and(|login| login.can_refresh(now)))
}

/// Whether a profile's access token can be had anew without a login: from its source, or by
/// OpenClaw where the profile has a refresh token of its own.
#[must_use]
pub fn profile_refreshable(
    inventory: &Inventory,
    decider: &Decider<'_>,
    profile: &Profile,
    decision: &Decision,
    now: i64,
) -> Option<bool> {
    if profile_state(profile, now, 0) == State::Static || profile.reference != Reference::None {
        return None;
    }
    let verdict = decision.judgement.verdict;
    let Some(source) = decision.source.filter(|_| verdict != Verdict::OtherAccount) else {
        return Some(profile.refresh.is_some());
    };
    let by_openclaw = has_own_lineage(verdict) && decider.has_own_refresh(source, profile);
    source_refreshable(&inventory.sources[source], now).map(|by_cli| by_cli || by_openclaw)
}

/// Whether the refresh token of a bound profile may be good where its source's is not.
#[must_use]
pub fn has_own_lineage(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::StoreNewer | Verdict::SourceLoggedOut | Verdict::OtherAccount)
}

/// Says what a profile itself says.
pub fn note_values(said: &mut Said, profile: &Profile, now: i64, within: i64) {
    // That of a fence is a mark, 1, and no time.
    let is_fenced = matches!(profile.reference, Reference::Fence(_));
    let expires = profile.expires.known().filter(|_| !is_fenced);
    said.profile = Some(profile.id.clone());
    said.provider = Some(profile.provider.clone());
    said.kind = Some(profile.kind.name());
    said.expires_at = expires.and_then(time::rfc3339);
    said.expires_in = seconds(expires, now);
    said.state = profile_state(profile, now, within);
    said.access = fingerprint(profile.access.as_ref());
    said.refresh = fingerprint(profile.refresh.as_ref());
    said.expires = expires;
}

/// What an installation is called in a report.
#[must_use]
pub fn name(state_dir: &StateDir) -> Arc<str> {
    state_dir.path.to_string_lossy().into()
}

/// Where the profiles of a store are; `name` is their installation's.
#[must_use]
pub fn place(inventory: &Inventory, store: &Store, name: Arc<str>) -> Arc<Place> {
    let state_dir = &inventory.state_dirs[store.state_dir];
    Arc::new(Place {
        state_dir: name,
        store: if state_dir.era == Era::Sqlite { "sqlite" } else { "json" },
        agent: state_dir.agents[store.agent].id.clone(),
    })
}

/// The row of an agent whose store is not served.
#[must_use]
pub fn store_row(inventory: &Inventory, store: &Store) -> ProfileRow {
    let (result, reason) = match &store.state {
        StoreState::Refused(refusal) => (Outcome::Refused, refusal.why.clone()),
        StoreState::Failed => (Outcome::Failed, "the store cannot be read".to_owned()),
        StoreState::Read | StoreState::Missing => (Outcome::None, String::new()),
    };
    let refused = matches!(store.state, StoreState::Refused(..));
    let state = if refused { State::Unknown } else { State::Unreadable };
    let place = place(inventory, store, name(&inventory.state_dirs[store.state_dir]));
    ProfileRow { place, said: Arc::new(Said { result, reason, state, ..UNSAID }) }
}

/// Nothing said yet.
const UNSAID: Said = Said {
    profile: None,
    provider: None,
    kind: None,
    source: None,
    verdict: None,
    action: Action::None,
    result: Outcome::None,
    reason: String::new(),
    expires_at: None,
    expires_in: None,
    state: State::Unreadable,
    refreshable: None,
    access: None,
    refresh: None,
    expires: None,
    cooldown_lifted: false,
    spent: false,
};
