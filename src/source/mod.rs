//! Sources: the credential stores of the CLIs that own the logins. Here they are only read; what writes
//! Claude Code's and Codex's is `refresh/save.rs`.

pub mod claude;
pub mod codex;
pub mod jwt;
pub mod keychain;
pub mod minimax;
pub mod qwen;
pub mod wire;

use std::path::PathBuf;

use crate::credential::Login;
use crate::env::Env;
use crate::problem::Problem;

/// The CLI that owns a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
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

impl Kind {
    /// All of them, in the order in which they are reported.
    pub const ALL: [Self; 4] = [Self::Claude, Self::Codex, Self::MiniMax, Self::Qwen];

    /// The name in output and configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Claude => "claude",
            Self::Codex => "codex",
            Self::MiniMax => "minimax",
            Self::Qwen => "qwen",
        }
    }

    /// OpenClaw's providers that take this login; the first is the one a new profile gets.
    #[must_use]
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
    #[must_use]
    pub fn ids(self) -> &'static [&'static str] {
        match self {
            Self::Claude => &["anthropic:default", "anthropic:claude-cli"],
            Self::Codex => &["openai-codex:default", "openai-codex:codex-cli", "openai:default"],
            Self::MiniMax => &["minimax-portal:minimax-cli"],
            Self::Qwen => &["qwen-portal:qwen-cli"],
        }
    }

    /// What to type to log in again.
    #[must_use]
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
pub enum State {
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
    pub kind: Kind,
    /// Where the login was read from.
    pub path: PathBuf,
    /// What it says.
    pub state: State,
    /// MiniMax: the region the login belongs to, `global` or `cn`.
    pub region: Option<String>,
    /// What is worth telling about it.
    pub problems: Vec<Problem>,
}

impl Source {
    fn new(kind: Kind, path: PathBuf, state: State) -> Self {
        Self { kind, path, state, region: None, problems: Vec::new() }
    }

    /// The login, where there is one.
    #[must_use]
    pub fn login(&self) -> Option<&Login> {
        match &self.state {
            State::Live(login) => Some(login),
            _ => None,
        }
    }
}

/// What a document in the form of Claude Code's or Codex's file says; `None` where that is no login
/// which could be refreshed.
#[must_use]
pub fn state(kind: Kind, document: &wire::Document) -> Option<State> {
    match kind {
        Kind::Claude => Some(claude::state(document)),
        Kind::Codex => codex::state(document),
        Kind::MiniMax | Kind::Qwen => None,
    }
}

/// Reads every source of `kinds` that is present.
#[must_use]
pub fn read_all(env: &Env, kinds: &[Kind]) -> Vec<Source> {
    let read = |kind: &Kind| match kind {
        Kind::Claude => claude::read(env),
        other => read_login(env, *other),
    };
    kinds.iter().filter_map(read).collect()
}

/// Reads one source for its tokens alone, where whose they are does not matter.
#[must_use]
pub fn read_login(env: &Env, kind: Kind) -> Option<Source> {
    match kind {
        Kind::Claude => claude::read_login(env),
        Kind::Codex => codex::read(env),
        Kind::MiniMax => minimax::read(env),
        Kind::Qwen => qwen::read(env),
    }
}
