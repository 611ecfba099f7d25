//! Reads Qwen Code's login: `oauth_creds.json` (0.1.3 to 0.24.4).
//!
//! The service behind it ended on 2026-04-15. The file is still read, so that `status` can say why the agents fail.

use crate::model::problem::Problem;
use crate::model::source::{Source, SourceKind, SourceState};
use crate::settings::env::Env;
use crate::source::document::{self, Document, EmptyRefresh};

/// Reads the login; `None` where there is no file.
pub fn read(env: &Env) -> Option<Source> {
    let path = env.qwen_dir().join("oauth_creds.json");
    let state = match document::json(&path)? {
        Ok(document) => state(&document),
        Err(problem) => SourceState::Unreadable(problem),
    };
    let mut source = Source::new(SourceKind::Qwen, path, state);
    source.problems.push(Problem::warning(
        "service-ended",
        "qwen: the OAuth service ended on 2026-04-15; its tokens are refused",
        "use an API key for this provider",
    ));
    Some(source)
}

/// The state of the login in a document in the form of `oauth_creds.json`.
pub fn state(document: &Document) -> SourceState {
    let expires = document::millis(document.value.get("expiry_date"));
    document::login(document, &document.value, expires, EmptyRefresh::Dead)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::model::login::Expiry;

    #[test]
    fn null_is_an_unknown_expiry_and_empty_tokens_a_dead_login() {
        let of = |text: &str| state(&Document::parse(Path::new("/f"), text.as_bytes().to_vec()).unwrap());
        let SourceState::Live(login) = of(r#"{"access_token":"q","refresh_token":"r","expiry_date":null}"#) else {
            panic!()
        };
        assert_eq!(login.expires, Expiry::Unknown);
        let SourceState::Live(login) = of(r#"{"access_token":"q","expiry_date":1700000000000}"#) else { panic!() };
        assert_eq!((login.expires, login.refresh), (Expiry::At(1_700_000_000_000), None));
        assert!(matches!(of(r#"{"access_token":"","expiry_date":1}"#), SourceState::LoggedOut));
        assert!(matches!(of(r#"{"refresh_token":"r"}"#), SourceState::Unreadable(_)));
        assert!(matches!(of("3"), SourceState::Unreadable(_)));
    }
}
