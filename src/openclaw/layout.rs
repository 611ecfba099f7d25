//! Where an installation of OpenClaw keeps its agents.
//!
//! Agents are found on disk and in the configuration, as OpenClaw's own `secrets` commands do
//! (2026.3.11 to 2026.5.28): the main agent, every directory under `agents`, and the `agentDir`
//! of each configured agent. The main store is there even when `agents.list` leaves `main` out:
//! the others inherit from it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::config::{Settings, locate, normalise};
use super::era::{self, Era, has_database};
use super::version::Version;
use crate::env::Env;
use crate::fs::list::list;
use crate::problem::Problem;

/// A state directory to look at.
#[derive(Clone, Debug)]
pub struct Place {
    /// The directory.
    pub path: PathBuf,
    /// Its gateway runs in another PID namespace.
    pub container: bool,
    /// The version, where the operator says it.
    pub version: Option<Version>,
    /// It is the one that OpenClaw's own variables speak of.
    pub default: bool,
}

/// An installation.
#[derive(Clone, Debug)]
pub struct StateDir {
    /// Its state directory.
    pub path: PathBuf,
    /// Its gateway runs in another PID namespace.
    pub container: bool,
    /// Its settings.
    pub settings: Settings,
    /// Its version, where it is known.
    pub version: Option<Version>,
    /// Its kind of store.
    pub era: Era,
    /// `user_version` of its state database, where there is one.
    pub state_version: Option<u32>,
    /// Its agents, the main one first, then by id.
    pub agents: Vec<Agent>,
}

/// An agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// Its id.
    pub id: String,
    /// The directory that holds its store.
    pub dir: PathBuf,
    /// Whether it is the one that the others inherit from.
    pub main: bool,
}

impl Agent {
    /// The JSON store.
    #[must_use]
    pub fn store(&self) -> PathBuf {
        self.dir.join("auth-profiles.json")
    }
}

impl StateDir {
    /// Looks at an installation.
    ///
    /// # Errors
    /// What is wrong with its configuration: without it neither version nor agents are known.
    pub fn discover(place: &Place, env: &Env) -> Result<Self, Problem> {
        let named = env.openclaw_config_file().filter(|_| place.default);
        let settings = Settings::read(locate(&place.path, named), env)?;
        let version = place.version.or(settings.version);
        let mut agents = candidates(place, &settings, version, env)?;
        let mut known = HashSet::new();
        let first: Vec<bool> = agents.iter().map(|agent| known.insert(&*agent.dir)).collect();
        let mut first = first.into_iter();
        agents.retain(|_| first.next() == Some(true));
        // An agent that cannot be looked at is not written, and keeps no other from it.
        let database = agents.iter().any(|agent| has_database(&agent.dir).unwrap_or(false));
        let state_version = era::state_version(&place.path);
        let era = era::detect(&place.path, state_version, version, database);
        let (path, container) = (place.path.clone(), place.container);
        Ok(Self { path, container, settings, version, era, state_version, agents })
    }

    /// Whether the agents share a store in the state database (2026.8.1 and later).
    #[must_use]
    pub fn has_shared_store(&self) -> bool {
        self.era == Era::Sqlite && self.state_version.is_some_and(|version| version >= 2)
    }

    /// Whether OpenClaw refuses to go on beside JSON that it has not taken over; `None` where that cannot be told.
    #[must_use]
    pub fn refuses_json(&self) -> Option<bool> {
        if self.has_shared_store() {
            return Some(true);
        }
        // A database of the first layout, and no version: it may have been upgraded, and not started since.
        self.version.filter(|version| *version >= Version::SQLITE).map(|version| version >= Version::SHARED_STORE)
    }

    /// Whether OpenClaw knows this profile id, and uses it no more.
    #[must_use]
    pub fn has_retired(&self, profile: &str) -> bool {
        self.era == Era::Sqlite && profile == "anthropic:claude-cli" && self.refuses_json() == Some(true)
    }
}

