//! Reads Codex's login: `auth.json` in `CODEX_HOME` (looked at from 0.160.0 to 0.169.0).
//!
//! Codex reads its file strictly. So what Codex does not take for a login is no login to ocsync. There is no expiry
//! field: the access token's own `exp` is the expiry. With a keyring or an ephemeral store, and in every mode without
//! ChatGPT tokens, there is no source.

use std::path::Path;

use serde_json::Value;

use crate::model::jwt;
use crate::model::login::{Expiry, Identity, Login};
use crate::model::source::{Source, SourceKind, SourceState};
use crate::settings::env::Env;
use crate::source::document::{self, Document, Field};
use crate::sys::fs::read;

/// Reads the login. `None` where no file holds one.
pub fn read(env: &Env) -> Option<Source> {
    let path = env.login_file(SourceKind::Codex);
    let document = document::json(&path)?;
    if matches!(credentials_store(&env.codex_dir()).as_deref(), Some("keyring" | "ephemeral")) {
        return None;
    }
    let state = match document {
        Ok(document) => state(&document)?,
        Err(problem) => SourceState::Unreadable(problem),
    };
    Some(Source::new(SourceKind::Codex, path, state))
}

/// `cli_auth_credentials_store` of `config.toml`. This one top-level key is on a line of its own before the first
/// table, so no TOML parser is needed.
fn credentials_store(dir: &Path) -> Option<String> {
    let (bytes, _) = read::read(&dir.join("config.toml")).ok()??;
    store_of(&bytes)
}

/// `cli_auth_credentials_store` in a text in the form of `config.toml`.
pub fn store_of(text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?;
    let top_level = text.lines().map(str::trim).take_while(|line| !line.starts_with('['));
    let value = top_level.filter_map(|line| line.split_once('=')).find_map(|(key, value)| {
        (key.trim().trim_matches(['"', '\'']) == "cli_auth_credentials_store").then(|| value.trim())
    })?;
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value[1..].split(quote).next().map(str::to_owned)
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
        // In older files, without `auth_mode`, an API key wins over tokens.
        None | Some(Value::Null) if document::text(value, "OPENAI_API_KEY").is_some() => return None,
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
    let Some(id_token) = document::text(tokens, "id_token").filter(|token| jwt::claims(token).is_some()) else {
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

#[cfg(test)]
mod tests {
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

    #[test]
    fn the_store_of_config_toml_is_read_from_the_top_level_only() {
        let dir = tempfile::tempdir().unwrap();
        let store = |text: &str| {
            std::fs::write(dir.path().join("config.toml"), text).unwrap();
            credentials_store(dir.path())
        };
        assert_eq!(
            store("model = \"x\"\ncli_auth_credentials_store = \"keyring\" # why\n").as_deref(),
            Some("keyring")
        );
        assert_eq!(store("cli_auth_credentials_store='auto'").as_deref(), Some("auto"));
        assert_eq!(store("# cli_auth_credentials_store = \"keyring\"\n"), None);
        assert_eq!(store("[other]\ncli_auth_credentials_store = \"keyring\"\n"), None);
    }
}
