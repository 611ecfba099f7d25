//! ocsync's own configuration file, `~/.config/ocsync/config.json`, which is read as JSON5.
//!
//! Everything in it is optional. An option on the command line goes before it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::model::exit::Code;
use crate::model::policy::{LinkWay, Share, Via, When};
use crate::model::problem::Problem;
use crate::model::source_id::SourceId;
use crate::model::sqlite_write::SqliteWrite;
use crate::settings::config_error::{self, Wrong};
use crate::settings::day::Day;
use crate::settings::every::Every;
use crate::settings::login_dir::LoginEntry;
use crate::settings::per_source::{self, PerSource};
use crate::settings::span::{self, Span};
use crate::settings::state_dir_entry::StateDirEntry;
use crate::settings::values::{BindTo, CommandLine};
use crate::sys::json5::{parse_json5, read_text};
use crate::sys::url::SafeUrl;

/// The configuration, as the file holds it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConfigFile {
    /// OpenClaw's state directories; without it, the one that OpenClaw itself would use.
    pub state_dirs: Vec<StateDirEntry>,
    /// The sources to read; all of them without it.
    pub sources: Vec<SourceId>,
    /// Further logins of Claude Code and Codex, by name.
    pub logins: BTreeMap<String, LoginEntry>,
    /// The source that a profile belongs to, by profile id or `agent/profile`. `"none"` protects the profile.
    pub bind: BTreeMap<String, BindTo>,
    /// The day on which the setup token of a profile was made, by profile id or `agent/profile`.
    pub setup_tokens: BTreeMap<String, Day>,
    /// What OpenClaw gets: the same of every source, or set by source.
    pub share: PerSource<Share>,
    /// Directory of Claude Code's `.credentials.json`.
    pub claude_dir: Option<PathBuf>,
    /// Codex's home.
    pub codex_home: Option<PathBuf>,
    /// Whether the macOS Keychain is asked. `auto` asks on a terminal only.
    pub keychain: When,
    /// How `--create` links a profile of OpenClaw 2026.6.5 and later (SQLite).
    pub link: LinkWay,
    /// Whether `status` looks for copies of the logins in other programs' files; it does without it.
    pub also_held: Option<bool>,
    /// When the gateway is asked to reload.
    pub reload: When,
    /// The command that asks it, with its first arguments.
    pub openclaw: Vec<PathBuf>,
    /// Commands that run after a change or a problem.
    pub hooks: Hooks,
    /// How long one of them may run.
    #[serde(deserialize_with = "span::limit")]
    pub hook_timeout: Option<Span>,
    /// How often a problem that lasts is announced again.
    pub notify_every: Option<Every>,
    /// The URL to GET after every run.
    pub ping: Option<SafeUrl>,
    /// The file that exists while a login is needed.
    pub flag_file: Option<PathBuf>,
    /// Where else a token is delivered.
    pub export: Export,
    /// How the CLIs' logins are refreshed.
    pub refresh: RefreshFile,
    /// Whether tokens that OpenClaw refreshed are written back into the CLI's file.
    pub write_back: bool,
    /// Whether profiles in SQLite are updated in place.
    pub sqlite_write: SqliteWrite,
    /// When cooldowns are lifted.
    pub clear_cooldown: When,
    /// How long a run waits for locks, in seconds.
    pub wait: Option<u64>,
    /// The schema, for an editor. ocsync passes over it.
    #[serde(rename = "$schema")]
    pub schema: IgnoredAny,
}

/// Commands that run after a change or a problem.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hooks {
    /// After a change.
    pub on_change: Option<CommandLine>,
    /// When a problem begins, while it lasts, and when it ends.
    pub on_problem: Option<CommandLine>,
}

/// Where else a token is delivered.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Export {
    /// An environment file that gets Claude's access token.
    pub env_file: Option<PathBuf>,
    /// The login whose token it gets; the first of Claude Code without it.
    pub source: Option<SourceId>,
}

