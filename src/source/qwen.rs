//! Qwen Code's login: `oauth_creds.json` (0.1.3 to 0.24.4).
//!
//! The service behind it ended on 2026-04-15. The file is still read, so that `status` can say
//! so to somebody who wonders why the agents fail.

use std::path::Path;

use serde_json::Value;

use super::wire::{self, Field};
use super::{Kind, Source, State};
use crate::credential::{Identity, Login};
use crate::env::Env;
use crate::problem::Problem;

/// Reads the login; `None` where there is no file.
#[must_use]
pub fn read(env: &Env) -> Option<Source> {
    let path = env.qwen_dir().join("oauth_creds.json");
    let state = match wire::json(&path)? {
        Ok(document) => state(&document, &path),
        Err(problem) => State::Unreadable(problem),
    };
    let mut source = Source::new(Kind::Qwen, path, state);
    source.problems.push(Problem::warning(
        "service-ended",
        "qwen: the OAuth service ended on 2026-04-15; its tokens are refused",
        "use an API key for this provider",
    ));
    Some(source)
}

fn state(document: &Value, path: &Path) -> State {
    let wrong = |why| State::Unreadable(wire::malformed(path, why));
    if !document.is_object() {
        return wrong("not an object");
    }
    let access = match wire::token(document, "access_token") {
        Field::Token(token) => token,
        Field::Empty => return State::LoggedOut,
        Field::Missing | Field::Wrong => return wrong("\"access_token\" is missing or not a token"),
    };
    let refresh = match wire::token(document, "refresh_token") {
        Field::Token(token) => Some(token),
        Field::Missing => None,
        Field::Empty => return State::LoggedOut,
        Field::Wrong => return wrong("\"refresh_token\" is not a token"),
    };
    State::Live(Login {
        access,
        refreshable: refresh.is_some(),
        refresh,
        expires: wire::millis(document.get("expiry_date")),
        deadline: None,
        identity: Identity::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::Expiry;

    #[test]
    fn null_is_an_unknown_expiry_and_empty_tokens_a_dead_login() {
        let of = |text: &str| state(&serde_json::from_str(text).unwrap(), Path::new("/f"));
        let State::Live(login) = of(r#"{"access_token":"q","refresh_token":"r","expiry_date":null}"#) else {
            panic!()
        };
        assert_eq!(login.expires, Expiry::Unknown);
        let State::Live(login) = of(r#"{"access_token":"q","expiry_date":1700000000000}"#) else { panic!() };
        assert_eq!((login.expires, login.refresh), (Expiry::At(1_700_000_000_000), None));
        assert!(matches!(of(r#"{"access_token":"","expiry_date":1}"#), State::LoggedOut));
        assert!(matches!(of(r#"{"refresh_token":"r"}"#), State::Unreadable(_)));
        assert!(matches!(of("3"), State::Unreadable(_)));
    }
}
