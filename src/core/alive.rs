//! Whether a profile can still serve its agent without its source.
//!
//! A CLI that is logged out is a problem only for a profile that cannot go on alone.

use crate::model::lineage::Lineage;
use crate::model::login::Expiry;
use crate::model::profile::{Profile, ProfileKind};
use crate::model::secret::fingerprint;

/// Whether a profile can still serve an agent. Either its access token has not ended, or OpenClaw can refresh it
/// with a refresh token that is not of the source's lineage.
#[must_use]
pub fn is_alive(profile: &Profile, lineage: &Lineage<'_>, now: i64) -> bool {
    let lasts = match (profile.kind, profile.expires) {
        (_, Expiry::At(at)) => at > now,
        (kind, Expiry::Unknown) => kind == ProfileKind::Token,
    };
    (profile.access.is_some() && lasts) || has_own_refresh(profile, lineage)
}

/// Whether a profile has a refresh token that the source has never had.
#[must_use]
pub fn has_own_refresh(profile: &Profile, lineage: &Lineage<'_>) -> bool {
    let refresh = fingerprint(profile.refresh.as_ref());
    refresh.is_some() && lineage.refresh_position(refresh).is_none()
}
