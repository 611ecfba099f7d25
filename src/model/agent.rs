//! An agent of OpenClaw, and the files that it has.
//!
//! There may be ten thousand agents. Nearly all are in `agents/<id>/agent`, so their paths are made when they are asked
//! for, and the directory that they have in common is kept once.

use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The name of an agent's JSON store.
pub const JSON_STORE: &str = "auth-profiles.json";
/// The name of an agent's database.
pub const AGENT_DATABASE: &str = "openclaw-agent.sqlite";

/// An agent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Agent {
    /// Its id.
    pub id: Arc<str>,
    /// Whether it is the main agent, from which the others inherit.
    pub main: bool,
    place: Place,
}

/// Where the directory of an agent is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Place {
    /// Below this directory, by the agent's id.
    Usual(Arc<Path>),
    /// Here.
    Named(Arc<Path>),
}

impl Agent {
    /// An agent in the usual place below `agents`, the directory of all agents.
    #[must_use]
    pub fn usual(id: &str, agents: &Arc<Path>) -> Self {
        Self { id: id.into(), main: false, place: Place::Usual(agents.clone()) }
    }

    /// An agent whose directory is `dir`.
    #[must_use]
    pub fn named(id: &str, dir: &Path) -> Self {
        Self { id: id.into(), main: false, place: Place::Named(dir.into()) }
    }

    /// This agent as the main one.
    #[must_use]
    pub fn main(self) -> Self {
        Self { main: true, ..self }
    }

    /// Whether it is in the usual place.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        matches!(self.place, Place::Usual(_))
    }

    /// The directory that holds its store.
    pub fn dir(&self) -> PathBuf {
        self.path("")
    }

    /// The path of its JSON store.
    pub fn store(&self) -> PathBuf {
        self.path(JSON_STORE)
    }

    /// The path of its database.
    pub fn database(&self) -> PathBuf {
        self.path(AGENT_DATABASE)
    }

    /// The path of a file in its directory; of the directory where `name` is empty.
    pub fn path(&self, name: &str) -> PathBuf {
        let (above, below): (&Path, [&str; 2]) = match &self.place {
            Place::Usual(agents) => (agents, [&self.id, "agent"]),
            Place::Named(dir) => (dir, ["", ""]),
        };
        let parts = below.into_iter().chain([name]).filter(|part| !part.is_empty());
        let length: usize = parts.clone().map(|part| part.len() + 1).sum();
        let mut path = PathBuf::with_capacity(above.as_os_str().len() + length);
        path.push(above);
        path.extend(parts);
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_files_are_where_its_directory_is() {
        let usual = Agent::usual("night", &Path::new("/o/agents").into());
        let named = Agent::named("night", Path::new("/o/agents/night/agent"));
        for agent in [&usual, &named] {
            assert_eq!(agent.dir(), Path::new("/o/agents/night/agent"));
            assert_eq!(agent.store(), Path::new("/o/agents/night/agent/auth-profiles.json"));
            assert_eq!(agent.path("x").parent(), Some(&*agent.dir()));
        }
        assert!(!usual.main && usual.main().main);
    }
}
