//! What is said of a profile that belongs to another account than its source.

use crate::core::account::{delivered, named, whole};
use crate::model::login::{Identity, Login};
use crate::model::profile::Profile;
use crate::model::reason::Reason;
use crate::model::record::{Delivered, Record};
use crate::model::source::SourceKind;

/// Why a profile of another account has its code. It is left behind where the login has served it and is of another
/// account now. `chosen`: the configuration binds it to the source.
#[must_use]
pub fn why_other(
    kind: SourceKind,
    login: &Login,
    profile: &Profile,
    record: Option<&Record>,
    chosen: bool,
) -> Reason {
    let has_moved = |delivered: &Delivered| {
        delivered.identity.conflicts(&login.identity) && !named(kind, profile).conflicts(&delivered.identity)
    };
    match (chosen, delivered(record).is_some_and(has_moved)) {
        (true, _) => Reason::BoundToOther,
        (false, true) => Reason::AccountMoved,
        (false, false) => Reason::OtherAccount,
    }
}

/// The accounts of a profile and of a source in words, by the first part in which they differ; `None` where one of
/// them names nothing.
#[must_use]
pub fn both(kind: SourceKind, login: &Login, profile: &Profile, record: Option<&Record>) -> Option<(String, String)> {
    let theirs = whole(&named(kind, profile), delivered(record));
    let parts = |of: &Identity| [&of.email, &of.organization, &of.account_id, &of.user_id].map(Clone::clone);
    let (theirs, ours) = (parts(&theirs), parts(&login.identity));
    let pairs = || theirs.iter().zip(&ours).filter_map(|(theirs, ours)| theirs.clone().zip(ours.clone()));
    let first = |parts: &[Option<String>]| parts.iter().flatten().next().cloned();
    pairs().find(|(theirs, ours)| !theirs.eq_ignore_ascii_case(ours)).or_else(|| first(&theirs).zip(first(&ours)))
}
