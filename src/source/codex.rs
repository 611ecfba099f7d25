//! Reads Codex's login: `auth.json` in `CODEX_HOME` (looked at from 0.160.0 to 0.169.0).
//!
//! Codex reads its file strictly. So what Codex does not take for a login is no login to ocsync. There is no expiry
//! field: the access token's own `exp` is the expiry. With a keyring or an ephemeral store, and in every mode without
//! ChatGPT tokens, the login is out of reach.

use serde_json::Value;

use crate::model::jwt;
use crate::model::login::{Expiry, Identity, Login};
use crate::model::source::{Source, SourceKind, SourceState};
use crate::model::zeroizing::Zeroizing;
use crate::settings::env::Env;
use crate::source::codex_config;
use crate::source::document::{self, Document, Field};

/// Reads the login. `None` where no file holds one, and none is kept elsewhere.
pub fn read(env: &Env) -> Option<Source> {
    let path = env.login_file(SourceKind::Codex);
    let config = codex_config::read(&env.codex_dir());
    let state = match (config.elsewhere(|| path.exists()), document::json(&path)) {
        (Some(place), _) => SourceState::OutOfReach(place.to_owned()),
        (None, None) => return None,
        (None, Some(Ok(document))) => {
            state(&document).unwrap_or_else(|| SourceState::OutOfReach(other_login(&document.value).to_owned()))
        }
        (None, Some(Err(problem))) => SourceState::Unreadable(problem),
    };
    let problems = config.problem.into_iter().collect();
    Some(Source { problems, ..Source::new(SourceKind::Codex, path, state) })
}

/// What Codex works with where its file has a mode without ChatGPT tokens, in words.
fn other_login(value: &Value) -> &'static str {
    let is_set = |name: &str| value.get(name).is_some_and(|login| !login.is_null());
    match value.get("auth_mode").and_then(Value::as_str) {
        Some("personalAccessToken") => "it works with a personal access token",
        Some("agentIdentity") => "it works with an agent identity",
        Some("bedrockApiKey" | "bedrockAccessKeys") => "it works with Amazon Bedrock",
        Some("headers") => "another program gives it its credentials",
        None if is_set("personal_access_token") => "it works with a personal access token",
        None if is_set("agent_identity") => "it works with an agent identity",
        None if is_set("bedrock_api_key") || is_set("bedrock_access_keys") => "it works with Amazon Bedrock",
        _ => "it works with an API key",
    }
}

/// The state of the login in a document in the form of `auth.json`. `None` for a mode without ChatGPT tokens.
pub(super) fn state(document: &Document) -> Option<SourceState> {
    let value = &document.value;
    let wrong = |names: &[&str], why: &str| Some(SourceState::Unreadable(document.wrong(names, why)));
    if !value.is_object() {
        return wrong(&[], "not an object");
    }
    let refreshed_elsewhere = match value.get("auth_mode") {
        Some(Value::String(mode)) => match mode.as_str() {
            "chatgpt" => false,
            // Another program refreshes these tokens, so an empty refresh token does not mean a dead login.
            "chatgptAuthTokens" => true,
            "apikey"
            | "agentIdentity"
            | "personalAccessToken"
            | "bedrockApiKey"
            | "bedrockAccessKeys"
            | "headers" => {
                return None;
            }
            _ => return wrong(&["auth_mode"], "unknown \"auth_mode\""),
        },
        None | Some(Value::Null) if has_other_login(value) => return None,
        None | Some(Value::Null) => false,
        Some(_) => return wrong(&["auth_mode"], "\"auth_mode\" is not a string"),
    };
    let tokens = match value.get("tokens") {
        None | Some(Value::Null) => return Some(SourceState::LoggedOut),
        Some(tokens @ Value::Object(_)) => tokens,
        Some(_) => return wrong(&["tokens"], "\"tokens\" is not an object"),
    };
    let no_token = |name: &str| wrong(&[name, "tokens"], &format!("\"{name}\" is missing or not a token"));
    let access = match document::token(tokens, "access_token") {
        Field::Token(token) => token,
        Field::Empty => return Some(SourceState::LoggedOut),
        Field::Missing | Field::Wrong => return no_token("access_token"),
    };
    let refresh = match document::token(tokens, "refresh_token") {
        Field::Token(token) => Some(token),
        Field::Empty if refreshed_elsewhere => None,
        Field::Empty => return Some(SourceState::LoggedOut),
        Field::Missing | Field::Wrong => return no_token("refresh_token"),
    };
    let id_token = document::text(tokens, "id_token").map(Zeroizing::new);
    let Some(id_token) = id_token.filter(|token| jwt::claims(token).is_some()) else {
        return no_token("id_token");
    };
    let expires = jwt::times(access.secret.expose()).and_then(|times| times.expires);
    let account = Identity { account_id: document::text(tokens, "account_id"), ..Identity::default() };
    Some(SourceState::Live(Login {
        access,
        // Codex never refreshes a login without an account id.
        refreshable: refresh.is_some() && account.account_id.is_some(),
        refresh,
        expires: expires.map_or(Expiry::Unknown, Expiry::At),
        deadline: None,
        identity: account.or(&jwt::openai_identity(&id_token)),
    }))
}

