//! The CLIs whose logins are known, and what OpenClaw calls each login.

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
            Self::Qwen => "use an API key: the service ended on 2026-04-15",
        }
    }
}
