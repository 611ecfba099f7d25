//! Reads MiniMax's login: `config.json` of `mmx` (1.0.14 to 1.0.27), else the file that OpenClaw itself imports from,
//! `~/.minimax/oauth_creds.json`.
//!
//! `mmx` writes an ISO date, and the other file holds milliseconds. Both were seen with dates in 1970, where seconds
//! were taken for milliseconds. So an expiry before 2020 is unknown, and not long past.

use std::path::Path;

use serde_json::Value;

use crate::model::login::{Expiry, Identity};
use crate::model::source::{Source, SourceKind, SourceState};
use crate::settings::env::Env;
use crate::source::document::{self, Document, EmptyRefresh};

/// 2020-01-01 in milliseconds.
const YEAR_2020: i64 = 1_577_836_800_000;

/// Reads the login; `None` where neither file holds one.
pub fn read(env: &Env) -> Option<Source> {
    mmx(&env.mmx_dir().join("config.json")).or_else(|| bridge(&env.minimax_file()))
}

fn mmx(path: &Path) -> Option<Source> {
    match document::json(path)? {
        Ok(document) => of_mmx(path, &document),
        Err(problem) => Some(Source::new(SourceKind::MiniMax, path.to_owned(), SourceState::Unreadable(problem))),
    }
}

/// The login in a document in the form of `mmx`'s `config.json`; `None` where it holds none.
pub fn of_mmx(path: &Path, document: &Document) -> Option<Source> {
    let source = |state| Some(Source::new(SourceKind::MiniMax, path.to_owned(), state));
    let oauth = match (&*document.value, document.value.get("oauth")) {
        (Value::Object(_), Some(oauth @ Value::Object(_))) => oauth,
        // An API key alone is no login.
        (Value::Object(_), None | Some(Value::Null)) => return None,
        (Value::Object(_), Some(_)) => {
            return source(SourceState::Unreadable(document.wrong(&["oauth"], "\"oauth\" is not an object")));
        }
        _ => return source(SourceState::Unreadable(document.wrong(&[], "not an object"))),
    };
    let expires = document::text(oauth, "expires_at").and_then(|text| crate::model::time::parse(&text));
    let expires = plausible(expires.map_or(Expiry::Unknown, Expiry::At));
    // mmx writes "" for a login without a refresh token.
    let mut source = source(document::login(document, oauth, expires, EmptyRefresh::None))?;
    if let SourceState::Live(login) = &mut source.state {
        login.identity = account(oauth);
    }
    source.region = document::text(oauth, "region").or_else(|| Some("global".to_owned()));
    Some(source)
}

/// The account of a login: `account` is an e-mail address or an id.
fn account(oauth: &Value) -> Identity {
    let account = document::text(oauth, "account");
    match account {
        Some(email) if email.contains('@') => Identity { email: Some(email), ..Identity::default() },
        account_id => Identity { account_id, ..Identity::default() },
    }
}

fn bridge(path: &Path) -> Option<Source> {
    let state = match document::json(path)? {
        Ok(document) => of_bridge(&document),
        Err(problem) => SourceState::Unreadable(problem),
    };
    Some(Source::new(SourceKind::MiniMax, path.to_owned(), state))
}

/// The state of the login in a document in the form of `~/.minimax/oauth_creds.json`.
pub fn of_bridge(document: &Document) -> SourceState {
    let expires = plausible(document::millis(document.value.get("expiry_date")));
    document::login(document, &document.value, expires, EmptyRefresh::Dead)
}

/// An expiry that can be right; else it is unknown.
fn plausible(expires: Expiry) -> Expiry {
    expires.known().filter(|at| *at >= YEAR_2020).map_or(Expiry::Unknown, Expiry::At)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_files(mmx: Option<&str>, bridge: Option<&str>) -> Option<Source> {
        let home = tempfile::tempdir().unwrap();
        for (dir, name, text) in [(".mmx", "config.json", mmx), (".minimax", "oauth_creds.json", bridge)] {
            std::fs::create_dir(home.path().join(dir)).unwrap();
            if let Some(text) = text {
                std::fs::write(home.path().join(dir).join(name), text).unwrap();
            }
        }
        read(&Env::of(home.path(), &[]))
    }

    const BRIDGE: &str = r#"{"access_token":"b-FAKE","refresh_token":"r-FAKE","expiry_date":1795176888000}"#;

    #[test]
    fn mmx_is_read_first_and_the_bridge_file_when_mmx_has_no_login() {
        let mmx = r#"{"oauth":{"access_token":"m-FAKE","refresh_token":"","expires_at":"2026-11-20T12:17:50.866Z","region":"cn","account":"u@example.test"}}"#;
        let source = read_files(Some(mmx), Some(BRIDGE)).unwrap();
        let login = source.login().unwrap();
        assert_eq!(login.expires, Expiry::At(1_795_177_070_866));
        assert_eq!((source.region.as_deref(), login.refresh.as_ref()), (Some("cn"), None));
        assert_eq!(login.identity.email.as_deref(), Some("u@example.test"));
        let source = read_files(Some(r#"{"api_key":"FAKE"}"#), Some(BRIDGE)).unwrap();
        assert_eq!(source.login().unwrap().expires, Expiry::At(1_795_176_888_000));
        assert!(source.path.ends_with("oauth_creds.json"));
        assert!(read_files(None, None).is_none());
    }

    #[test]
    fn dates_of_1970_are_unknown_and_other_shapes_unreadable() {
        let mmx = r#"{"oauth":{"access_token":"m-FAKE","expires_at":"1970-01-01T00:00:07.200Z"}}"#;
        assert_eq!(read_files(Some(mmx), None).unwrap().login().unwrap().expires, Expiry::Unknown);
        for mmx in ["[]", r#"{"oauth":7}"#, r#"{"oauth":{}}"#, r#"{"oauth":{"access_token":7}}"#] {
            assert!(
                matches!(read_files(Some(mmx), Some(BRIDGE)).unwrap().state, SourceState::Unreadable(_)),
                "{mmx}"
            );
        }
        let dead = r#"{"access_token":"b","refresh_token":"","expiry_date":1795176888000}"#;
        assert!(matches!(read_files(None, Some(dead)).unwrap().state, SourceState::LoggedOut));
    }
}
