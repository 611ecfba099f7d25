//! Whether a profile can be renewed without its source.

use crate::model::lineage::Lineage;
use crate::model::profile::Profile;
use crate::model::secret::fingerprint;

/// Whether a profile has a refresh token that the source has never had.
#[must_use]
pub fn has_own_refresh(profile: &Profile, lineage: &Lineage<'_>) -> bool {
    let refresh = fingerprint(profile.refresh.as_ref());
    refresh.is_some() && lineage.refresh_position(refresh).is_none()
}
