//! What an operator may choose: the small values that decisions and settings share.

use std::collections::BTreeMap;

use crate::model::source::SourceKind;

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

/// What an operator has chosen, as far as decisions depend on it.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Bindings by profile id or `agent/profile`; `None` protects a profile.
    pub bind: BTreeMap<String, Option<SourceKind>>,
    /// What is shared, by source; `Share::Lineage` for a source that is not there.
    pub share: BTreeMap<SourceKind, Share>,
    /// Let the source win.
    pub prefer_source: bool,
    /// Make a profile of the type that its mode asks for.
    pub force_type: bool,
    /// Put what OpenClaw has refreshed into the CLI's file.
    pub write_back: bool,
    /// Update profiles in SQLite in place.
    pub sqlite_write: bool,
    /// When the run began, in milliseconds since the epoch.
    pub now: i64,
}

impl Policy {
    /// What is shared of a source.
    pub fn share(&self, kind: SourceKind) -> Share {
        self.share.get(&kind).copied().unwrap_or_default()
    }

    /// Whether `bind` says that a profile belongs to no source.
    #[must_use]
    pub fn protects(&self, agent: &str, id: &str) -> bool {
        let said = self.bind.get(&format!("{agent}/{id}")).or_else(|| self.bind.get(id));
        said == Some(&None)
    }
}
