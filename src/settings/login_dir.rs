//! The directory of a login, as a person writes it: in the configuration, or as `DIR` or `NAME=DIR` on the command line.

use std::path::PathBuf;

use serde::Deserialize;

use crate::model::source::SourceKind;
use crate::model::source_id::SourceId;

/// An entry of `logins` in the configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginEntry {
    /// The CLI.
    pub source: SourceKind,
    /// Its directory for this login: `CLAUDE_CONFIG_DIR` or `CODEX_HOME`.
    pub dir: PathBuf,
}

/// A directory on the command line, `DIR` or `NAME=DIR`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginDir {
    /// The login.
    pub id: SourceId,
    /// Its directory.
    pub dir: PathBuf,
}

/// Reads `DIR` or `NAME=DIR` for Claude Code.
///
/// # Errors
/// What is wrong with the name.
pub fn parse_claude_dir(text: &str) -> Result<LoginDir, String> {
    parse(SourceKind::Claude, text)
}

/// Reads `DIR` or `NAME=DIR` for Codex.
///
/// # Errors
/// What is wrong with the name.
pub fn parse_codex_home(text: &str) -> Result<LoginDir, String> {
    parse(SourceKind::Codex, text)
}

/// A `=` behind a `/`, `.` or `~` is a part of a path.
fn parse(kind: SourceKind, text: &str) -> Result<LoginDir, String> {
    let (id, dir) = match text.split_once('=').filter(|(name, _)| !name.contains(['/', '.', '~'])) {
        Some((name, dir)) => (SourceId::named(kind, name)?, dir),
        None => (SourceId::first(kind), text),
    };
    if dir.is_empty() { Err("the directory is missing".to_owned()) } else { Ok(LoginDir { id, dir: dir.into() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_stands_before_the_first_sign_of_equality_unless_it_is_a_path() {
        let read = |text: &str| parse_claude_dir(text).map(|of| (of.id.name, of.dir));
        assert_eq!(read("work=~/w"), Ok(("claude:work", "~/w".into())));
        assert_eq!(read("work=/a=b"), Ok(("claude:work", "/a=b".into())));
        for path in ["/a=b", "~/a=b", "./a=b", "a"] {
            assert_eq!(read(path), Ok(("claude", path.into())));
        }
        for wrong in ["", "work=", "=/a", "Work=/a"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert_eq!(parse_codex_home("b=/b").unwrap().id.name, "codex:b");
    }
}
