//! Whether a profile holds already what a delivery would give it.

use crate::model::login::{Expiry, Login};
use crate::model::profile::{Profile, ProfileKind};
use crate::model::secret::fingerprint;
use crate::model::source::SourceKind;
use crate::model::verdict::Shape;

/// Whether the profile holds the tokens that a delivery would give it. Expiry and identity do not count.
#[must_use]
pub fn holds(profile: &Profile, login: &Login, shape: Shape) -> bool {
    let same_access = fingerprint(profile.access.as_ref()) == Some(login.access.fingerprint);
    same_access
        && match shape {
            Shape::OAuth => fingerprint(profile.refresh.as_ref()) == fingerprint(login.refresh.as_ref()),
            Shape::Token => profile.kind == ProfileKind::Token,
            Shape::Access => profile.refresh.is_none(),
        }
}

/// Whether a delivery would change the expiry or add the account id.
#[must_use]
pub fn differs_in_metadata(kind: SourceKind, shape: Shape, profile: &Profile, login: &Login) -> bool {
    // A second: what rounds to seconds would be written again by every run.
    let apart = match (profile.expires, login.expires) {
        (Expiry::At(held), Expiry::At(at)) => held.abs_diff(at) >= 1000,
        (Expiry::Unknown, Expiry::At(_)) => true,
        (_, Expiry::Unknown) => false,
    };
    apart || lacks_account(kind, shape, profile, login)
}

/// Whether a delivery adds the account id. Only a delivery of Codex's does: OpenClaw's own import of the other CLIs
/// knows no account, and refuses to touch a profile that names one.
#[must_use]
pub fn lacks_account(kind: SourceKind, shape: Shape, profile: &Profile, login: &Login) -> bool {
    kind == SourceKind::Codex
        && shape == Shape::OAuth
        && profile.identity.account_id.is_none()
        && login.identity.account_id.is_some()
}
