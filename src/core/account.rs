//! Whether a profile and a source belong to different accounts.
//!
//! Several people, or several workspaces of one person, may have logins on one machine. A token of one account
//! must never replace a token of another. So everything that both sides name is compared.

use crate::model::jwt;
use crate::model::lineage::Entry;
use crate::model::login::{Identity, Login};
use crate::model::profile::Profile;
use crate::model::record::{Delivered, Record};
use crate::model::secret::fingerprint;
use crate::model::source::SourceKind;

/// Whether a profile and a source are known to belong to different accounts.
///
/// A profile is of the account that its entry and its own access token name; what they do not name, the last
/// delivery may. A profile that holds one of the source's own tokens needs no more proof: it is of the same
/// account. Else the journal may know the account of the profile's token (`token_entry`).
#[must_use]
pub fn is_other_account(
    kind: SourceKind,
    login: &Login,
    profile: &Profile,
    record: Option<&Record>,
    token_entry: Option<&Entry>,
) -> bool {
    let named = named(kind, profile);
    let delivered = record.and_then(|record| record.delivered.as_ref());
    let whole = delivered.map_or_else(|| named.clone(), |delivered| named.or(&delivered.identity));
    let of_entry = || token_entry.and_then(|entry| entry.is_of(&login.identity));
    let is_same = if holds_token_of(profile, login) { Some(true) } else { of_entry() };
    match is_same {
        // The token is proof enough, unless the profile itself names somebody else, under no id that is known.
        Some(true) => named.conflicts(&login.identity) && whole.conflicts(&login.identity),
        Some(false) => true,
        None => {
            let still = delivered.is_some_and(|delivered| is_as_delivered(&named, profile, delivered));
            if still { whole.conflicts(&login.identity) } else { named.conflicts(&login.identity) }
        }
    }
}

/// Whether a profile is still the one that was delivered: it names nobody else by now, or holds the tokens.
fn is_as_delivered(named: &Identity, profile: &Profile, delivered: &Delivered) -> bool {
    let refresh = fingerprint(profile.refresh.as_ref());
    let access = fingerprint(profile.access.as_ref());
    !named.conflicts(&delivered.identity)
        || (refresh.is_some() && refresh == delivered.entry.refresh)
        || access == Some(delivered.entry.access)
}

/// Whether a profile is known to be of the source's account: by its id, else by its e-mail.
#[must_use]
pub fn is_same_account(kind: SourceKind, login: &Login, profile: &Profile) -> bool {
    let (named, theirs) = (named(kind, profile), &login.identity);
    let equal = |a: &Option<String>, b: &Option<String>| {
        a.as_ref().zip(b.as_ref()).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b))
    };
    let same = equal(&named.account_id, &theirs.account_id) || equal(&named.email, &theirs.email);
    same && !named.conflicts(theirs)
}

/// Whether a profile names an account, or the journal knows one of it.
#[must_use]
pub fn has_account(
    kind: SourceKind,
    profile: &Profile,
    record: Option<&Record>,
    token_entry: Option<&Entry>,
) -> bool {
    let delivered = record.and_then(|record| record.delivered.as_ref()).map(|delivered| &delivered.identity);
    !named(kind, profile).is_empty()
        || delivered.is_some_and(|identity| !identity.is_empty())
        || token_entry.is_some_and(|entry| entry.account.is_some())
}

/// The account that a profile names: by its entry, and by its own access token.
fn named(kind: SourceKind, profile: &Profile) -> Identity {
    let of_token = match (kind, &profile.access) {
        (SourceKind::Codex, Some(token)) => jwt::openai_identity(token.secret.expose()),
        _ => Identity::default(),
    };
    profile.identity.or(&of_token)
}

fn holds_token_of(profile: &Profile, login: &Login) -> bool {
    let refresh = fingerprint(profile.refresh.as_ref());
    (refresh.is_some() && refresh == fingerprint(login.refresh.as_ref()))
        || fingerprint(profile.access.as_ref()) == Some(login.access.fingerprint)
}
