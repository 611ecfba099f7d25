//! Whether somebody has put an older credential back into a profile.

use crate::model::lineage::{Dates, Lineage, is_newer};
use crate::model::login::Expiry;
use crate::model::profile::Profile;
use crate::model::record::{Delivered, Record};
use crate::model::secret::{Fingerprint, fingerprint};

/// Whether ocsync has delivered something newer than the profile holds now. Then an older credential was put back.
#[must_use]
pub fn is_reverted(profile: &Profile, record: Option<&Record>, lineage: &Lineage<'_>) -> bool {
    let Some(Delivered { entry, .. }) = record.and_then(|record| record.delivered.as_ref()) else {
        return false;
    };
    let Some(access) = fingerprint(profile.access.as_ref()) else { return false };
    let refresh = fingerprint(profile.refresh.as_ref());
    if access == entry.access {
        return false;
    }
    let position = |refresh: Option<Fingerprint>, access| {
        lineage.refresh_position(refresh).or_else(|| lineage.access_position(access))
    };
    match (position(entry.refresh, entry.access), position(refresh, access)) {
        (Some(delivered), Some(held)) if delivered != held => delivered > held,
        _ => {
            let delivered = Dates { jwt: None, expires: entry.expires.map_or(Expiry::Unknown, Expiry::At) };
            is_newer(&delivered, &Dates::of_profile(profile))
        }
    }
}
