//! Whether a profile can be renewed without its source.

use crate::model::lineage::Lineage;
use crate::model::profile::{Profile, ProfileKind};
use crate::model::secret::fingerprint;

/// Whether a profile has a refresh token that the source has never had.
#[must_use]
pub fn has_own_refresh(profile: &Profile, lineage: &Lineage<'_>) -> bool {
    let refresh = fingerprint(profile.refresh.as_ref());
    refresh.is_some() && lineage.refresh_position(refresh).is_none()
}

/// Whether OpenClaw renews a profile when it is used: it has a refresh token, and ended less than `grace` milliseconds
/// ago, if at all. The token is of no lineage of a CLI, or the profile would be bound by it.
#[must_use]
pub fn renews_itself(profile: &Profile, now: i64, grace: i64) -> bool {
    let is_recent = profile.expires.known().is_none_or(|at| now.saturating_sub(at) < grace);
    profile.kind == ProfileKind::OAuth && profile.refresh.is_some() && is_recent
}