/// Whether a file without `auth_mode` holds a login of another kind. It wins over tokens, which may be left of an
/// earlier login (Codex 0.171.0: a personal access token, then Bedrock, then an API key). Beside an agent identity the
/// tokens may be of another login, so it counts as well.
fn has_other_login(value: &Value) -> bool {
    let others = ["personal_access_token", "agent_identity", "bedrock_api_key", "bedrock_access_keys"];
    let is_set = |name: &&str| value.get(*name).is_some_and(|login| !login.is_null());
    others.iter().any(is_set) || document::text(value, "OPENAI_API_KEY").is_some()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::model::jwt::tests::fake;

    fn of(text: &str) -> Option<SourceState> {
        state(&Document::parse(Path::new("/f"), text.as_bytes().to_vec()).unwrap())
    }

    fn tokens(mode: &str, access: &str, rest: &str) -> String {
        let id = fake(r#"{"email":"fake@example.test"}"#);
        format!(r#"{{{mode}"tokens":{{"id_token":"{id}","access_token":"{access}"{rest}}}}}"#)
    }

    #[test]
    fn the_access_tokens_own_exp_is_the_expiry_and_the_id_token_names_the_person() {
        let access = fake(r#"{"iat":1,"exp":4102444800}"#);
        let text = tokens(r#""auth_mode":"chatgpt","#, &access, r#","refresh_token":"rt","account_id":"acct-A""#);
        let Some(SourceState::Live(login)) = of(&text) else { panic!() };
        assert_eq!(login.expires, Expiry::At(4_102_444_800_000));
        assert_eq!(login.identity.account_id.as_deref(), Some("acct-A"));
        assert_eq!(login.identity.email.as_deref(), Some("fake@example.test"));
        assert!(login.refreshable);
        let Some(SourceState::Live(login)) = of(&tokens("", "opaque", r#","refresh_token":"rt""#)) else { panic!() };
        assert_eq!(login.expires, Expiry::Unknown);
        assert!(!login.refreshable);
    }

    #[test]
    fn other_modes_are_no_source() {
        assert!(of(r#"{"auth_mode":"apikey","OPENAI_API_KEY":"sk-FAKE"}"#).is_none());
        assert!(of(&tokens(r#""OPENAI_API_KEY":"sk-FAKE","#, "a", r#","refresh_token":"rt""#)).is_none());
        assert!(of(r#"{"auth_mode":"agentIdentity"}"#).is_none());
        let left = |other: &str| of(&tokens(other, "a", r#","refresh_token":"rt""#));
        assert!(left(r#""personal_access_token":"at-FAKE","#).is_none());
        assert!(left(r#""auth_mode":null,"personal_access_token":"","#).is_none());
        assert!(left(r#""agent_identity":{"agent_runtime_id":"FAKE"},"#).is_none());
        assert!(left(r#""bedrock_api_key":{"api_key":"FAKE"},"#).is_none());
        assert!(left(r#""bedrock_access_keys":{},"OPENAI_API_KEY":null,"#).is_none());
        assert!(of(r#"{"agent_identity":"FAKE.FAKE.FAKE","tokens":null}"#).is_none());
        for other in [r#""personal_access_token":null,"#, r#""agent_identity":null,"#] {
            assert!(matches!(left(other), Some(SourceState::Live(_))), "{other}");
        }
        // The mode that is written counts, whatever else is in the file.
        let chatgpt = left(r#""auth_mode":"chatgpt","personal_access_token":"at-FAKE","agent_identity":{},"#);
        assert!(matches!(chatgpt, Some(SourceState::Live(_))));
    }

    #[test]
    fn a_dead_login_is_logged_out_and_a_broken_one_unreadable() {
        for text in [
            r#"{"auth_mode":"chatgpt","tokens":null}"#.to_owned(),
            tokens("", "", r#","refresh_token":"rt""#),
            tokens("", "a", r#","refresh_token":"""#),
        ] {
            assert!(matches!(of(&text), Some(SourceState::LoggedOut)), "{text}");
        }
        for text in [
            "[]".to_owned(),
            r#"{"auth_mode":"apiKey"}"#.to_owned(),
            r#"{"auth_mode":1}"#.to_owned(),
            r#"{"tokens":[]}"#.to_owned(),
            r#"{"tokens":{"id_token":"x","access_token":"a","refresh_token":"r"}}"#.to_owned(),
            tokens("", "a", ""),
            tokens("", "a", r#","refresh_token":null"#),
        ] {
            assert!(matches!(of(&text), Some(SourceState::Unreadable(_))), "{text}");
        }
        let seat = tokens(r#""auth_mode":"chatgptAuthTokens","#, "a", r#","refresh_token":"""#);
        assert!(matches!(of(&seat), Some(SourceState::Live(login)) if login.refresh.is_none()));
    }
}
