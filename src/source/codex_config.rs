//! Codex's `config.toml`: where Codex keeps its login (`cli_auth_credentials_store`, looked at in 0.171.0).
//!
//! The key may be behind a text of several lines, and a table may have a key of the same name. So a TOML parser reads
//! it. Codex itself does not start with a file that is not TOML; its app server then keeps the login in `auth.json`, and
//! so does ocsync, with a warning.

use std::path::Path;

use serde::Deserialize;

use crate::model::json_text::position;
use crate::model::problem::{Problem, plain};
use crate::sys::fs::read;

/// What Codex's configuration says.
#[derive(Debug, Default)]
pub struct CodexConfig {
    /// `cli_auth_credentials_store`, where it has a known value.
    store: Option<&'static str>,
    /// The configuration cannot be read.
    pub problem: Option<Problem>,
}

impl CodexConfig {
    /// Where Codex keeps its login, in words; `None` where it keeps it in its file. `has_file`: there is such a file. With
    /// `auto` Codex asks a keyring first, and a file that is not there may never have been.
    #[must_use]
    pub fn elsewhere(&self, has_file: impl FnOnce() -> bool) -> Option<&'static str> {
        match self.store {
            Some("keyring") => Some("config.toml says that it keeps its login in a keyring"),
            Some("ephemeral") => Some("config.toml says that it keeps its login on no disk"),
            Some("auto") if !has_file() => Some("config.toml says that it may keep its login in a keyring"),
            _ => None,
        }
    }
}

/// Reads `config.toml` in Codex's directory.
pub fn read(dir: &Path) -> CodexConfig {
    let path = dir.join("config.toml");
    let warning = |why: &str| {
        let message = format!("{}: {why}; ocsync assumes that Codex keeps its login in auth.json", path.display());
        let problem = Problem::warning("codex-config", message, "correct it: codex does not start with it either");
        CodexConfig { store: None, problem: Some(problem) }
    };
    let text = match read::read(&path) {
        Ok(None) => return CodexConfig::default(),
        Ok(Some((text, _))) => text,
        Err(error) => return warning(&plain(&error)),
    };
    match parse(&text) {
        Ok(store) => CodexConfig { store, problem: None },
        Err((line, column)) => warning(&format!("line {line} column {column}: not TOML")),
    }
}

/// `cli_auth_credentials_store` in a text in the form of `config.toml`; `None` where it has no known value.
pub fn store_of(text: &[u8]) -> Option<&'static str> {
    parse(text).ok().flatten()
}

/// The same, or the line and column of what is not TOML. The text is never quoted: it may hold secrets.
fn parse(text: &[u8]) -> Result<Option<&'static str>, (usize, usize)> {
    #[derive(Deserialize)]
    struct Known {
        cli_auth_credentials_store: Option<toml::Value>,
    }
    let utf8 = std::str::from_utf8(text).map_err(|error| position(&text[..error.valid_up_to()]))?;
    let known: Known = toml::from_str(utf8)
        .map_err(|error| position(&text[..error.span().map_or(text.len(), |span| span.start)]))?;
    let value = known.cli_auth_credentials_store;
    let value = value.as_ref().and_then(toml::Value::as_str);
    Ok(["file", "keyring", "auto", "ephemeral"].into_iter().find(|name| Some(*name) == value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_store_is_the_one_at_the_top_level_wherever_it_is_written() {
        for (text, store) in [
            ("model = \"x\"\ncli_auth_credentials_store = \"keyring\" # why\n", Some("keyring")),
            ("cli_auth_credentials_store='auto'", Some("auto")),
            ("\"cli_auth_credentials_store\" = '''ephemeral'''", Some("ephemeral")),
            ("text = \"\"\"\n[important]\n\"\"\"\ncli_auth_credentials_store = \"keyring\"\n", Some("keyring")),
            ("notify = [\n  'a',\n  [\n]]\ncli_auth_credentials_store = \"file\"", Some("file")),
            ("text = '''\ncli_auth_credentials_store = \"keyring\"\n'''", None),
            ("# cli_auth_credentials_store = \"keyring\"\n", None),
            ("[other]\ncli_auth_credentials_store = \"keyring\"\n", None),
            ("[[other]]\n[other.deep]\ncli_auth_credentials_store = \"keyring\"\n", None),
            ("cli_auth_credentials_store = \"Keyring\"", None),
            ("cli_auth_credentials_store = 7", None),
            ("cli_auth_credentials_store = 1979-05-27", None),
            ("", None),
        ] {
            assert_eq!(parse(text.as_bytes()), Ok(store), "{text}");
        }
    }

    #[test]
    fn a_login_is_in_the_file_unless_the_store_is_another_or_may_be() {
        let is_elsewhere = |store, has_file| CodexConfig { store, problem: None }.elsewhere(|| has_file).is_some();
        for (store, with, without) in [
            (None, false, false),
            (Some("file"), false, false),
            (Some("auto"), false, true),
            (Some("keyring"), true, true),
            (Some("ephemeral"), true, true),
        ] {
            assert_eq!((is_elsewhere(store, true), is_elsewhere(store, false)), (with, without), "{store:?}");
        }
    }

    #[test]
    fn what_is_no_toml_is_named_with_its_place_and_counts_as_the_file() {
        let dir = crate::sys::fs::test_dir();
        assert!(read(dir.path()).problem.is_none());
        for (text, place) in [
            ("model = \"x\"\nname = canary\n", "line 2 column 8"),
            ("a = 1\na = 2\n", "line 2 column 1"),
            ("a = \"\u{e9}\"\n\n[", "line 3 column 2"),
        ] {
            std::fs::write(dir.path().join("config.toml"), text).unwrap();
            let config = read(dir.path());
            let message = config.problem.unwrap().message;
            assert!(message.contains(place) && !message.contains("canary"), "{message}");
            assert_eq!(config.store, None);
        }
        std::fs::write(dir.path().join("config.toml"), b"a = 1\nb = '\xff'").unwrap();
        assert!(read(dir.path()).problem.unwrap().message.contains("line 2 column 6"));
        let deep = format!("a = {}", "[".repeat(300_000));
        std::fs::write(dir.path().join("config.toml"), deep).unwrap();
        assert!(read(dir.path()).problem.is_some());
    }
}
