//! Picks the verdict for one profile: compares it with the source that it is bound to.
//!
//! Revoked is not expired. A stored token can have hours left and be dead already, because the CLI has rotated it.
//! So the lineage is asked first and the expiry second. The modification time of a file is never asked.
//! The order of the questions in [`judge`] is the contract: the first one that applies decides.

use crate::core::account::{has_account, is_other_account};
use crate::core::adopt;
use crate::core::binding::BoundBy;
use crate::core::holds::{differs_in_metadata, holds};
use crate::core::other_account::why_other;
use crate::core::own_lineage::{renews_itself, was_renewed};
use crate::core::reverted::is_reverted;
pub use crate::model::decision::Judgement;
use crate::model::lineage::{Dates, Entry, Lineage, is_newer};
use crate::model::login::{Expiry, Login};
use crate::model::profile::{Profile, ProfileKind, Reference};
use crate::model::reason::Reason;
use crate::model::record::Record;
use crate::model::secret::{Fingerprint, fingerprint};
use crate::model::source::{SourceKind, SourceState};
use crate::model::time::HOUR;
use crate::model::verdict::Shape;
pub use crate::model::verdict::Verdict;

/// All that a verdict depends on.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The CLI that owns the source.
    pub kind: SourceKind,
    /// What the source's file says.
    pub state: &'a SourceState,
    /// The states that the source has gone through.
    pub lineage: &'a Lineage<'a>,
    /// What the journal knows of the profile's token, where the source has held it.
    pub token_entry: Option<&'a Entry>,
    /// A profile, this one or another, has held this profile's refresh token before.
    pub seen_before: bool,
    /// Another profile proves that OpenClaw has spent the source's refresh token.
    pub spent: bool,
    /// By which rule the profile is bound.
    pub bound_by: BoundBy,
    /// The account of the source's login cannot be told.
    pub untold: bool,
    /// OpenClaw does not use the profile for a while, because its credential has failed.
    pub is_failing: bool,
    /// The profile.
    pub profile: &'a Profile,
    /// What the journal knows of the profile.
    pub record: Option<&'a Record>,
    /// The form in which the profile would get the credential.
    pub shape: Shape,
    /// `mode` of this profile in OpenClaw's configuration.
    pub mode: Option<&'a str>,
    /// The profile refers to this source and holds no tokens of its own.
    pub linked: bool,
    /// The source's region contradicts the provider's base URL.
    pub wrong_region: bool,
    /// The profile is in SQLite, where OpenClaw keeps logins of its own under the ids of the CLIs.
    pub sqlite: bool,
    /// `--prefer-source`.
    pub prefer_source: bool,
    /// Milliseconds since the epoch.
    pub now: i64,
}

/// Compares the source with a profile that is bound to it.
pub fn judge(case: &Case<'_>) -> Judgement {
    let Case { profile, now, .. } = *case;
    let adopts = case.bound_by == BoundBy::Adoption;
    let prefer_source = case.prefer_source || adopts;
    if let Some(judgement) = reference(case) {
        return judgement;
    }
    let login = match case.state {
        SourceState::Live(login) => Some(login),
        _ => None,
    };
    let is_other = |login| is_other_account(case.kind, login, profile, case.record, case.token_entry);
    if let Some(login) = login.filter(|login| !adopts && is_other(login)) {
        let chosen = case.bound_by == BoundBy::Choice;
        return Judgement::new(Verdict::OtherAccount, why_other(case.kind, login, profile, case.record, chosen));
    }
    let was_renewed = || was_renewed(case.record, profile, case.lineage, is_newer_than_source(case));
    let is_own = match case.bound_by {
        BoundBy::Account => true,
        BoundBy::Id => case.sqlite && was_renewed(),
        BoundBy::Choice | BoundBy::Adoption | BoundBy::Link | BoundBy::Token => false,
    };
    let spends = || login.is_some_and(|login| is_proven(case, fingerprint(login.refresh.as_ref())));
    if is_own && !case.is_failing && renews_itself(profile, now, HOUR) && !spends() {
        return Judgement::new(Verdict::OwnLogin, Reason::RenewsItself);
    }
    let login = match (case.state, login) {
        // A login that is out of reach binds links alone, and they have their verdict already.
        (SourceState::Unreadable(_) | SourceState::OutOfReach(_), _) => {
            return Judgement::new(Verdict::SourceUnreadable, Reason::SourceUnreadable);
        }
        (SourceState::Gone, _) => return Judgement::new(Verdict::SourceLoggedOut, Reason::FileGone),
        (_, None) => return Judgement::new(Verdict::SourceLoggedOut, Reason::LoggedOut),
        (_, Some(login)) => login,
    };
    let has_account = || has_account(case.kind, profile, case.record, case.token_entry);
    if case.untold && (adopts || (!holds(profile, login, case.shape) && has_account())) {
        return Judgement::new(Verdict::SourceUnreadable, Reason::AccountUntold);
    }
    let source_refresh = fingerprint(login.refresh.as_ref());
    if case.lineage.is_rolled_back(source_refresh) && !prefer_source {
        return Judgement::new(Verdict::SourceRolledBack, Reason::RolledBack);
    }
    let names_another = adopts && adopt::names_another(case.kind, profile, login);
    if holds(profile, login, case.shape) && !names_another {
        return if differs_in_metadata(case.kind, case.shape, profile, login) {
            Judgement::new(Verdict::Metadata, Reason::MetadataDiffers)
        } else {
            Judgement::new(Verdict::InSync, Reason::SameTokens)
        };
    }
    let refresh = fingerprint(profile.refresh.as_ref());
    let same_refresh = refresh.is_some() && refresh == source_refresh;
    if !prefer_source {
        if same_refresh && is_newer_than_source(case) {
            return Judgement::new(Verdict::StoreNewer, Reason::NewerInStore);
        }
        if is_proven(case, source_refresh) {
            return Judgement::new(Verdict::StoreNewer, Reason::Spent);
        }
        if case.spent {
            return Judgement::new(Verdict::StoreNewer, Reason::SpentByAnother);
        }
    }
    if login.expires.is_spent(now) {
        return Judgement::new(Verdict::SourceExpired, Reason::SourceExpired);
    }
    let no_refresh = case.shape == Shape::OAuth && login.refresh.is_none();
    // OpenClaw takes a `token` profile without an expiry as one that never ends. An `oauth` profile must not
    // become one of those.
    let no_expiry = profile.kind == ProfileKind::OAuth && login.expires == Expiry::Unknown;
    if no_refresh || no_expiry {
        return Judgement::new(Verdict::SourceIncomplete, Reason::SourceIncomplete);
    }
    if adopts {
        return Judgement::new(Verdict::SourceNewer, Reason::Adopted);
    }
    match why_newer(case, login, same_refresh) {
        Some(_) if !prefer_source && is_reverted(profile, case.record, case.lineage) => {
            Judgement::new(Verdict::Reverted, Reason::PutBack)
        }
        Some(reason) => Judgement::new(Verdict::SourceNewer, reason),
        None if prefer_source => Judgement::new(Verdict::SourceNewer, Reason::Preferred),
        None => Judgement::new(Verdict::StoreNewer, Reason::NotOlder),
    }
}

