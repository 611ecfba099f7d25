//! What is there: the sources, the installations and their stores, as values.

use std::path::PathBuf;
use std::sync::Arc;

use crate::model::installation::StateDir;
use crate::model::problem::Problem;
use crate::model::profile::Profile;
use crate::model::source::Source;

/// Everything that a run looks at.
#[derive(Debug)]
pub struct Inventory {
    /// The sources that are present.
    pub sources: Vec<Source>,
    /// The installations.
    pub state_dirs: Vec<StateDir>,
    /// The stores, by installation and agent.
    pub stores: Vec<Store>,
    /// What could not be read, and what is worth telling.
    pub problems: Vec<Problem>,
}

/// One agent's store.
#[derive(Debug)]
pub struct Store {
    /// Index of its installation.
    pub state_dir: usize,
    /// Index of its agent there.
    pub agent: usize,
    /// Its path, as the journal knows it.
    pub key: String,
    /// Its profiles; empty where it cannot be served. Stores that hold the same share them.
    pub profiles: Arc<[Arc<Profile>]>,
    /// SQLite: where each of them is.
    pub homes: Vec<RowHome>,
    /// SQLite: the cooldowns that it tells of. Those of JSON are in a file that only `status` reads.
    pub cooldowns: Vec<(String, Option<Cooldown>)>,
    /// Whether it can be served.
    pub state: StoreState,
    /// Whether its agent was asked for. Others are read all the same: what they hold can prove
    /// that a source's refresh token is spent.
    pub selected: bool,
}

/// Whether a store can be served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreState {
    /// It was read.
    Read,
    /// The main agent has none yet.
    Missing,
    /// It cannot be told what OpenClaw uses here.
    Refused(Box<Refusal>),
    /// It cannot be read; the problem is told.
    Failed,
}

/// Why a store is not served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub why: String,
    /// What to do.
    pub hint: String,
}

impl Inventory {
    /// The agents that see a profile in this very row: indices of the store, and of the profile in it.
    pub fn seers(&self, state_dir: usize, home: &RowHome, id: &str) -> impl Iterator<Item = (usize, usize)> {
        let of_dir = self.stores.iter().enumerate().filter(move |(_, store)| store.state_dir == state_dir);
        of_dir.filter_map(move |(index, store)| {
            let mut all = store.profiles.iter().zip(&store.homes);
            let at = all.position(|(profile, of)| profile.id == id && of.is_same(home))?;
            (store.state == StoreState::Read).then_some((index, at))
        })
    }

    /// Whether there is a store at all.
    #[must_use]
    pub fn has_store(&self) -> bool {
        self.stores.iter().any(|store| store.state != StoreState::Missing)
    }
}

/// A time for which OpenClaw does not use a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cooldown {
    /// When it is over, in milliseconds.
    pub until: i64,
    /// OpenClaw's word for the cause.
    pub cause: String,
}

/// The row that a profile is in: what `--sqlite-write` has to know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowHome {
    /// Its database.
    pub path: PathBuf,
    /// The agent whose database that is; `None` for the state database.
    pub agent: Option<String>,
    /// Why it may not be written, in a few words. Asked for `--sqlite-write` alone.
    pub refusal: Option<&'static str>,
}

impl RowHome {
    /// Whether two profiles of one id are one and the same.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        (&self.path, &self.agent) == (&other.path, &other.agent)
    }
}
