//! Whether a profile can be renewed without its source.

use crate::model::lineage::Lineage;
use crate::model::profile::{Profile, ProfileKind};
use crate::model::record::Record;
use crate::model::secret::fingerprint;

/// Whether a profile has a refresh token that the source has never had.
#[must_use]
pub fn has_own_refresh(profile: &Profile, lineage: &Lineage<'_>) -> bool {
    let refresh = fingerprint(profile.refresh.as_ref());
    refresh.is_some() && lineage.refresh_position(refresh).is_none()
}

/// Whether the journal has seen OpenClaw get a profile's refresh token by itself, by a renewal or a login. `lineage` is
/// the source's, and `is_newer` says that the profile's dates are later than the source's. What was put back from a
/// backup is older than what the CLI has had since, or was replaced by a delivery.
#[must_use]
pub fn was_renewed(record: Option<&Record>, profile: &Profile, lineage: &Lineage<'_>, is_newer: bool) -> bool {
    let (Some(record), Some(held)) = (record, fingerprint(profile.refresh.as_ref())) else { return false };
    let Some(seen) = record.seen else { return false };
    let was_the_clis = lineage.refresh_position(Some(seen)).is_some() || lineage.access_position(seen).is_some();
    let has_changed = seen != held && !record.replaced.contains(&held) && (is_newer || !was_the_clis);
    record.renewed == Some(held) || has_changed
}

/// Whether OpenClaw renews a profile when it is used: it has a refresh token, and ended less than `grace` milliseconds
/// ago, if at all. The token is of no lineage of a CLI, or the profile would be bound by it.
#[must_use]
pub fn renews_itself(profile: &Profile, now: i64, grace: i64) -> bool {
    let is_recent = profile.expires.known().is_none_or(|at| now.saturating_sub(at) < grace);
    profile.kind == ProfileKind::OAuth && profile.refresh.is_some() && is_recent
}