fn candidates(
    place: &Place,
    settings: &Settings,
    version: Option<Version>,
    env: &Env,
) -> Result<Vec<Agent>, Problem> {
    let root = place.path.join("agents");
    let default_main = root.join("main/agent");
    // Up to 2026.5.7 a variable moves the main store.
    let follows = place.default && version.is_none_or(|version| version <= Version::AGENT_DIR_VARIABLE);
    let moved = env.openclaw_agent_dir().filter(|_| follows);
    let agent = |id, dir, main| Agent { id, dir, main };
    let mut found = vec![agent("main".to_owned(), moved.clone().unwrap_or_else(|| default_main.clone()), true)];
    if moved.is_some() {
        found.push(agent("main".to_owned(), default_main, false));
    }
    let mut on_disk = subdirectories(&root)?;
    on_disk.sort();
    found.extend(on_disk.into_iter().map(|name| {
        // There may be thousands: each path is as long as it has to be.
        let mut dir = PathBuf::with_capacity(root.as_os_str().len() + name.len() + "//agent".len());
        dir.extend([root.as_path(), name.as_ref(), "agent".as_ref()]);
        agent(name, dir, false)
    }));
    for (id, dir) in &settings.agents {
        let dir = dir.clone().unwrap_or_else(|| root.join(id).join("agent"));
        found.push(agent(normalise(id), dir, false));
    }
    Ok(found)
}

fn subdirectories(root: &Path) -> Result<Vec<String>, Problem> {
    let entries = match list(root) {
        Ok(entries) => entries,
        Err(error) if crate::fs::read::is_absent(&error) => return Ok(Vec::new()),
        Err(error) => return Err(Problem::io("cannot list", root, &error)),
    };
    // A link to a directory is an agent as well; a name that is no UTF-8 is no agent id.
    let others = entries.into_iter().filter(|(_, kind)| *kind != rustix::fs::FileType::RegularFile);
    Ok(others.filter_map(|(name, _)| name.into_string().ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(state_dir: &StateDir) -> Vec<(&str, bool)> {
        state_dir.agents.iter().map(|agent| (agent.id.as_str(), agent.main)).collect()
    }

    #[test]
    fn agents_come_from_disk_and_from_the_configuration_once() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["main", "zoe", "abe"] {
            std::fs::create_dir_all(dir.path().join("agents").join(name).join("agent")).unwrap();
        }
        std::fs::write(dir.path().join("agents/.DS_Store"), "").unwrap();
        let elsewhere = dir.path().join("elsewhere");
        let config = format!(
            "{{agents:{{list:[{{id:'abe'}},{{id:'out',agentDir:'{}'}},{{id:'unborn'}}]}}}}",
            elsewhere.display()
        );
        std::fs::write(dir.path().join("openclaw.json"), config).unwrap();
        let place = Place { path: dir.path().to_owned(), container: false, version: None, default: true };
        let env = Env::of(dir.path(), &[]);
        let state_dir = StateDir::discover(&place, &env).unwrap();
        assert_eq!(
            ids(&state_dir),
            [("main", true), ("abe", false), ("zoe", false), ("out", false), ("unborn", false)]
        );
        assert_eq!(state_dir.agents[3].dir, elsewhere);
        assert_eq!(state_dir.era, Era::Json);

        let elsewhere = dir.path().join("moved");
        let env = Env::of(dir.path(), &[("OPENCLAW_AGENT_DIR", elsewhere.to_str().unwrap())]);
        let moved = StateDir::discover(&place, &env).unwrap();
        assert_eq!((&moved.agents[0].dir, moved.agents[0].main), (&elsewhere, true));
        assert_eq!((moved.agents[1].id.as_str(), moved.agents[1].main), ("main", false));
        std::fs::write(dir.path().join("agents/zoe/agent/openclaw-agent.sqlite"), "").unwrap();
        assert_eq!(StateDir::discover(&place, &env).unwrap().era, Era::Sqlite);
    }
}
