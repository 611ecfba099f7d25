//! One installation of OpenClaw: its state directory, its kind of store, its agents, and their settings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use crate::model::agent::Agent;
use crate::model::border::Border;
use crate::model::problem::Problem;
use crate::model::route::Routes;
use crate::model::version::Version;

/// A state directory to look at.
#[derive(Clone, Debug)]
pub struct StateDirSpec {
    /// The directory.
    pub path: PathBuf,
    /// Whether its gateway runs in a container, and what it sees there.
    pub border: Border,
    /// OpenClaw's version, where the operator has named it.
    pub version: Option<Version>,
    /// It is the one that OpenClaw's own variables refer to.
    pub default: bool,
}

/// An installation.
#[derive(Clone, Debug)]
pub struct StateDir {
    /// Its state directory.
    pub path: PathBuf,
    /// Whether its gateway runs in a container, and what it sees there.
    pub border: Border,
    /// Its settings.
    pub settings: InstallSettings,
    /// Its version, where it is known.
    pub version: Option<Version>,
    /// Its kind of store.
    pub era: Era,
    /// `user_version` of its state database, where there is one.
    pub state_version: Option<u32>,
    /// Its agents, the main one first, then by id.
    pub agents: Vec<Agent>,
}

impl StateDir {
    /// Whether the agents share a store in the state database (2026.8.1 and later).
    #[must_use]
    pub fn has_shared_store(&self) -> bool {
        self.era == Era::Sqlite && self.state_version.is_some_and(|version| version >= 2)
    }

    /// The same, also of one that has not made its state database yet.
    pub fn will_share(&self) -> bool {
        let is_new = self.state_version.is_none() && self.version.is_some_and(|of| of >= Version::SHARED_STORE);
        self.has_shared_store() || self.era == Era::Sqlite && is_new
    }

    /// Whether OpenClaw refuses to work while JSON waits for its import; `None` where that is unknown.
    pub fn refuses_json(&self) -> Option<bool> {
        if self.has_shared_store() {
            return Some(true);
        }
        // The database has the first layout. That does not show the version: a newer OpenClaw may be installed that
        // has not been started yet. So only a known version counts.
        self.version.filter(|version| *version >= Version::SQLITE).map(|version| version >= Version::SHARED_STORE)
    }

    /// Whether OpenClaw gives saved profiles to Claude Code where that runs an agent's models. Without a version, the
    /// schema tells: 18 is that of 2026.9.6.
    pub fn hands_profiles_over(&self) -> bool {
        self.version.map_or(self.state_version.is_some_and(|schema| schema >= 18), Version::hands_profiles_over)
    }

    /// Whether OpenClaw has `models auth logout`.
    pub fn has_logout(&self) -> bool {
        self.version.is_none_or(|version| version >= Version::SHARED_STORE)
    }

    /// Whether OpenClaw has retired this profile id: it still knows the id but does not use it any more.
    #[must_use]
    pub fn has_retired(&self, profile: &str) -> bool {
        self.era == Era::Sqlite && profile == "anthropic:claude-cli" && self.refuses_json() == Some(true)
    }
}

/// The path of the state database of an installation.
pub fn state_database(state_dir: &Path) -> PathBuf {
    state_dir.join("state/openclaw.sqlite")
}

/// The kind of store of an installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// `auth-profiles.json`.
    Json,
    /// SQLite, or JSON that the installed version does not read any more.
    Sqlite,
    /// It may be either one.
    Unclear,
}

/// The settings of one installation.
#[derive(Clone, Debug, Default)]
pub struct InstallSettings {
    /// The file that they come from, where there is one.
    pub file: Option<PathBuf>,
    /// The version that last wrote the file (`meta.lastTouchedVersion`).
    pub version: Option<Version>,
    /// `agents.list`, or `agents.entries` of 2026.9: the normalised id, and `agentDir` where one is set.
    pub agents: Vec<(String, Option<PathBuf>)>,
    /// `auth.profiles`: provider and mode, by profile id.
    pub profiles: BTreeMap<String, (String, Option<String>)>,
    /// `auth.order`: profile ids by provider.
    pub order: BTreeMap<String, Vec<String>>,
    /// By which route the models of each agent reach their vendor.
    pub routes: Routes,
    /// `models.providers.minimax-portal.baseUrl`.
    pub minimax_url: Option<String>,
    /// `models.providers.anthropic` is set, though the provider is built in.
    pub own_anthropic: bool,
    /// `secrets.providers` that read a file or run a program, by name.
    pub secrets: BTreeMap<String, SecretProvider>,
    /// What could not be used.
    pub problems: Vec<Problem>,
}

impl InstallSettings {
    /// Whether OpenClaw would use a new profile `id` of `provider`. It would not if the configuration names other
    /// profiles for that provider. An order goes before `auth.profiles`.
    #[must_use]
    pub fn would_use(&self, provider: &str, id: &str) -> bool {
        let named = self.named(provider);
        named.is_empty() || named.contains(&id)
    }

    /// The profiles that the configuration names for a provider.
    fn named(&self, provider: &str) -> Vec<&str> {
        match self.order.get(provider).filter(|ids| !ids.is_empty()) {
            Some(ids) => ids.iter().map(String::as_str).collect(),
            None => self.of_provider(provider).collect(),
        }
    }

    fn of_provider(&self, provider: &str) -> impl Iterator<Item = &str> {
        self.profiles.iter().filter(move |(_, (of, _))| of == provider).map(|(id, _)| id.as_str())
    }

    /// Whether OpenClaw passes over what the configuration names for a provider, because the store has none of it, and
    /// uses every stored profile of the provider (`allBaseProfilesMissing`, 2026.3.11 to 2026.9.6).
    #[must_use]
    pub fn falls_back(&self, provider: &str, is_stored: impl Fn(&str) -> bool) -> bool {
        self.of_provider(provider).next().is_some() && !self.named(provider).into_iter().any(is_stored)
    }

    /// The command after which OpenClaw uses a `token` profile beside those that the configuration names.
    pub fn command_to_use(&self, provider: &str, id: &str) -> String {
        if let Some(ids) = self.order.get(provider).filter(|ids| !ids.is_empty()) {
            let all: Vec<&str> = ids.iter().map(String::as_str).chain([id]).collect();
            format!("openclaw config set auth.order.{provider} '{}'", serde_json::json!(all))
        } else {
            let profile = serde_json::json!({ "provider": provider, "mode": "token" });
            format!("openclaw config set auth.profiles.{id} '{profile}'")
        }
    }

    /// `mode` of a profile.
    pub fn mode(&self, profile: &str) -> Option<&str> {
        self.profiles.get(profile)?.1.as_deref()
    }
}

/// A provider of secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretProvider {
    /// A JSON file.
    File(PathBuf),
    /// A program.
    Exec(PathBuf),
}

/// An agent's id as OpenClaw's `normalizeAgentId` makes it.
pub fn normalise(id: &str) -> String {
    let mut normal = String::new();
    for c in id.trim().to_lowercase().chars() {
        match c {
            'a'..='z' | '0'..='9' | '_' | '-' => normal.push(c),
            _ if normal.ends_with('-') => {}
            _ => normal.push('-'),
        }
    }
    let mut normal = normal.trim_matches('-').to_owned();
    normal.truncate(64);
    if normal.is_empty() { "main".to_owned() } else { normal }
}
