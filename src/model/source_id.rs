//! Which login is meant: its CLI, and a name where the CLI has several.
//!
//! The first login of a CLI is called by its kind, `claude`. A further one has a directory of its own and a name,
//! `claude:work`.

use std::borrow::Cow;
use std::path::Path;

use serde::Deserialize;
use serde::de::{self, Deserializer, IntoDeserializer};

use crate::model::from_text::from_text;
use crate::model::shell::quoted;
use crate::model::source_kind::SourceKind;

/// The longest name of a login. OpenClaw's names of secret providers have room for it (2026.9.6: 64 characters).
const LONGEST: usize = 32;

/// One login, or all logins of a CLI where a setting applies to all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId {
    /// The CLI that owns it.
    pub kind: SourceKind,
    /// What it is called in output and configuration: `claude`, or `claude:work`.
    pub name: &'static str,
}

impl SourceId {
    /// The first login of a CLI.
    pub fn first(kind: SourceKind) -> Self {
        Self { kind, name: kind.name() }
    }

    /// A further login. Its name is kept for as long as the program runs: there are only the few that the operator has
    /// configured.
    ///
    /// # Errors
    /// What is wrong with the name, or that the CLI has one login alone.
    pub fn named(kind: SourceKind, name: &str) -> Result<Self, String> {
        if !matches!(kind, SourceKind::Claude | SourceKind::Codex) {
            return Err("only claude and codex can have several logins".to_owned());
        }
        if !Self::is_name(name) {
            return Err(format!(
                "a login's name has at most {LONGEST} small letters, digits, \"-\" and \"_\", and begins with a letter \
                 or digit"
            ));
        }
        Ok(Self { kind, name: Box::leak(format!("{}:{name}", kind.name()).into_boxed_str()) })
    }

    /// Whether a further login may have this name.
    pub fn is_name(name: &str) -> bool {
        let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let first = name.bytes().next().is_some_and(letter);
        first && name.len() <= LONGEST && name.bytes().all(|byte| letter(byte) || b"_-".contains(&byte))
    }

    /// Whether it is the first login of its CLI.
    pub fn is_first(self) -> bool {
        self.name == self.kind.name()
    }

    /// The name without the CLI; `None` for the first login.
    pub fn own_name(self) -> Option<&'static str> {
        self.name.split_once(':').map(|(_, name)| name)
    }

    /// The command that logs in again, for a login in `file`. A further login has its own directory.
    pub fn login_command(self, file: &Path) -> Cow<'static, str> {
        let usual = self.kind.login_command();
        let Some(dir) = file.parent().filter(|_| !self.is_first()) else { return usual.into() };
        let variable = if self.kind == SourceKind::Codex { "CODEX_HOME" } else { "CLAUDE_CONFIG_DIR" };
        format!("{variable}={} {usual}", quoted(&dir.to_string_lossy())).into()
    }

    /// Whether a setting for `self` applies to a login: `claude` stands for all logins of Claude Code.
    pub fn covers(self, login: Self) -> bool {
        self == login || (self.is_first() && self.kind == login.kind)
    }
}

impl From<SourceKind> for SourceId {
    fn from(kind: SourceKind) -> Self {
        Self::first(kind)
    }
}

impl std::str::FromStr for SourceId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let kind = |text: &str| {
            let read: Result<_, de::value::Error> = SourceKind::deserialize(text.into_deserializer());
            read.map_err(|error| error.to_string())
        };
        match text.split_once(':') {
            Some((of, name)) => Self::named(kind(of)?, name),
            None => kind(text).map(Self::first),
        }
    }
}

impl<'de> Deserialize<'de> for SourceId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, "the name of a source")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_login_has_the_name_of_its_cli_and_others_one_of_their_own() {
        let read = |text: &str| text.parse::<SourceId>();
        let (first, work) = (read("claude").unwrap(), read("claude:work").unwrap());
        assert_eq!((first, first.is_first(), first.own_name()), (SourceKind::Claude.into(), true, None));
        assert_eq!((work.name, work.is_first(), work.own_name()), ("claude:work", false, Some("work")));
        assert_eq!(work, SourceId::named(SourceKind::Claude, "work").unwrap());
        assert!(first < work && work < read("codex").unwrap());
        assert!(first.covers(work) && first.covers(first) && !work.covers(first));
        assert!(!read("codex").unwrap().covers(work));
    }

    #[test]
    fn a_further_login_is_renewed_in_its_own_directory() {
        let command =
            |id: &str, file: &str| id.parse::<SourceId>().unwrap().login_command(Path::new(file)).into_owned();
        assert_eq!(command("claude", "/x/.credentials.json"), "claude auth login");
        assert_eq!(command("claude:w", "/h/.claude-w/f"), "CLAUDE_CONFIG_DIR=/h/.claude-w claude auth login");
        assert_eq!(command("codex:w", "/h/it's/f"), r"CODEX_HOME='/h/it'\''s' codex login");
    }

    #[test]
    fn a_name_that_could_be_something_else_is_refused() {
        for wrong in
            ["clade", "claude:", "claude:Work", "claude:a b", "claude:-a", "claude:a:b", "claude:a/b", "qwen:a"]
        {
            assert!(wrong.parse::<SourceId>().is_err(), "{wrong}");
        }
        let long = |count: usize| format!("codex:{}", "a".repeat(count)).parse::<SourceId>().is_ok();
        assert!(long(LONGEST) && !long(LONGEST + 1));
        assert!("clade:x".parse::<SourceId>().unwrap_err().starts_with("unknown variant"));
    }
}
