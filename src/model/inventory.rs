//! What a run looks at, as values: the sources, the installations and their stores.
//!
//! The values say nothing about how they were read. So decisions and tests can use them without any file.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use crate::model::agent::Agent;
use crate::model::because::Because;
use crate::model::installation::{Era, StateDir, state_database};
use crate::model::problem::Problem;
use crate::model::profile::Profile;
use crate::model::source::Source;

/// Everything that a run looks at.
#[derive(Debug)]
pub struct Inventory {
    /// The sources that are present.
    pub sources: Vec<Source>,
    /// Logins that are out of reach. Those that have served profiles are among the sources.
    pub out_of_reach: Vec<Source>,
    /// Every file in which a CLI may keep its login, by the settings of this run. The run may have left some out.
    pub login_files: Vec<PathBuf>,
    /// The installations.
    pub installations: Vec<Installation>,
    /// What could not be read, and what else a person should know.
    pub problems: Vec<Problem>,
}

/// One installation of OpenClaw, and the stores of its agents.
#[derive(Debug)]
pub struct Installation {
    /// Its state directory.
    pub dir: StateDir,
    /// The stores, in the order of the agents.
    pub stores: Vec<Store>,
    /// In SQLite: its rows by the hash of their place, once they are asked for (`seers`). Two rows may have one hash.
    pub(super) rows: OnceLock<HashMap<u64, Vec<Row>>>,
}

/// A row of SQLite, and who sees it.
#[derive(Debug, Default)]
pub(super) struct Row {
    /// The agents that see it: the index of each one's store in the installation, and of the profile in that store.
    pub seers: Vec<(usize, usize)>,
    /// Whether Claude's models of one of them go by the API.
    pub by_api: bool,
}

/// One agent's store.
#[derive(Debug)]
pub struct Store {
    /// Its index among all stores of the inventory.
    pub number: usize,
    /// The index of its agent in the installation.
    pub agent: usize,
    /// Its path, which is also its key in the journal. They share the text.
    pub key: Arc<str>,
    /// Its profiles; empty where it cannot be served. Stores with equal profiles share one list.
    pub profiles: Arc<[Arc<Profile>]>,
    /// SQLite: the row of each profile. Stores with equal rows share one list.
    pub homes: Arc<[Arc<RowHome>]>,
    /// The cooldowns that it names. Those of JSON are in a file of their own. It is read where a profile may be a login
    /// of OpenClaw's own: a cooldown then says that OpenClaw cannot renew it.
    pub cooldowns: Box<[(String, Option<Cooldown>)]>,
    /// Whether it can be served.
    pub state: StoreState,
    /// Whether the operator has selected its agent. Other stores are read too: their profiles can prove that a
    /// source's refresh token is spent.
    pub selected: bool,
}

/// A store in its installation.
#[derive(Clone, Copy, Debug)]
pub struct StoreRef<'a> {
    /// The installation.
    pub installation: &'a Installation,
    /// The store.
    pub store: &'a Store,
}

impl Store {
    /// SQLite: a profile and the row that it is in.
    #[must_use]
    pub fn row(&self, id: &str) -> Option<(&Profile, &RowHome)> {
        let mut rows = self.profiles.iter().zip(&*self.homes);
        rows.find(|(profile, _)| profile.id == id).map(|(profile, home)| (&**profile, &**home))
    }
}

impl<'a> StoreRef<'a> {
    /// The state directory of its installation.
    pub fn dir(self) -> &'a StateDir {
        &self.installation.dir
    }

    /// Its agent.
    pub fn agent(self) -> &'a Agent {
        &self.installation.dir.agents[self.store.agent]
    }

    /// The agent that owns the database of a row of this store; `None` for the state database.
    pub fn owner(self, home: &RowHome) -> Option<&'a Agent> {
        match home.database {
            Database::State => None,
            Database::Main => self.dir().agents.iter().find(|agent| agent.main),
            Database::Own => Some(self.agent()),
        }
    }

    /// The path of the database of a row of this store.
    pub fn database(self, home: &RowHome) -> PathBuf {
        self.owner(home).map_or_else(|| state_database(&self.dir().path), Agent::database)
    }

    /// Whether its profiles are in SQLite.
    #[must_use]
    pub fn is_sqlite(self) -> bool {
        self.installation.dir.era == Era::Sqlite
    }
}

impl Installation {
    /// An installation with its stores.
    #[must_use]
    pub fn new(dir: StateDir, stores: Vec<Store>) -> Self {
        Self { dir, stores, rows: OnceLock::new() }
    }

    /// Its stores.
    pub fn stores(&self) -> impl Iterator<Item = StoreRef<'_>> {
        self.stores.iter().map(|store| StoreRef { installation: self, store })
    }
}

impl Inventory {
    /// All stores, in the order of their numbers.
    pub fn stores(&self) -> impl Iterator<Item = StoreRef<'_>> {
        self.installations.iter().flat_map(Installation::stores)
    }

    /// The stores of the selected agents.
    pub fn selected(&self) -> impl Iterator<Item = StoreRef<'_>> {
        self.stores().filter(|at| at.store.selected)
    }

    /// Whether there is any store.
    #[must_use]
    pub fn has_store(&self) -> bool {
        self.stores().any(|at| at.store.state != StoreState::Missing)
    }
}

/// Whether a store can be served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreState {
    /// It was read.
    Read,
    /// The main agent has none yet.
    Missing,
    /// ocsync leaves it alone, for this reason.
    Refused(Box<Because>),
    /// It cannot be read. A problem of the inventory says why.
    Failed,
}

/// The row that a profile is in, as its agent sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowHome {
    /// Its database.
    pub database: Database,
    /// Why it must not be written, where that was asked.
    pub refusal: Option<Because>,
}

/// A database of an installation, as an agent sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Database {
    /// The state database.
    State,
    /// The main agent's. Other agents may see its rows.
    Main,
    /// The agent's own, and not the main one's.
    Own,
}

/// A period in which OpenClaw does not use a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cooldown {
    /// When it ends, in milliseconds.
    pub until: i64,
    /// OpenClaw's word for the cause; several words where it counts failures of several kinds and names none.
    pub cause: String,
}

/// The causes that a new credential removes.
pub const AUTH_CAUSES: [&str; 3] = ["auth", "auth_permanent", "session_expired"];

impl Cooldown {
    /// Whether a dead credential has caused it, and it is not over.
    #[must_use]
    pub fn is_for_auth(&self, now: i64) -> bool {
        self.until > now && AUTH_CAUSES.contains(&self.cause.as_str())
    }
}
