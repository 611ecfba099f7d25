//! The text of a login file with new tokens in it. Every other byte stays as the CLI wrote it.
//!
//! Each text that holds a token is wiped when it is dropped.

use serde_json::Value;

use crate::model::attempts::ASSUMED;
use crate::model::json_edit::{self, Change};
use crate::model::json_text::{Malformed, quoted};
use crate::model::secret::Secret;
use crate::model::time;
use crate::model::zeroizing::Zeroizing;
use crate::refresh::Fresh;

/// Claude Code's file. A refresh neither adds the end of the login itself nor puts it off (2.1.328). The end of the old
/// access token says nothing about the new one.
pub(super) fn claude(
    text: &str,
    fresh: &Fresh,
    deadline: Option<i64>,
    now: i64,
) -> Result<Zeroizing<String>, Malformed> {
    let mut changes = vec![set_token("accessToken", &fresh.access.secret)];
    changes.extend(fresh.refresh.as_ref().map(|token| set_token("refreshToken", &token.secret)));
    let expires = fresh.expires.unwrap_or(now.saturating_add(ASSUMED));
    changes.push(Change::set("expiresAt", expires.to_string()));
    let deadlines = deadline.zip(fresh.deadline).map(|(old, new)| old.min(new));
    changes.extend(deadlines.map(|at| Change::set("refreshTokenExpiresAt", at.to_string())));
    let scopes = fresh.scopes.as_ref().map(|scopes| Value::from(scopes.clone()).to_string());
    changes.extend(scopes.map(|scopes| Change::set("scopes", scopes)));
    json_edit::apply(text, &["claudeAiOauth"], &changes)
}

/// Codex's file. It gets the time of the refresh in any case (0.169.0).
pub(super) fn codex(text: &str, fresh: &Fresh, now: i64) -> Result<Zeroizing<String>, Malformed> {
    let mut changes = vec![set_token("access_token", &fresh.access.secret)];
    changes.extend(fresh.refresh.as_ref().map(|token| set_token("refresh_token", &token.secret)));
    changes.extend(fresh.id_token.as_ref().map(|token| set_token("id_token", token)));
    let text = json_edit::apply(text, &["tokens"], &changes)?;
    let refreshed = Change::set("last_refresh", Value::from(time::iso(now)).to_string());
    json_edit::apply(&text, &[], &[refreshed])
}

fn set_token(key: &'static str, token: &Secret) -> Change {
    Change::set(key, quoted(token.expose()))
}
