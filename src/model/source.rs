//! A source: one login of a CLI that owns it, as its file says.

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
    /// All of them, in the order in which they are reported.
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

    /// OpenClaw's providers that take this login; the first is the one a new profile gets.
    pub fn providers(self) -> &'static [&'static str] {
        match self {
            Self::Claude => &["anthropic", "claude-cli"],
            Self::Codex => &["openai-codex", "openai"],
            Self::MiniMax => &["minimax-portal"],
            Self::Qwen => &["qwen-portal"],
        }
    }

    /// The profile ids that belong to this login by their name alone; the first is the one a
    /// new profile gets.
    pub fn ids(self) -> &'static [&'static str] {
        match self {
            Self::Claude => &["anthropic:default", "anthropic:claude-cli"],
            Self::Codex => &["openai-codex:default", "openai-codex:codex-cli", "openai:default"],
            Self::MiniMax => &["minimax-portal:minimax-cli"],
            Self::Qwen => &["qwen-portal:qwen-cli"],
        }
    }

    /// What to type to log in again.
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
    /// A login that has ended, or none: the file is there and says so.
    LoggedOut,
    /// It is there, and cannot be read or understood.
    Unreadable(Problem),
}

/// One source that is present.
#[derive(Clone, Debug)]
pub struct Source {
    /// Whose.
    pub kind: SourceKind,
    /// Where the login was read from.
    pub path: PathBuf,
    /// What it says.
    pub state: SourceState,
    /// MiniMax: the region the login belongs to, `global` or `cn`.
    pub region: Option<String>,
    /// What is worth telling about it.
    pub problems: Vec<Problem>,
}

impl Source {
    /// One that was read there.
    pub fn new(kind: SourceKind, path: PathBuf, state: SourceState) -> Self {
        Self { kind, path, state, region: None, problems: Vec::new() }
    }

    /// The login, where there is one.
    pub fn login(&self) -> Option<&Login> {
        match &self.state {
            SourceState::Live(login) => Some(login),
            _ => None,
        }
    }
}
