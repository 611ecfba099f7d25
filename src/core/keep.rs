//! Whether an update would destroy a login that may be alive. Then it is kept first.
//!
//! What a CLI has held is a copy, and is dead once the CLI has rotated. Anything else may be the only copy of a login.

use crate::model::journal::Journal;
use crate::model::lineage::Lineage;
use crate::model::login::Login;
use crate::model::profile::Profile;
use crate::model::secret::fingerprint;

/// Whether the profile holds a credential that is not of the source's lineage, and that is alive by its dates or has a
/// refresh token of no known lineage.
#[must_use]
pub fn is_another(profile: &Profile, login: &Login, lineage: &Lineage<'_>, journal: &Journal, now: i64) -> bool {
    let (refresh, access) = (fingerprint(profile.refresh.as_ref()), fingerprint(profile.access.as_ref()));
    let is_its_own = access == Some(login.access.fingerprint)
        || (refresh.is_some() && refresh == fingerprint(login.refresh.as_ref()))
        || lineage.refresh_position(refresh).is_some()
        || (refresh.is_none() && access.is_some_and(|access| lineage.access_position(access).is_some()));
    !is_its_own && may_live(profile, journal, now)
}

/// Whether a profile holds a login that no CLI is known to have held, and that may be alive.
#[must_use]
pub fn is_of_no_cli(profile: &Profile, journal: &Journal, now: i64) -> bool {
    let (refresh, access) = (fingerprint(profile.refresh.as_ref()), fingerprint(profile.access.as_ref()));
    may_live(profile, journal, now) && journal.paths_of(refresh, access).next().is_none()
}

/// Whether a profile holds other tokens than the login.
#[must_use]
pub fn differs(profile: &Profile, login: &Login) -> bool {
    let (refresh, access) = (fingerprint(profile.refresh.as_ref()), fingerprint(profile.access.as_ref()));
    let is_other_access = access.is_some() && access != Some(login.access.fingerprint);
    is_other_access || (refresh.is_some() && refresh != fingerprint(login.refresh.as_ref()))
}

/// Whether a credential is alive by its dates, or has a refresh token of no known lineage.
fn may_live(profile: &Profile, journal: &Journal, now: i64) -> bool {
    let refresh = fingerprint(profile.refresh.as_ref());
    let is_alive = profile.access.is_some() && profile.expires.known().is_none_or(|at| at > now);
    is_alive || (refresh.is_some() && journal.paths_of(refresh, None).next().is_none())
}
