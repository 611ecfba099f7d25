//! What a token endpoint's reply means.
//!
//! A login is called dead only where the CLI itself would give it up (Claude Code 2.1.328, Codex 0.169.0).
//! A page of a firewall, a rate limit or a refusal of this client says nothing about the login. Tokens are
//! taken whole or not at all.
//!
//! Servers quote what they were sent. So nothing of a server's text is ever printed, except words of a
//! fixed list.

use serde_json::Value;

use crate::model::jwt;
use crate::model::source::SourceKind;
use crate::refresh::Fresh;
use crate::refresh::http::post::Reply;
use crate::source::document::{self, Field};
use crate::sys::url;
use crate::sys::wiped::WipedJson;

/// What a reply means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// New tokens; the posted refresh token is spent. Claude: `expires`, `deadline`, the scopes and the
    /// account's uuid as far as the reply gives them. Codex: `expires` and the account from the tokens
    /// themselves.
    Tokens(Fresh),
    /// The refresh token is dead for good, and only a login helps. Holds the server's word for it.
    Dead(String),
    /// The endpoint refuses this client, or does not speak the protocol. This says nothing about the login.
    /// After a 2xx the refresh token may be spent nevertheless.
    Refused {
        /// The status, and what is known beside it.
        why: String,
        /// When to try again, in seconds.
        retry_after: Option<i64>,
    },
    /// The server has a problem of its own: try later.
    Transient {
        /// The status, and what is known beside it.
        why: String,
        /// When to try again, in seconds.
        retry_after: Option<i64>,
    },
}

/// The words for a refresh token that will never work again. Codex accepts all but the first with every
/// status.
pub const DEAD: [&str; 4] =
    ["invalid_grant", "refresh_token_expired", "refresh_token_reused", "refresh_token_invalidated"];
/// The word for an account that the vendor's support has stopped. It may come back, and so may its login.
pub const ON_HOLD: &str = "account_on_hold";
/// The other words that may be printed.
pub const WORDS: [&str; 19] = [
    "access_denied",
    "api_error",
    "app_session_terminated",
    "authentication_error",
    "invalid_client",
    "invalid_request",
    "invalid_request_error",
    "invalid_scope",
    "invalid_token",
    "not_found_error",
    "overloaded_error",
    "permission_error",
    "rate_limit_error",
    "rate_limit_exceeded",
    "server_error",
    "temporarily_unavailable",
    "token_expired",
    "unauthorized_client",
    "unsupported_grant_type",
];
/// The longest lifetime that is believed, in seconds: ten years.
const LONGEST: i64 = 315_360_000;

/// Judges a reply that came at `received`, in milliseconds.
pub fn judge(kind: SourceKind, reply: &Reply, received: i64) -> Answer {
    let json = parse(&reply.body);
    match (&json, reply.status) {
        (Some(json), 200..300) => match tokens(kind, json, received) {
            Ok(fresh) => Answer::Tokens(fresh),
            Err(lacks) => refused(reply, &format!(" {lacks}")),
        },
        (_, 200..300) => refused(reply, unread(reply)),
        (json, _) => failure(kind, json.as_deref(), reply),
    }
}

/// The JSON of a body, whatever its content type: the CLIs do not check that either.
fn parse(body: &[u8]) -> Option<WipedJson> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let whole = u64::try_from(body.len()).is_ok_and(|length| length <= url::BODY);
    serde_json::from_slice(body).ok().map(WipedJson).filter(|_| whole)
}

