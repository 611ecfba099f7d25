//! Reads Claude Code's login: `.credentials.json`, key `claudeAiOauth` (looked at from 1.0.128 to 2.1.328).
//!
//! The file also holds MCP logins and more. So a file without `claudeAiOauth` is normal: it means that nobody is
//! logged in. Empty tokens mark a dead login. `expiresAt` is in milliseconds; null or a missing value means "never"
//! to Claude Code, and an unknown expiry to ocsync. The account is named in `.claude.json`. Nothing else is read from
//! that file, and it may be missing.

use serde_json::Value;

use crate::model::login::{Expiry, Identity, Login};
use crate::model::problem::Problem;
use crate::model::source::{Source, SourceKind, SourceState};
use crate::settings::env::Env;
use crate::source::claude_account::LastRead;
use crate::source::document::{self, Document, Field};
use crate::source::{claude_account, keychain};

/// Reads the login and its account. `None` where there is no file (and, on macOS, no Keychain item).
pub fn read(env: &Env, last: &mut LastRead) -> Option<Source> {
    let mut source = read_login(env)?;
    if let SourceState::Live(login) = &mut source.state {
        let (path, account) = claude_account::read(&env.claude_account_files(), last);
        match account {
            // An account file that names another account belongs to another login.
            Ok(account) if login.identity.conflicts(&account) => {}
            Ok(account) => login.identity = login.identity.or(&account),
            Err(why) => {
                let why = format!("{}: {why}", path.display());
                let message = format!("{why}: ocsync cannot tell whose login {} is", source.name);
                source.problems.push(Problem::warning(
                    "account",
                    message,
                    "until it can, ocsync writes no profile of a known account; use the CLI once: it writes the file again",
                ));
                source.untold = Some(why);
            }
        }
        source.account_file = Some(path);
    }
    Some(source)
}

/// [`read`] without the account in `.claude.json`, which can be megabytes long.
pub fn read_login(env: &Env) -> Option<Source> {
    let path = env.login_file(SourceKind::Claude);
    let source = |path, read: Result<Document, _>| {
        Source::new(SourceKind::Claude, path, read.map_or_else(SourceState::Unreadable, |document| state(&document)))
    };
    let from_file = document::json(&path).map(|read| source(path, read));
    if env.keychain {
        return newest(keychain::read(env).map(|(path, read)| source(path, read)), from_file);
    }
    from_file
}

/// Of the login in the Keychain and the one in the file, the one that is alive and ends last. Where the two differ, a
/// problem says so.
fn newest(keychain: Option<Source>, file: Option<Source>) -> Option<Source> {
    let (mut keychain, mut file) = match (keychain, file) {
        (Some(keychain), Some(file)) => (keychain, file),
        (one, other) => return one.or(other),
    };
    let expiry = |source: &Source| source.login().map(|login| login.expires.known().unwrap_or(i64::MAX));
    let tokens = |source: &Source| source.login().map(|login| login.access.fingerprint);
    if tokens(&keychain) != tokens(&file) {
        let message = format!("the Keychain and {} hold different logins; the newest is used", file.path.display());
        let problem = Problem::warning("two-logins", message, "remove the stale one");
        keychain.problems.push(problem.clone());
        file.problems.push(problem);
    }
    Some(if expiry(&file) > expiry(&keychain) { file } else { keychain })
}

