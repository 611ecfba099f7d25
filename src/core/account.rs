//! Whether a profile and a source belong to different accounts.
//!
//! Several people, or several workspaces of one person, may have logins on one machine. A token of one account
//! must never replace a token of another. So everything that both sides name is compared.

use crate::model::jwt;
use crate::model::login::{Identity, Login};
use crate::model::profile::Profile;
use crate::model::record::Record;
use crate::model::secret::fingerprint;
use crate::model::source::SourceKind;

/// Whether a profile and a source are known to belong to different accounts.
///
/// What the profile's entry names goes first. A profile that holds one of the source's own tokens needs no more
/// proof: it is of the same account. Else the journal may know the account of the profile's token
/// (`token_account`). Else what the entry does not name comes from its own access token, then from the last
/// delivery.
#[must_use]
pub fn is_other_account(
    kind: SourceKind,
    login: &Login,
    profile: &Profile,
    record: Option<&Record>,
    token_account: Option<&str>,
) -> bool {
    if profile.identity.conflicts(&login.identity) {
        return true;
    }
    let refresh = fingerprint(profile.refresh.as_ref());
    let same_refresh = refresh.is_some() && refresh == fingerprint(login.refresh.as_ref());
    if same_refresh || fingerprint(profile.access.as_ref()) == Some(login.access.fingerprint) {
        return false;
    }
    let account = login.identity.account_id.as_deref().or(login.identity.email.as_deref());
    if let (Some(ours), Some(theirs)) = (token_account, account) {
        return !ours.eq_ignore_ascii_case(theirs);
    }
    let of_token = match (kind, &profile.access) {
        (SourceKind::Codex, Some(token)) => jwt::openai_identity(token.secret.expose()),
        _ => Identity::default(),
    };
    let delivered = record.and_then(|record| record.delivered.as_ref());
    let delivered = delivered.map(|delivered| &delivered.identity).cloned().unwrap_or_default();
    profile.identity.or(&of_token).or(&delivered).conflicts(&login.identity)
}