/// How the CLIs' logins are refreshed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RefreshFile {
    /// Who refreshes: the CLI itself, or ocsync over HTTP.
    pub via: PerSource<Via>,
    /// With how much left a login is due.
    pub within: PerSource<Span>,
    /// How often the timer runs `refresh`.
    pub interval: Option<Span>,
    /// The container that the CLI lives in.
    pub container: PerSource<String>,
    /// The CLI's command.
    #[serde(deserialize_with = "per_source::each")]
    pub programs: BTreeMap<SourceId, CommandLine>,
    /// The token endpoint, in place of the vendor's.
    pub token_url: PerSource<SafeUrl>,
    /// How long a CLI may take.
    #[serde(deserialize_with = "span::limit")]
    pub timeout: Option<Span>,
}

impl ConfigFile {
    /// Reads the configuration. Without a file it is the defaults, unless the file was `named`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(path: &Path, named: bool) -> Result<Self, Problem> {
        let wrong = |why: String| {
            let message = format!("{}: {why}", path.display());
            Problem::error(Code::Config, "config", message, "correct ocsync's configuration")
        };
        let Some(text) = read_text(path)? else {
            return if named { Err(wrong("no such file".to_owned())) } else { Ok(Self::default()) };
        };
        Self::typed(parse_json5(path, &text)?).map_err(|what| wrong(what.said(&text)))
    }

    /// The configuration in a value.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn of(value: Value) -> Result<Self, String> {
        Self::typed(value).map_err(|what| what.to_string())
    }

    fn typed(value: Value) -> Result<Self, Wrong> {
        // serde would take a list for the values of the keys in their order.
        if !value.is_object() {
            let why = "not an object".to_owned();
            return Err(Wrong { why, path: Vec::new(), is_unknown_key: false });
        }
        config_error::read(value).map_err(|(what, _)| what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::source::SourceKind;

    fn read(text: &str) -> Result<ConfigFile, Problem> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.json");
        std::fs::write(&path, text).unwrap();
        ConfigFile::read(&path, true)
    }

    #[test]
    fn every_key_is_optional_and_an_unknown_one_an_error() {
        assert!(read("{}").unwrap().state_dirs.is_empty());
        let config = read(
            "{ state_dirs: ['~/a', { path: '/b', container: true, version: '2026.4.5' }], share: 'access',
               bind: { 'anthropic:work': 'claude', 'x/anthropic:default': 'none' }, wait: 3, reload: 'never' }",
        )
        .unwrap();
        assert_eq!(config.bind["anthropic:work"].source(), Some(SourceKind::Claude.into()));
        assert_eq!(config.bind["x/anthropic:default"].source(), None);
        assert!(matches!(&config.state_dirs[1], StateDirEntry::Full(full) if full.container));
        for (text, meant) in [
            ("{ shre: 'access' }", "unknown key \"shre\": did you mean \"share\"?"),
            ("{ hooks: { on_chnge: [] } }", "did you mean \"on_change\"?"),
            ("{ state_dirs: [{ path: '/a', containr: true }] }", "did you mean \"container\"?"),
            ("{ share: 'acces' }", "share: unknown value: did you mean \"access\"?"),
            ("{ zzz: 1 }", "known are state_dirs, "),
            ("['~/.openclaw']", "config.json: line 1 column 1: not an object"),
            (
                "{\n  wait: 3,\n  write_back: 'x' }",
                "config.json: line 3 column 15: write_back: neither true nor false",
            ),
            (
                "{ state_dirs: ['/a',\n { container: 7, path: '/b' }] }",
                "line 2 column 15: state_dirs[1].container: neither",
            ),
        ] {
            let message = read(text).unwrap_err().message;
            assert!(message.contains(meant), "{message}");
        }
        assert!(read("{ ping: 'http://example.test/x' }").is_err());
        assert!(read("{ share: 'all' }").is_err());
        let each = read("{ share: { claude: 'access' } }").unwrap().share;
        assert_eq!((each.of(SourceKind::Claude), each.of(SourceKind::Codex)), (Some(&Share::Access), None));
        let dir = tempfile::tempdir().unwrap();
        let absent = dir.path().join("config.json");
        assert!(ConfigFile::read(&absent, true).is_err());
        assert!(ConfigFile::read(&absent, false).is_ok());
    }
}
