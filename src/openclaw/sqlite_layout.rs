//! Which databases hold what an agent sees, from OpenClaw 2026.6.5 on.
//!
//! 2026.6.5 to 2026.7.35: each agent's own, `openclaw-agent.sqlite`. From 2026.8.1 on: the rows of the state
//! database, `state/openclaw.sqlite`, and over them the agent's own; where both have an id, the agent's counts.
//! `auth.sharedStore` says where the shared rows are: without it, or as `legacy-main`, still in the main agent's
//! database. The state database of 2026.6.1 to 2026.7.35 (`user_version` 1) has nothing to do with profiles.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::cooldown::{self, Cooldown};
use super::json_store;
use super::layout::StateDir;
use super::profile::Profile;
use super::sqlite_store::{self, Asked, Cell, Contents};
use crate::edit::Malformed;
use crate::exit::Code;
use crate::problem::Problem;

/// The newest `user_version`s that were looked at, of the state database and of an agent's: OpenClaw 2026.9.6.
const KNOWN: (u32, u32) = (18, 23);

const OWN: [Asked; 2] = [
    Asked { table: "auth_profile_store", columns: ("store_key", "store_json"), key: "primary" },
    Asked { table: "auth_profile_state", columns: ("state_key", "state_json"), key: "primary" },
];

const fn machine_state(key: &'static str) -> Asked {
    Asked { table: "config_machine_state", columns: ("state_key", "value_json"), key }
}

const SHARED: [Asked; 3] =
    [machine_state("authProfiles.store"), machine_state("authProfiles.state"), machine_state("auth.sharedStore")];

/// What a pair of rows holds.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// The profiles, in order.
    pub profiles: Vec<Arc<Profile>>,
    /// What is said of profiles: the cooldown, or that there is none.
    pub cooldowns: Vec<(String, Option<Cooldown>)>,
}

/// How the store of an agent was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// It was read, all of it.
    Read,
    /// There is no database for it.
    Missing,
    /// A database is there, and nothing that is known in it.
    Unknown,
    /// Some of it could not be read; the problem is told.
    Failed,
}

/// What one agent sees.
#[derive(Debug)]
pub struct View {
    /// Its own database, whether it is there or not.
    pub path: PathBuf,
    /// What was found, also where it is not all.
    pub rows: Rows,
    /// How.
    pub found: Found,
}

/// The state database of an installation.
#[must_use]
pub fn state_database(state_dir: &Path) -> PathBuf {
    state_dir.join("state/openclaw.sqlite")
}

/// Reads what every agent of an installation sees, in their order.
#[must_use]
pub fn read(state_dir: &StateDir, now: i64, deadline: Instant) -> (Vec<View>, Vec<Problem>) {
    let mut reading = Reading { now, deadline, problems: Vec::new() };
    let shared = state_dir.has_shared_store().then(|| reading.shared(&state_database(&state_dir.path)));
    let of = |agent: &super::layout::Agent| agent.dir.join("openclaw-agent.sqlite");
    let own: Vec<View> = state_dir.agents.iter().map(|agent| reading.own(of(agent))).collect();
    let Some((place, mut base, standing)) = shared else { return (own, reading.problems) };
    if place == Place::MainAgent {
        let main = state_dir.agents.iter().zip(&own).find(|(agent, _)| agent.main);
        base = main.map(|(_, view)| view.rows.clone()).unwrap_or_default();
    }
    let views = own.into_iter().map(|view| {
        let found = match (standing, view.found) {
            (Found::Failed, _) | (_, Found::Failed) => Found::Failed,
            (Found::Unknown, Found::Missing | Found::Unknown) => Found::Unknown,
            _ => Found::Read,
        };
        View { rows: over(&base, view.rows), found, ..view }
    });
    (views.collect(), reading.problems)
}

/// Where the shared rows are.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    StateDatabase,
    MainAgent,
}

