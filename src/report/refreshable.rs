//! Whether a new access token can be had without a new login: by the CLI, or by OpenClaw.

use crate::core::decide::Decider;
use crate::model::decision::Decision;
use crate::model::profile::{Profile, Reference};
use crate::model::source::{Source, SourceState};
use crate::model::verdict::Verdict;
use crate::report::State;
use crate::report::state::profile_state;

/// Whether a login can be renewed by its CLI; `None` where that is unknown.
pub(super) fn source_refreshable(source: &Source, now: i64) -> Option<bool> {
    let is_known = !matches!(source.state, SourceState::Unreadable(_) | SourceState::OutOfReach(_));
    is_known.then(|| source.login().is_some_and(|login| login.can_refresh(now)))
}

/// Whether a profile can get a new access token without a login: from its source, or by OpenClaw if the profile has a
/// refresh token of its own.
pub(super) fn profile_refreshable(
    source: Option<&Source>,
    decider: &Decider<'_>,
    profile: &Profile,
    decision: &Decision,
    now: i64,
) -> Option<bool> {
    if profile_state(profile, decision.setup_end, now, 0) == State::Static || profile.reference != Reference::None {
        return None;
    }
    let verdict = decision.judgement.verdict;
    if decision.setup_end.is_some() && !verdict.is_update() {
        return Some(false);
    }
    let is_own = matches!(verdict, Verdict::OtherAccount | Verdict::OwnLogin);
    let bound = source.zip(decision.source).filter(|_| !is_own);
    let Some((source, index)) = bound else { return Some(profile.refresh.is_some()) };
    let by_openclaw = has_own_lineage(verdict) && decider.has_own_refresh(index, profile);
    source_refreshable(source, now).map(|by_cli| by_cli || by_openclaw)
}

/// Whether a bound profile may have a live refresh token although its source has none.
#[must_use]
pub fn has_own_lineage(verdict: Verdict) -> bool {
    matches!(
        verdict,
        Verdict::StoreNewer | Verdict::SourceLoggedOut | Verdict::OtherAccount | Verdict::OwnLogin | Verdict::Unbound
    )
}
