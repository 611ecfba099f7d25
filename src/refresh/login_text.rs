//! The text of a login file with new tokens in it. Every other byte stays as the CLI wrote it.
//!
//! Each text that holds a token is wiped when it is dropped.

use serde_json::Value;
use zeroize::Zeroizing;

use crate::model::json_edit::{self, Change, Malformed};
use crate::model::secret::Secret;
use crate::model::time;
use crate::refresh::Fresh;

/// Claude Code's file. A refresh neither adds the end of the login itself nor puts it off (2.1.328).
pub(super) fn claude(text: &str, fresh: &Fresh, deadline: Option<i64>) -> Result<Zeroizing<String>, Malformed> {
    let mut changes = vec![set_token("accessToken", &fresh.access.secret)];
    changes.extend(fresh.refresh.as_ref().map(|token| set_token("refreshToken", &token.secret)));
    changes.extend(fresh.expires.map(|at| set("expiresAt", at.to_string())));
    let deadlines = deadline.zip(fresh.deadline).map(|(old, new)| old.min(new));
    changes.extend(deadlines.map(|at| set("refreshTokenExpiresAt", at.to_string())));
    let scopes = fresh.scopes.as_ref().map(|scopes| Value::from(scopes.clone()).to_string());
    changes.extend(scopes.map(|scopes| set("scopes", scopes)));
    json_edit::apply(text, &["claudeAiOauth"], &changes).map(Into::into)
}

/// Codex's file. It gets the time of the refresh in any case (0.169.0).
pub(super) fn codex(text: &str, fresh: &Fresh, now: i64) -> Result<Zeroizing<String>, Malformed> {
    let mut changes = vec![set_token("access_token", &fresh.access.secret)];
    changes.extend(fresh.refresh.as_ref().map(|token| set_token("refresh_token", &token.secret)));
    changes.extend(fresh.id_token.as_ref().map(|token| set_token("id_token", token)));
    let text: Zeroizing<String> = json_edit::apply(text, &["tokens"], &changes)?.into();
    let refreshed = set("last_refresh", Value::from(time::iso(now)).to_string());
    json_edit::apply(&text, &[], &[refreshed]).map(Into::into)
}

fn set_token(key: &'static str, token: &Secret) -> Change {
    set(key, quoted(token.expose()))
}

#[allow(clippy::useless_conversion, reason = "the text of a change becomes one that is wiped")]
fn set(key: &'static str, value: impl Into<Zeroizing<String>>) -> Change {
    let mut value = value.into();
    Change::Set(key, std::mem::take(&mut *value).into())
}

/// A token as JSON. The buffer has room from the start: growing would leave a copy behind.
fn quoted(token: &str) -> Zeroizing<String> {
    // A byte takes six at most.
    let mut json = Zeroizing::new(Vec::with_capacity(6 * token.len() + 2));
    // Writing a text to memory does not fail.
    let _ = serde_json::to_writer(&mut *json, token);
    Zeroizing::new(String::from_utf8(std::mem::take(&mut *json)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_quoted_as_json_quotes_any_text() {
        for text in ["", "AT-1", "a\"b\\c/\n\t\u{1}\u{7f}", "é\u{2028}\u{1f600}", &"\u{2}".repeat(100)] {
            assert_eq!(*quoted(text), Value::from(text).to_string(), "{text:?}");
        }
    }
}
