//! What an operator may choose: the small values that decisions and settings share.

/// What is shared with OpenClaw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Share {
    /// Access and refresh token: OpenClaw can refresh, and can log the CLI out by it.
    #[default]
    Lineage,
    /// The access token alone.
    Access,
}

/// Who refreshes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// The CLI itself.
    #[default]
    Cli,
    /// ocsync, at the token endpoint, under the CLI's locks.
    Http,
}

impl Via {
    /// The name in output and configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cli => "cli",
            Self::Http => "http",
        }
    }
}

/// When to do something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// When it is called for.
    #[default]
    Auto,
    /// In any case.
    Always,
    /// In no case.
    Never,
}

/// In which form a profile is linked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkWay {
    /// OpenClaw reads the CLI's file.
    #[default]
    File,
    /// OpenClaw asks `ocsync provide`.
    Exec,
}
