//! Whether a profile and a source belong to different accounts. Pure.
//!
//! Several people, or several workspaces of one person, may have logins on one machine. A token
//! of one must never replace another's, so whatever is known on both sides is compared.

use crate::model::jwt;
use crate::model::login::{Identity, Login};
use crate::model::profile::Profile;
use crate::model::record::Record;
use crate::model::secret::fingerprint;
use crate::model::source::SourceKind;

/// Whether the two are known to belong to different accounts. What the entry itself does not
/// say is taken from the journal's entry of its token, else from its own access token and from
/// what was last delivered to it; nothing of that where it holds the source's very token.
/// `token_account` is the account that the journal knows its token by.
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