/// All the new tokens. An error is what is wrong.
fn tokens(kind: SourceKind, json: &Value, received: i64) -> Result<Fresh, &'static str> {
    let Field::Token(access) = document::token(json, "access_token") else {
        return Err("without an access token");
    };
    let refresh = match document::token(json, "refresh_token") {
        Field::Token(token) => Some(token),
        // The old one stays.
        Field::Missing | Field::Empty => None,
        Field::Wrong => return Err("with an invalid refresh token"),
    };
    if kind == SourceKind::Codex {
        // Codex cannot read a file whose id token is no JWT. Then the old one stays.
        let id_token = match document::token(json, "id_token") {
            Field::Token(token) if jwt::claims(token.secret.expose()).is_some() => Some(token.secret),
            _ => None,
        };
        let of_access = jwt::openai_identity(access.secret.expose());
        let of_id = id_token.as_ref().map(|token| jwt::openai_identity(token.expose())).unwrap_or_default();
        let expires = jwt::times(access.secret.expose()).and_then(|times| times.expires);
        let account = of_access.or(&of_id).account_id;
        return Ok(Fresh { access, refresh, id_token, expires, deadline: None, scopes: None, account });
    }
    let scopes = document::text(json, "scope").filter(|text| !text.chars().any(char::is_control));
    let scopes: Option<Vec<String>> = scopes.map(|text| text.split_whitespace().map(str::to_owned).collect());
    Ok(Fresh {
        access,
        refresh,
        id_token: None,
        expires: after(received, json.get("expires_in")),
        deadline: after(received, json.get("refresh_token_expires_in")),
        // Without any scope, the login would be useless to Claude Code.
        scopes: scopes.filter(|scopes| !scopes.is_empty()),
        account: json.get("account").and_then(|account| document::text(account, "uuid")),
    })
}

/// The time that is this many seconds after `start`, in milliseconds. JavaScript accepts a numeric string
/// as well.
fn after(start: i64, seconds: Option<&Value>) -> Option<i64> {
    let spelled = |value: &Value| value.as_str().and_then(|text| text.trim().parse::<f64>().ok());
    #[allow(clippy::cast_possible_truncation, reason = "whole seconds; out of range saturates")]
    let whole = |value: &Value| value.as_f64().or_else(|| spelled(value)).map(|float| float as i64);
    let seconds = seconds.and_then(whole).filter(|seconds| (1..=LONGEST).contains(seconds))?;
    start.checked_add(seconds * 1000)
}

/// What a reply without tokens means.
fn failure(kind: SourceKind, json: Option<&Value>, reply: &Reply) -> Answer {
    let word = json.and_then(|json| word(kind, json));
    let status = reply.status;
    let is_dead = word.is_some_and(|word| DEAD.contains(&word));
    let dead = match kind {
        SourceKind::Codex if is_dead && word != Some(DEAD[0]) => status >= 400,
        SourceKind::Codex if status == 401 => reply.json || json.is_some() || reply.body.is_empty(),
        SourceKind::Codex => is_dead && status == 400,
        _ => is_dead && (status == 400 || status == 401),
    };
    if dead {
        return Answer::Dead(word.unwrap_or("unauthorized").to_owned());
    }
    let more = match word {
        Some(word) => format!(" {word}"),
        None if json.is_some() || reply.body.is_empty() => String::new(),
        None => unread(reply).to_owned(),
    };
    match status {
        408 | 500..600 => Answer::Transient { why: format!("{status}{more}"), retry_after: reply.retry_after },
        _ => refused(reply, &more),
    }
}

fn refused(reply: &Reply, more: &str) -> Answer {
    Answer::Refused { why: format!("{}{more}", reply.status), retry_after: reply.retry_after }
}

/// What the message says of a body that is no JSON.
fn unread(reply: &Reply) -> &'static str {
    match reply.body.len() {
        0 => " with an empty answer",
        length if u64::try_from(length).is_ok_and(|length| length > url::BODY) => " with more than 64 KiB",
        _ if reply.json => " with broken JSON",
        _ => " with a text that is not JSON",
    }
}

/// The server's word for what is wrong, where our lists have it. Claude Code reads `error` or
/// `error.type`; Codex `error.code`, `error` or `code`, in any case.
fn word(kind: SourceKind, json: &Value) -> Option<&'static str> {
    let error = json.get("error");
    let of_error = |name: &str| error.and_then(|error| error.get(name)).and_then(Value::as_str);
    let plain = error.and_then(Value::as_str);
    let of = |name: &str| json.get(name).and_then(Value::as_str);
    let described = [of("error_description"), of_error("message"), of("message"), plain, of_error("type")];
    if described.into_iter().flatten().any(|text| text.contains(ON_HOLD)) {
        return Some(ON_HOLD);
    }
    let word = match kind {
        SourceKind::Codex => of_error("code").or(plain).or_else(|| of("code"))?.to_ascii_lowercase(),
        _ => plain.or_else(|| of_error("type"))?.to_owned(),
    };
    DEAD.into_iter().chain(WORDS).find(|known| *known == word)
}
