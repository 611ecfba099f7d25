//! What an operator can choose: the small values that decisions and settings share.
//!
//! `core` may not know the command line or the configuration file, so what it needs of them is here.

use std::collections::BTreeMap;

use crate::model::source_id::SourceId;
use crate::model::sqlite_write::SqliteWrite;
use crate::model::target::Adoption;

/// What is shared with OpenClaw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Share {
    /// The access token and the refresh token. OpenClaw can refresh, and can log the CLI out by doing so.
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

/// How a linked profile gets the CLI's login.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkWay {
    /// OpenClaw reads the CLI's file.
    #[default]
    File,
    /// OpenClaw asks `ocsync provide`.
    Exec,
}

/// The operator's choices that decisions depend on.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Bindings by profile id or `agent/profile`. `None` protects a profile. `claude` is the first login of Claude Code.
    pub bind: BTreeMap<String, Option<SourceId>>,
    /// What is shared, by source. A source that is missing here shares its lineage.
    pub share: BTreeMap<SourceId, Share>,
    /// `--prefer-source`: the source wins, also against a newer profile.
    pub prefer_source: bool,
    /// `--force-type`: a profile gets the type that its `mode` in openclaw.json asks for.
    pub force_type: bool,
    /// `--write-back`: tokens that OpenClaw has refreshed go into the CLI's file.
    pub write_back: bool,
    /// `--adopt`: the profiles that a login takes over, whosever they were.
    pub adopt: Vec<Adoption>,
    /// Whether profiles in SQLite are updated in place.
    pub sqlite_write: SqliteWrite,
    /// The day on which the setup token of a profile was made, by profile id or `agent/profile`, in milliseconds.
    pub setup_tokens: BTreeMap<String, i64>,
    /// When the run began, in milliseconds since the epoch.
    pub now: i64,
}

impl Policy {
    /// What is shared of a source.
    pub fn share(&self, id: SourceId) -> Share {
        self.share.get(&id).copied().unwrap_or_default()
    }

    /// What `bind` says of a profile, where it says something: its source, or `None` to protect it.
    pub fn chosen(&self, agent: &str, id: &str) -> Option<&Option<SourceId>> {
        self.bind.get(&format!("{agent}/{id}")).or_else(|| self.bind.get(id))
    }

    /// The day on which the setup token of a profile was made, where a person says it.
    pub fn setup_token_day(&self, agent: &str, id: &str) -> Option<i64> {
        self.setup_tokens.get(&format!("{agent}/{id}")).or_else(|| self.setup_tokens.get(id)).copied()
    }

    /// Whether `bind` says that a profile belongs to no source.
    #[must_use]
    pub fn protects(&self, agent: &str, id: &str) -> bool {
        self.chosen(agent, id) == Some(&None)
    }

    /// Whether `bind` says anything of a profile.
    #[must_use]
    pub fn binds(&self, agent: &str, id: &str) -> bool {
        self.chosen(agent, id).is_some()
    }
}