/// The verdict on a profile that holds no tokens of its own, is of a type that its configuration does not accept,
/// or belongs to another region.
fn reference(case: &Case<'_>) -> Option<Judgement> {
    let opaque = |reason| Some(Judgement::new(Verdict::Opaque, reason));
    if case.linked {
        return Some(Judgement::new(Verdict::Linked, Reason::RefersToSource));
    }
    match &case.profile.reference {
        Reference::Secret { .. } => return opaque(Reason::RefersElsewhere),
        Reference::Sealed => return opaque(Reason::EncryptedFile),
        Reference::Fence(fence) if fence.failed => {
            let refresh = match case.state {
                SourceState::Live(login) => login.refresh.as_ref(),
                _ => None,
            };
            let Profile { id, provider, .. } = case.profile;
            if !refresh.is_some_and(|token| fence.is_for_another(id, provider, &token.secret)) {
                return opaque(Reason::RefreshFailed);
            }
        }
        Reference::Fence(_) => return opaque(Reason::RefreshPending),
        Reference::None => {}
    }
    if !case.shape.is_accepted(case.mode) {
        return opaque(Reason::OtherMode);
    }
    if case.wrong_region {
        return opaque(Reason::OtherRegion);
    }
    None
}

/// Whether this profile proves that OpenClaw has spent the source's refresh token.
///
/// It does if it was last seen with the source's current refresh token and now holds one that neither the CLI nor
/// any profile has ever held. A token that was held before proves nothing: a person or a program has put it back.
fn is_proven(case: &Case<'_>, source_refresh: Option<Fingerprint>) -> bool {
    let held = fingerprint(case.profile.refresh.as_ref());
    let seen = case.record.and_then(|record| record.seen);
    held.is_some()
        && seen.is_some()
        && seen == source_refresh
        && held != source_refresh
        && !case.seen_before
        && case.lineage.refresh_position(held).is_none()
        && is_newer_than_source(case)
}

/// Whether the profile's credential is newer than the source's: an older one is a backup that was put back.
fn is_newer_than_source(case: &Case<'_>) -> bool {
    let SourceState::Live(login) = case.state else { return false };
    is_newer(&Dates::of_profile(case.profile).as_of(case.now), &Dates::of_login(login).as_of(case.now))
}

/// Why the source's credential has to be delivered; `None` where it is not newer.
fn why_newer(case: &Case<'_>, login: &Login, same_refresh: bool) -> Option<Reason> {
    let profile = case.profile;
    let Some(access) = &profile.access else { return Some(Reason::NoUsableTokens) };
    if case.shape != Shape::OAuth && profile.kind == ProfileKind::OAuth && same_refresh {
        return Some(Reason::RefreshTokenTakenOut);
    }
    let lineage = case.lineage;
    let source = lineage.position(fingerprint(login.refresh.as_ref()), login.access.fingerprint);
    let source = source.unwrap_or(lineage.entries.len());
    let refresh = fingerprint(profile.refresh.as_ref());
    let held = match refresh {
        Some(_) if same_refresh => None,
        Some(refresh) => lineage.refresh_position(Some(refresh)),
        None => lineage.access_position(access.fingerprint),
    };
    if let Some(held) = held {
        return (held < source).then_some(Reason::RotatedSince);
    }
    if !is_newer(&Dates::of_login(login).as_of(case.now), &Dates::of_profile(profile).as_of(case.now)) {
        return None;
    }
    Some(if same_refresh { Reason::NewerAccess } else { Reason::NewerSource })
}
