//! ocsync's own configuration: `~/.config/ocsync/config.json`, read as JSON5. Everything in it
//! is optional, and what is given on the command line wins.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value, from_value};

use crate::cli::When;
use crate::exit::Code;
use crate::nearest::explain;
use crate::notify::ping::PingUrl;
use crate::openclaw::config_file::read_json5;
use crate::openclaw::link::Way;
use crate::per_source::PerSource;
use crate::plan::Share;
use crate::problem::Problem;
use crate::refresh::settings;
use crate::source::Kind;
use crate::words::{Span, Words};

/// The configuration, as the file holds it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// OpenClaw's state directories; without it, the one that OpenClaw itself would use.
    pub state_dirs: Vec<StateDirEntry>,
    /// The sources to read; all without it.
    pub sources: Vec<Kind>,
    /// Which source a profile belongs to, by profile id or `agent/profile`; `"none"` protects it.
    pub bind: BTreeMap<String, BindTo>,
    /// What is shared with OpenClaw, of every source or by source.
    pub share: PerSource<Share>,
    /// Directory of Claude Code's `.credentials.json`.
    pub claude_dir: Option<PathBuf>,
    /// Codex's home.
    pub codex_home: Option<PathBuf>,
    /// Whether the macOS Keychain is asked: `auto` is on a terminal only.
    pub keychain: When,
    /// How `--create` links a profile of the SQLite era.
    pub link: Way,
    /// When the gateway is told.
    pub reload: When,
    /// The command that tells it, with its first arguments.
    pub openclaw: Vec<PathBuf>,
    /// Commands that are told of a change or a problem.
    pub hooks: Hooks,
    /// How long one of them may run.
    pub hook_timeout: Option<Span>,
    /// How often a problem that lasts is told.
    pub notify_every: Option<Span>,
    /// The URL that is asked for after every run.
    pub ping: Option<PingUrl>,
    /// The file that is there while a login is needed.
    pub flag_file: Option<PathBuf>,
    /// Where else a token is delivered.
    pub export: Export,
    /// How the CLIs' logins are refreshed.
    pub refresh: settings::Config,
    /// Put what OpenClaw has refreshed into the CLI's file.
    pub write_back: bool,
    /// Update profiles in SQLite in place.
    pub sqlite_write: bool,
    /// When cooldowns are lifted.
    pub clear_cooldown: When,
    /// How long to wait for a lock, in seconds.
    pub wait: Option<u64>,
}

/// Commands that are told of something.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hooks {
    /// Of a change.
    pub on_change: Option<Words>,
    /// Of a problem, and of its end.
    pub on_problem: Option<Words>,
}

/// Where else a token is delivered.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Export {
    /// An environment file that gets Claude's access token.
    pub env_file: Option<PathBuf>,
}

/// A state directory, alone or with what ocsync cannot find out.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "serde_json::Value")]
pub enum StateDirEntry {
    /// The directory.
    Path(PathBuf),
    /// The directory and more.
    Full(FullEntry),
}

impl TryFrom<Value> for StateDirEntry {
    type Error = serde_json::Error;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        if value.is_object() { from_value(value).map(Self::Full) } else { from_value(value).map(Self::Path) }
    }
}

/// A state directory with what ocsync cannot find out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FullEntry {
    /// The directory.
    pub path: PathBuf,
    /// Its gateway runs in a container: pids there mean nothing here.
    #[serde(default)]
    pub container: bool,
    /// OpenClaw's version, where openclaw.json does not say it.
    pub version: Option<String>,
}

/// What a profile is bound to.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum BindTo {
    /// Nothing: an independent login.
    None,
    /// Claude Code.
    Claude,
    /// Codex.
    Codex,
    /// MiniMax.
    MiniMax,
    /// Qwen Code.
    Qwen,
}

impl BindTo {
    /// The source, if it is one.
    #[must_use]
    pub fn kind(self) -> Option<Kind> {
        match self {
            Self::None => None,
            Self::Claude => Some(Kind::Claude),
            Self::Codex => Some(Kind::Codex),
            Self::MiniMax => Some(Kind::MiniMax),
            Self::Qwen => Some(Kind::Qwen),
        }
    }
}

impl Config {
    /// Reads the configuration; the defaults where there is no file, unless it was `named`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(path: &Path, named: bool) -> Result<Self, Problem> {
        let wrong = |why: &str| {
            Problem::error(
                Code::Config,
                "config",
                format!("{}: {why}", path.display()),
                "correct ocsync's configuration",
            )
        };
        match read_json5(path)? {
            None if named => Err(wrong("no such file")),
            None => Ok(Self::default()),
            Some(value) => Self::of(value).map_err(|why| wrong(&why)),
        }
    }

    /// The configuration in a value.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn of(value: Value) -> Result<Self, String> {
        from_value(value).map_err(|error| explain(&error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, Problem> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.json");
        std::fs::write(&path, text).unwrap();
        Config::read(&path, true)
    }

    #[test]
    fn every_key_is_optional_and_an_unknown_one_an_error() {
        assert!(read("{}").unwrap().state_dirs.is_empty());
        let config = read(
            "{ state_dirs: ['~/a', { path: '/b', container: true, version: '2026.4.5' }], share: 'access',
               bind: { 'anthropic:work': 'claude', 'x/anthropic:default': 'none' }, wait: 3, reload: 'never' }",
        )
        .unwrap();
        assert_eq!(config.bind["anthropic:work"].kind(), Some(Kind::Claude));
        assert_eq!(config.bind["x/anthropic:default"].kind(), None);
        assert!(matches!(&config.state_dirs[1], StateDirEntry::Full(full) if full.container));
        for (text, meant) in [
            ("{ shre: 'access' }", "unknown key \"shre\": did you mean \"share\"?"),
            ("{ hooks: { on_chnge: [] } }", "did you mean \"on_change\"?"),
            ("{ state_dirs: [{ path: '/a', containr: true }] }", "did you mean \"container\"?"),
            ("{ share: 'acces' }", "unknown value \"acces\": did you mean \"access\"?"),
            ("{ zzz: 1 }", "known are state_dirs, "),
        ] {
            let message = read(text).unwrap_err().message;
            assert!(message.contains(meant), "{message}");
        }
        assert!(read("{ ping: 'http://example.test/x' }").is_err());
        assert!(read("{ share: 'all' }").is_err());
        let each = read("{ share: { claude: 'access' } }").unwrap().share;
        assert_eq!((each.of(Kind::Claude), each.of(Kind::Codex)), (Some(&Share::Access), None));
        let dir = tempfile::tempdir().unwrap();
        let absent = dir.path().join("config.json");
        assert!(Config::read(&absent, true).is_err());
        assert!(Config::read(&absent, false).is_ok());
    }
}
