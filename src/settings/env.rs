//! Every variable and every default path.
//!
//! The variables are read once and kept as a value. So everything that uses them can be tested without
//! touching the process. A variable that is set but empty counts as unset: under cron and systemd that is
//! nearly always what it means.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::model::problem::Problem;
use crate::model::source_id::SourceId;
use crate::sys::fs::open::is_absent;

/// How long the Keychain may take by default.
const KEYCHAIN_LIMIT: Duration = Duration::from_secs(30);

/// The environment of a run.
#[derive(Clone, Debug)]
pub struct Env {
    vars: BTreeMap<OsString, OsString>,
    home: PathBuf,
    /// The directory of the first login of Claude Code, where an option or the configuration names it.
    pub claude_dir: Option<PathBuf>,
    /// The same of Codex.
    pub codex_home: Option<PathBuf>,
    /// The directories of further logins.
    pub further: BTreeMap<SourceId, PathBuf>,
    /// Whether the macOS Keychain may be asked.
    pub keychain: bool,
    /// How long the Keychain may take: macOS may wait for a person.
    pub keychain_limit: Duration,
}

impl Env {
    /// The environment of this process. `home` (`--home`) replaces `HOME`. Without both, the home
    /// directory is that of the user's passwd entry.
    pub fn of_process(home: Option<&Path>) -> Self {
        #[allow(clippy::disallowed_methods, reason = "this is the one place")]
        let vars = std::env::vars_os().collect();
        let found = || directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
        let home = home.map(Path::to_owned).or_else(found).map_or_else(|| PathBuf::from("/"), |home| absolute(&home));
        Self::new(vars, home)
    }

    /// An environment made of these variables, for tests.
    pub fn of(home: &Path, vars: &[(&str, &str)]) -> Self {
        let vars = vars.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        Self::new(vars, home.to_owned())
    }

    fn new(vars: BTreeMap<OsString, OsString>, home: PathBuf) -> Self {
        Self {
            vars,
            home,
            claude_dir: None,
            codex_home: None,
            further: BTreeMap::new(),
            keychain: false,
            keychain_limit: KEYCHAIN_LIMIT,
        }
    }

    /// The environment with another directory of Claude Code, as a variable names it; the usual one without.
    pub(super) fn with_claude_dir(mut self, dir: &Path) -> Self {
        self.vars.remove(OsStr::new("CLAUDE_SECURESTORAGE_CONFIG_DIR"));
        self.vars.remove(OsStr::new("CLAUDE_CONFIG_DIR"));
        if dir != self.home.join(".claude") {
            self.vars.insert("CLAUDE_CONFIG_DIR".into(), dir.into());
        }
        Self { claude_dir: Some(dir.to_owned()), ..self }
    }

    /// The environment with another directory of Codex.
    pub(super) fn with_codex_home(mut self, dir: &Path) -> Self {
        self.codex_home = Some(dir.to_owned());
        self
    }

    /// A variable that is set and not empty.
    pub fn var(&self, name: &str) -> Option<&OsStr> {
        self.vars.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// The environment, with these variables where it has none or a blank one of the name.
    #[must_use]
    pub fn with_more(mut self, more: BTreeMap<String, String>) -> Self {
        for (name, value) in more.into_iter().filter(|(_, value)| !value.trim().is_empty()) {
            let set = self.vars.entry(name.into()).or_default();
            if set.to_string_lossy().trim().is_empty() {
                *set = value.into();
            }
        }
        self
    }

    /// A path in a variable.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.var(name).map(|value| self.expand(Path::new(value)))
    }

    /// The home directory.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// A path as an absolute one, with a leading `~` resolved.
    pub fn expand(&self, path: &Path) -> PathBuf {
        path.strip_prefix("~").map_or_else(|_| absolute(path), |rest| self.home.join(rest))
    }

    /// The name of the user, for the Keychain.
    pub fn user(&self) -> Option<&OsStr> {
        self.var("USER").or_else(|| self.var("LOGNAME"))
    }

    /// All variables as they are, including the empty ones: what a child would inherit.
    pub fn vars(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.vars.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }

    // OpenClaw (2026.2.1 to 2026.6.1)

    /// The home that OpenClaw uses.
    pub fn openclaw_home(&self) -> PathBuf {
        self.path("OPENCLAW_HOME").unwrap_or_else(|| self.home.clone())
    }

    /// The state directory that OpenClaw would use; `None` where none exists.
    pub fn openclaw_state_dir(&self) -> Option<PathBuf> {
        if let Some(set) = self.path("OPENCLAW_STATE_DIR").or_else(|| self.path("CLAWDBOT_STATE_DIR")) {
            return Some(set);
        }
        let home = self.openclaw_home();
        [".openclaw", ".clawdbot", ".moltbot", ".moldbot"]
            .map(|name| home.join(name))
            .into_iter()
            // A directory that cannot be looked at may exist. The code that reads it reports why it cannot.
            .find(|dir| fs::metadata(dir).map_or_else(|error| !is_absent(&error), |meta| meta.is_dir()))
    }

