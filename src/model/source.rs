//! A source: one login, as the file of the CLI that owns it says.

use std::path::PathBuf;

use crate::model::login::Login;
use crate::model::problem::Problem;

/// The CLI that owns a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// Claude Code.
    Claude,
    /// Codex CLI.
    Codex,
    /// MiniMax CLI, `mmx`.
    #[value(name = "minimax")]
    MiniMax,
    /// Qwen Code.
    Qwen,
}

impl SourceKind {
    /// All kinds, in the order of the report.
    pub const ALL: [Self; 4] = [Self::Claude, Self::Codex, Self::MiniMax, Self::Qwen];

    /// The name in output and configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Claude => "claude",
            Self::Codex => "codex",
            Self::MiniMax => "minimax",
            Self::Qwen => "qwen",
        }
    }

    /// OpenClaw's providers that take this login. A new profile gets the first one.
    pub fn providers(self) -> &'static [&'static str] {
        match self {
            Self::Claude => &["anthropic", "claude-cli"],
            Self::Codex => &["openai-codex", "openai"],
            Self::MiniMax => &["minimax-portal"],
            Self::Qwen => &["qwen-portal"],
        }
    }

    /// The profile ids that belong to this login by their name alone. A new profile gets the first one.
    pub fn ids(self) -> &'static [&'static str] {
        match self {
            Self::Claude => &["anthropic:default", "anthropic:claude-cli"],
            Self::Codex => &["openai-codex:default", "openai-codex:codex-cli", "openai:default"],
            Self::MiniMax => &["minimax-portal:minimax-cli"],
            Self::Qwen => &["qwen-portal:qwen-cli"],
        }
    }

    /// The command that logs in again.
    pub fn login_command(self) -> &'static str {
        match self {
            Self::Claude => "claude auth login",
            Self::Codex => "codex login",
            Self::MiniMax => "mmx auth login",
            Self::Qwen => "nothing can: the service ended on 2026-04-15",
        }
    }
}

/// What a source's file says.
#[derive(Clone, Debug)]
pub enum SourceState {
    /// A login.
    Live(Login),
    /// No login any more, or none yet: the file is there and says so.
    LoggedOut,
    /// The file is gone, and the login in it has served profiles.
    Gone,
    /// The CLI is set to work without a login in its file: with a keyring, an API key. The words say how. Whether there
    /// is a login cannot be told.
    OutOfReach(String),
    /// The file is there but cannot be read or understood.
    Unreadable(Problem),
}

/// One source that is present.
#[derive(Clone, Debug)]
pub struct Source {
    /// The CLI that owns it.
    pub kind: SourceKind,
    /// The file that the login was read from.
    pub path: PathBuf,
    /// What the file says.
    pub state: SourceState,
    /// The file that names the account, where it is another than the login's.
    pub account_file: Option<PathBuf>,
    /// Why that file does not say whose login it is, where it is there and cannot be read.
    pub untold: Option<String>,
    /// MiniMax: the region that the login belongs to, `global` or `cn`.
    pub region: Option<String>,
    /// Nobody has renewed it in time so far: its access token counts an hour before its end.
    pub unrenewed: bool,
    /// What is worth a report.
    pub problems: Vec<Problem>,
}

impl Source {
    /// A source that was read from `path`, without region and problems.
    pub fn new(kind: SourceKind, path: PathBuf, state: SourceState) -> Self {
        Self {
            kind,
            path,
            state,
            account_file: None,
            untold: None,
            region: None,
            unrenewed: false,
            problems: Vec::new(),
        }
    }

    /// The login, where there is one.
    pub fn login(&self) -> Option<&Login> {
        match &self.state {
            SourceState::Live(login) => Some(login),
            _ => None,
        }
    }
}
