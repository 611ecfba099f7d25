//! Where each CLI keeps its login. An option goes before a variable, a variable before the default.

use std::ffi::OsStr;
use std::path::PathBuf;

use crate::model::source::SourceKind;
use crate::settings::env::Env;

impl Env {
    /// The directory of Claude Code's `.credentials.json` (2.1.328: `CLAUDE_SECURESTORAGE_CONFIG_DIR`,
    /// then `CLAUDE_CONFIG_DIR`, then `~/.claude`).
    pub fn claude_credentials_dir(&self) -> PathBuf {
        let set = self.claude_dir.clone().or_else(|| self.path("CLAUDE_SECURESTORAGE_CONFIG_DIR"));
        set.unwrap_or_else(|| self.claude_config_dir())
    }

    fn claude_config_dir(&self) -> PathBuf {
        self.path("CLAUDE_CONFIG_DIR").unwrap_or_else(|| self.home().join(".claude"))
    }

    /// Claude Code's `.claude.json`, which names the account of the login.
    pub fn claude_account_file(&self) -> PathBuf {
        let dir = self.claude_dir.clone().unwrap_or_else(|| self.claude_config_dir());
        if dir == self.home().join(".claude") { self.home().join(".claude.json") } else { dir.join(".claude.json") }
    }

    /// Claude Code's directory as a variable names it. The Keychain item is named after this text.
    pub fn claude_chosen_dir(&self) -> Option<&OsStr> {
        self.var("CLAUDE_SECURESTORAGE_CONFIG_DIR").or_else(|| self.var("CLAUDE_CONFIG_DIR"))
    }

    /// The file that holds the login of Claude Code or Codex.
    pub fn login_file(&self, kind: SourceKind) -> PathBuf {
        if kind == SourceKind::Codex {
            self.codex_dir().join("auth.json")
        } else {
            self.claude_credentials_dir().join(".credentials.json")
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