    /// Whether a variable names the state directory.
    pub fn names_state_dir(&self) -> bool {
        self.var("OPENCLAW_STATE_DIR").or_else(|| self.var("CLAWDBOT_STATE_DIR")).is_some()
    }

    /// A path in OpenClaw's configuration. `None` for a relative one: OpenClaw takes it from the working directory of
    /// its process (2026.2.1 to 2026.5.28), which is not that of ocsync.
    pub fn openclaw_path(&self, path: &str) -> Option<PathBuf> {
        let path = Path::new(path.trim());
        let below_home = path.strip_prefix("~").map(|rest| self.openclaw_home().join(rest));
        Some(below_home.unwrap_or_else(|_| path.to_owned()))
            .filter(|path| path.is_absolute())
            .map(|path| absolute(&path))
    }

    /// The configuration file that a variable names.
    pub fn openclaw_config_file(&self) -> Option<PathBuf> {
        self.path("OPENCLAW_CONFIG_PATH").or_else(|| self.path("CLAWDBOT_CONFIG_PATH"))
    }

    /// The main agent's directory that a variable names; OpenClaw up to 2026.5.7 follows it.
    pub fn openclaw_agent_dir(&self) -> Option<PathBuf> {
        self.path("OPENCLAW_AGENT_DIR").or_else(|| self.path("PI_CODING_AGENT_DIR"))
    }

    /// The directory where a gateway leaves the file that shows that it runs.
    pub fn temp_dir(&self) -> PathBuf {
        self.path("TMPDIR").unwrap_or_else(|| PathBuf::from("/tmp"))
    }

    // ocsync

    /// ocsync's own configuration file.
    pub fn config_file(&self) -> PathBuf {
        self.xdg("XDG_CONFIG_HOME", ".config").join("ocsync/config.json")
    }

    /// ocsync's own state file.
    pub fn state_file(&self) -> PathBuf {
        self.xdg("XDG_STATE_HOME", ".local/state").join("ocsync/state.json")
    }

    fn xdg(&self, name: &str, default: &str) -> PathBuf {
        let set = self.var(name).map(PathBuf::from).filter(|path| path.is_absolute());
        set.unwrap_or_else(|| self.home.join(default))
    }

    /// Warnings about variables that are set but empty: the CLI itself takes an empty value literally.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let names = ["CLAUDE_SECURESTORAGE_CONFIG_DIR", "CLAUDE_CONFIG_DIR", "CODEX_HOME", "OPENCLAW_STATE_DIR"];
        let empty = |name: &&str| self.vars.get(OsStr::new(name)).is_some_and(|value| value.is_empty());
        let warn = |name: &str| {
            Problem::warning(
                "empty-variable",
                format!("{name} is set but empty; ocsync takes it as unset"),
                "unset it",
            )
        };
        names.iter().filter(|name| empty(name)).map(|name| warn(name)).collect()
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_win_over_defaults_and_empty_ones_do_not() {
        let home = Path::new("/h");
        let env = Env::of(home, &[("CLAUDE_CONFIG_DIR", ""), ("CODEX_HOME", "~/c"), ("XDG_STATE_HOME", "rel")]);
        assert_eq!(env.claude_credentials_dir(), Path::new("/h/.claude"));
        assert_eq!(env.claude_account_files(), [Path::new("/h/.claude/.config.json"), Path::new("/h/.claude.json")]);
        assert_eq!(env.codex_dir(), Path::new("/h/c"));
        assert_eq!(env.state_file(), Path::new("/h/.local/state/ocsync/state.json"));
        assert_eq!(env.problems().len(), 1);
        let env = Env::of(home, &[("CLAUDE_SECURESTORAGE_CONFIG_DIR", "/s"), ("CLAUDE_CONFIG_DIR", "/c")]);
        assert_eq!(env.claude_credentials_dir(), Path::new("/s"));
        assert_eq!(env.claude_account_files(), [Path::new("/c/.config.json"), Path::new("/c/.claude.json")]);
        let env = Env::of(home, &[("CLAUDE_CONFIG_DIR", "/h/.claude")]);
        assert_eq!(env.claude_account_files()[1], Path::new("/h/.claude/.claude.json"));
        let named = |dir: &str| Env { claude_dir: Some(dir.into()), ..Env::of(home, &[]) };
        assert_eq!(named("/h/.claude").claude_account_files()[1], Path::new("/h/.claude.json"));
        assert_eq!(named("/w").claude_account_files()[1], Path::new("/w/.claude.json"));
    }
}