/// An agent's rows over the shared ones, which keep their places.
fn over(base: &Rows, own: Rows) -> Rows {
    let mut rows = base.clone();
    for profile in own.profiles {
        match rows.profiles.iter_mut().find(|shared| shared.id == profile.id) {
            Some(shared) => *shared = profile,
            None => rows.profiles.push(profile),
        }
    }
    rows.cooldowns.retain(|(id, _)| own.cooldowns.iter().all(|(of, _)| of != id));
    rows.cooldowns.extend(own.cooldowns);
    rows
}

struct Reading {
    now: i64,
    deadline: Instant,
    problems: Vec<Problem>,
}

impl Reading {
    fn own(&mut self, path: PathBuf) -> View {
        match sqlite_store::read(&path, &OWN, self.deadline) {
            Ok(None) => View { path, rows: Rows::default(), found: Found::Missing },
            Ok(Some(contents)) => {
                self.newer(&path, contents.version, KNOWN.1);
                let (rows, found) = self.rows(&path, &contents, &OWN);
                View { path, rows, found }
            }
            Err(problem) => {
                self.problems.push(problem);
                View { path, rows: Rows::default(), found: Found::Failed }
            }
        }
    }

    fn shared(&mut self, path: &Path) -> (Place, Rows, Found) {
        let contents = match sqlite_store::read(path, &SHARED, self.deadline) {
            Ok(Some(contents)) => contents,
            Ok(None) => return (Place::MainAgent, Rows::default(), Found::Unknown),
            Err(problem) => {
                self.problems.push(problem);
                return (Place::StateDatabase, Rows::default(), Found::Failed);
            }
        };
        self.newer(path, contents.version, KNOWN.0);
        let (rows, found) = self.rows(path, &contents, &SHARED);
        let place = match &contents.cells[2] {
            Cell::Text(text) => {
                let said = serde_json::from_str::<serde_json::Value>(text).unwrap_or_default();
                match said.get("location").and_then(serde_json::Value::as_str) {
                    Some("state-db") => Place::StateDatabase,
                    Some("legacy-main") => Place::MainAgent,
                    _ => {
                        self.unknown(path, "auth.sharedStore names a place that is not known");
                        Place::StateDatabase
                    }
                }
            }
            Cell::NoRow | Cell::NoTable => Place::MainAgent,
        };
        (place, rows, found)
    }

    /// What the first two cells hold.
    fn rows(&mut self, path: &Path, contents: &Contents, asked: &[Asked]) -> (Rows, Found) {
        let mut rows = Rows::default();
        let mut found = Found::Read;
        match &contents.cells[0] {
            Cell::NoTable => {
                self.unknown(path, &format!("no table {} of the form that is known", asked[0].table));
                found = Found::Unknown;
            }
            Cell::NoRow => {}
            Cell::Text(text) => match json_store::parse(text) {
                Ok(profiles) => rows.profiles = profiles,
                Err(error) => {
                    self.malformed(path, &asked[0], text, error);
                    found = Found::Failed;
                }
            },
        }
        if let Cell::Text(text) = &contents.cells[1] {
            match cooldown::standing(text, self.now) {
                Ok(cooldowns) => rows.cooldowns = cooldowns,
                Err(error) => self.malformed(path, &asked[1], text, error),
            }
        }
        (rows, found)
    }

    fn malformed(&mut self, path: &Path, asked: &Asked, text: &str, error: Malformed) {
        let message = format!("{}: {} of {}: {}", path.display(), asked.key, asked.table, error.located(text));
        let hint = "it was left alone; openclaw doctor --fix repairs it";
        self.problems.push(Problem::error(Code::Data, "malformed", message, hint));
    }

    fn newer(&mut self, path: &Path, version: u32, known: u32) {
        if version > known {
            self.unknown(path, &format!("schema {version} is newer than {known}, the newest that is known"));
        }
    }

    fn unknown(&mut self, path: &Path, why: &str) {
        let message = format!("{}: {why}; what is shown may not be all", path.display());
        self.problems.push(Problem::warning("unknown-schema", message, "is there a newer ocsync?"));
    }
}
