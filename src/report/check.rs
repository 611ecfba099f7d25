//! Whether `check-expiry` counts a profile.

use crate::core::decide::Decider;
use crate::core::own_lineage::renews_itself;
use crate::core::shadow::is_unused;
use crate::model::decision::Decision;
use crate::model::item::Item;
use crate::model::profile::{Profile, ProfileKind, Reference};
use crate::model::reason::Reason;
use crate::model::time::DAY;
use crate::model::verdict::Verdict;
use crate::report::Check;

/// Whether `check-expiry` counts a profile. A login that OpenClaw renews by itself is renewed when it is used, so it is
/// well until a day after its end, unless OpenClaw has failed to.
pub(super) fn check(
    item: &Item<'_>,
    decider: &Decider<'_>,
    profile: &Profile,
    decision: &Decision,
    now: i64,
) -> Check {
    let agent = &item.at.agent().id;
    let counts = matches!(profile.kind, ProfileKind::OAuth | ProfileKind::Token)
        && !matches!(decision.judgement.reason, Reason::Retired | Reason::Restored)
        && !decider.protects(agent, &profile.id);
    if !counts {
        return Check::Not;
    }
    let is_renewed_now = matches!(&profile.reference, Reference::Fence(fence) if !fence.failed);
    let is_own = is_alone(decision.judgement.verdict)
        || decision.source.is_some_and(|source| decider.is_by_account(source, agent, profile));
    match is_own && renews_itself(profile, now, DAY) {
        _ if is_renewed_now => Check::Well,
        true if decider.is_failing(&item.at.store.key, &profile.id) && !is_unused(item.at, profile) => Check::Failing,
        true => Check::Well,
        false => Check::ByState,
    }
}

/// Whether a profile gets nothing from a source.
pub(super) fn is_alone(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Unbound | Verdict::OtherAccount | Verdict::OwnLogin)
}