/// The state of the login in a document in the form of `.credentials.json`.
pub(super) fn state(document: &Document) -> SourceState {
    let wrong = |name: &str, why: &str| SourceState::Unreadable(document.wrong(&[name, "claudeAiOauth"], why));
    if !document.value.is_object() {
        return wrong("", "not an object");
    }
    let oauth = match document.value.get("claudeAiOauth") {
        None | Some(Value::Null) => return SourceState::LoggedOut,
        Some(oauth @ Value::Object(_)) => oauth,
        Some(_) => return wrong("claudeAiOauth", "\"claudeAiOauth\" is not an object"),
    };
    let access = match document::token(oauth, "accessToken") {
        Field::Token(token) => token,
        Field::Empty | Field::Missing => return SourceState::LoggedOut,
        Field::Wrong => return wrong("accessToken", "\"accessToken\" is not a token"),
    };
    let refresh = match document::token(oauth, "refreshToken") {
        Field::Token(token) => Some(token),
        Field::Missing => None,
        Field::Empty => return SourceState::LoggedOut,
        Field::Wrong => return wrong("refreshToken", "\"refreshToken\" is not a token"),
    };
    let scoped = oauth.get("scopes").and_then(Value::as_array).is_none_or(|scopes| !scopes.is_empty());
    let refreshable = scoped || document::text(oauth, "subscriptionType").is_some();
    SourceState::Live(Login {
        access,
        refresh,
        expires: expires(oauth.get("expiresAt")),
        deadline: document::millis(oauth.get("refreshTokenExpiresAt")).known(),
        refreshable,
        identity: Identity {
            account_id: document::text(oauth, "accountUuid"),
            organization: document::text(oauth, "organizationUuid"),
            ..Identity::default()
        },
    })
}

/// The expiry by `expiresAt`. Claude Code takes a string of digits for the number that it spells.
fn expires(value: Option<&Value>) -> Expiry {
    let spelled = value.and_then(Value::as_str).and_then(|text| text.trim().parse().ok());
    spelled.map_or_else(|| document::millis(value), Expiry::At)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn of(text: &str) -> SourceState {
        state(&Document::parse(Path::new("/f"), text.as_bytes().to_vec()).unwrap())
    }

    fn login(fields: &str) -> Login {
        match of(&format!(r#"{{"claudeAiOauth":{{"accessToken":"sk-ant-oat01-FAKE"{fields}}}}}"#)) {
            SourceState::Live(login) => login,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn logged_out_is_not_unreadable() {
        for text in [
            "{}",
            r#"{"claudeAiOauth":null,"mcpOAuth":{}}"#,
            r#"{"claudeAiOauth":{}}"#,
            r#"{"claudeAiOauth":{"accessToken":"","refreshToken":"RT-1"}}"#,
            r#"{"claudeAiOauth":{"accessToken":"sk-FAKE","refreshToken":""}}"#,
        ] {
            assert!(matches!(of(text), SourceState::LoggedOut), "{text}");
        }
        for text in [
            "[]",
            "\"x\"",
            r#"{"claudeAiOauth":[]}"#,
            r#"{"claudeAiOauth":{"accessToken":1}}"#,
            r#"{"claudeAiOauth":{"accessToken":"sk-FAKE","refreshToken":{}}}"#,
            r#"{"claudeAiOauth":{"accessToken":"sk\nFAKE"}}"#,
        ] {
            assert!(matches!(of(text), SourceState::Unreadable(_)), "{text}");
        }
    }

    #[test]
    fn expiry_is_a_number_of_milliseconds_or_unknown() {
        for (text, expected) in [
            ("", Expiry::Unknown),
            (r#","expiresAt":null"#, Expiry::Unknown),
            (r#","expiresAt":"2026-11-20T10:00:00Z""#, Expiry::Unknown),
            (r#","expiresAt":0"#, Expiry::At(0)),
            (r#","expiresAt":"1795198434965""#, Expiry::At(1_795_198_434_965)),
            (r#","expiresAt":1795198434965.7"#, Expiry::At(1_795_198_434_965)),
        ] {
            assert_eq!(login(text).expires, expected, "{text}");
        }
    }

    #[test]
    fn a_login_without_refresh_token_or_scopes_cannot_be_refreshed() {
        assert_eq!(login(r#","refreshToken":null"#).refresh, None);
        assert!(!login(r#","scopes":[]"#).refreshable);
        assert!(login(r#","scopes":[],"subscriptionType":"max""#).refreshable);
        assert_eq!(login(r#","refreshTokenExpiresAt":7"#).deadline, Some(7));
    }
}
