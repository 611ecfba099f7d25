//! Where each CLI keeps its login. An option goes before a variable, a variable before the default.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::PathBuf;

use crate::model::source::SourceKind;
use crate::model::source_id::SourceId;
use crate::settings::env::Env;

impl Env {
    /// Every login that the settings know, in the order of the report.
    pub fn logins(&self) -> Vec<SourceId> {
        let mut logins: Vec<_> = SourceKind::ALL.into_iter().map(SourceId::first).collect();
        logins.extend(self.further.keys());
        logins.sort();
        logins
    }

    /// The environment in which this login is its CLI's only one. So a CLI that is started for one login sees no other.
    pub fn of_login(&self, id: SourceId) -> Cow<'_, Self> {
        let Some(dir) = self.further.get(&id) else { return Cow::Borrowed(self) };
        let env = self.clone();
        Cow::Owned(if id.kind == SourceKind::Codex { env.with_codex_home(dir) } else { env.with_claude_dir(dir) })
    }

    /// The directory of Claude Code's `.credentials.json` (2.1.328: `CLAUDE_SECURESTORAGE_CONFIG_DIR`,
    /// then `CLAUDE_CONFIG_DIR`, then `~/.claude`).
    pub fn claude_credentials_dir(&self) -> PathBuf {
        let set = self.claude_dir.clone().or_else(|| self.path("CLAUDE_SECURESTORAGE_CONFIG_DIR"));
        set.unwrap_or_else(|| self.claude_config_dir())
    }

    fn claude_config_dir(&self) -> PathBuf {
        self.path("CLAUDE_CONFIG_DIR").unwrap_or_else(|| self.home().join(".claude"))
    }

    /// The files that may name the account of Claude Code's login; the first that exists counts (2.1.328).
    ///
    /// A legacy `.config.json` in the directory wins. Else it is `.claude.json`: in the directory where
    /// `CLAUDE_CONFIG_DIR` or an option names one (also where it names `~/.claude`), in the home where none does.
    /// An option that names `~/.claude` is no variable of Claude Code's, so the file is in the home.
    pub fn claude_account_files(&self) -> [PathBuf; 2] {
        let dir = self.claude_dir.clone().unwrap_or_else(|| self.claude_config_dir());
        let is_chosen = match &self.claude_dir {
            Some(dir) => *dir != self.home().join(".claude"),
            None => self.path("CLAUDE_CONFIG_DIR").is_some(),
        };
        let current = if is_chosen { dir.join(".claude.json") } else { self.home().join(".claude.json") };
        [dir.join(".config.json"), current]
    }

    /// Claude Code's directory as a variable names it. The Keychain item is named after this text.
    pub fn claude_chosen_dir(&self) -> Option<&OsStr> {
        self.var("CLAUDE_SECURESTORAGE_CONFIG_DIR").or_else(|| self.var("CLAUDE_CONFIG_DIR"))
    }

    /// The file that holds the login of Claude Code or Codex.
    pub fn login_file(&self, id: impl Into<SourceId>) -> PathBuf {
        let id = id.into();
        let further = self.further.get(&id).cloned();
        if id.kind == SourceKind::Codex {
            further.unwrap_or_else(|| self.codex_dir()).join("auth.json")
        } else {
            further.unwrap_or_else(|| self.claude_credentials_dir()).join(".credentials.json")
        }
    }

    /// The files that a CLI may keep its login in, in the order in which they are looked for.
    pub fn login_files(&self, id: impl Into<SourceId>) -> Vec<PathBuf> {
        let id = id.into();
        match id.kind {
            SourceKind::Claude | SourceKind::Codex => vec![self.login_file(id)],
            SourceKind::MiniMax => vec![self.mmx_dir().join("config.json"), self.minimax_file()],
            SourceKind::Qwen => vec![self.qwen_dir().join("oauth_creds.json")],
        }
    }

    /// Codex's directory.
    pub fn codex_dir(&self) -> PathBuf {
        let set = self.codex_home.clone().or_else(|| self.path("CODEX_HOME"));
        set.unwrap_or_else(|| self.home().join(".codex"))
    }

    /// The directory of `mmx`.
    pub fn mmx_dir(&self) -> PathBuf {
        self.path("MMX_CONFIG_DIR").unwrap_or_else(|| self.home().join(".mmx"))
    }

    /// The file from which OpenClaw takes MiniMax logins. No variable moves it.
    pub fn minimax_file(&self) -> PathBuf {
        self.home().join(".minimax/oauth_creds.json")
    }

    /// Qwen Code's directory.
    pub fn qwen_dir(&self) -> PathBuf {
        self.path("QWEN_HOME").unwrap_or_else(|| self.home().join(".qwen"))
    }
}
