//! Which databases hold what an agent sees, from OpenClaw 2026.6.5 on.
//!
//! 2026.6.5 to 2026.7.35: each agent's own, `openclaw-agent.sqlite`. From 2026.8.1 on: the rows of the state
//! database, `state/openclaw.sqlite`, and over them the agent's own; where both have an id, the agent's counts.
//! `auth.sharedStore` says where the shared rows are: without it, or as `legacy-main`, still in the main agent's
//! database. The state database of 2026.6.1 to 2026.7.35 (`user_version` 1) has nothing to do with profiles.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::model::exit::Code;
use crate::model::installation::{Agent, StateDir};
use crate::model::inventory::RowHome;
use crate::model::json_edit::Malformed;
use crate::model::problem::Problem;
use crate::model::reason::Reason;
use crate::model::version::Version;
use crate::openclaw::install::era::state_database;
use crate::openclaw::json::{cooldown, store_text};
use crate::openclaw::sqlite::claims::{Owner, Place};
use crate::openclaw::sqlite::connection::{Asked, Cell};
use crate::openclaw::sqlite::coordinator;
use crate::openclaw::sqlite::read::{self, Contents};
use crate::openclaw::sqlite::rows::Rows;
use crate::openclaw::sqlite::tables::{NEWEST_AGENT, NEWEST_STATE, OWN, SHARED};

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

/// Reads what every agent of an installation sees, in their order; `to_write` asks what may be written as well.
#[must_use]
pub fn read(state_dir: &StateDir, now: i64, deadline: Instant, to_write: bool) -> (Vec<View>, Vec<Problem>) {
    let mut reading = Reading {
        now,
        deadline,
        problems: Vec::new(),
        version: state_dir.version,
        shared: state_dir.has_shared_store(),
        container: state_dir.container,
        to_write,
        refusal: None,
    };
    let shared = reading.shared.then(|| reading.shared(&state_database(&state_dir.path)));
    let own: Vec<View> = state_dir.agents.iter().map(|agent| reading.own(agent)).collect();
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
        View { rows: base.clone().with(view.rows), found, ..view }
    });
    (views.collect(), reading.problems)
}

/// Why nothing of an installation may be written, as its state database says at this moment.
///
/// # Errors
/// Why that cannot be read.
pub fn forbids(state_dir: &StateDir, now: i64, deadline: Instant) -> Result<Option<Reason>, Problem> {
    if !state_dir.has_shared_store() {
        return Ok(None);
    }
    let contents = read::read(&state_database(&state_dir.path), &[], deadline)?;
    Ok(contents.map_or(Some(Reason::StateUnreadable), |contents| contents.claims.forbids(now)))
}

struct Reading {
    now: i64,
    deadline: Instant,
    problems: Vec<Problem>,
    version: Option<Version>,
    /// The state database holds profiles, or says where the shared ones are.
    shared: bool,
    container: bool,
    /// Whether what may be written is asked at all.
    to_write: bool,
    /// Why nothing of this installation may be written.
    refusal: Option<Reason>,
}

impl Reading {
    fn own(&mut self, agent: &Agent) -> View {
        let path = agent.dir.join("openclaw-agent.sqlite");
        match read::read(&path, &OWN, self.deadline) {
            Ok(None) => View { path, rows: Rows::default(), found: Found::Missing },
            Ok(Some(contents)) => {
                self.newer(&path, contents.claims.version, NEWEST_AGENT);
                let (rows, found) = self.rows(&path, &contents, &OWN, Some(&agent.id));
                View { path, rows, found }
            }
            Err(problem) => {
                self.problems.push(problem);
                View { path, rows: Rows::default(), found: Found::Failed }
            }
        }
    }

    fn shared(&mut self, path: &Path) -> (Place, Rows, Found) {
        let contents = match read::read(path, &SHARED, self.deadline) {
            Ok(Some(contents)) => contents,
            Ok(None) => {
                self.refusal = Some(Reason::StateUnreadable);
                return (Place::MainAgent, Rows::default(), Found::Unknown);
            }
            Err(problem) => {
                self.refusal = Some(Reason::StateUnreadable);
                self.problems.push(problem);
                return (Place::StateDatabase, Rows::default(), Found::Failed);
            }
        };
        self.newer(path, contents.claims.version, NEWEST_STATE);
        let place = contents.claims.place().unwrap_or_else(|| {
            self.unknown(path, Reason::OtherPlace.pattern());
            Place::StateDatabase
        });
        self.refusal = contents.claims.forbids(self.now);
        let (rows, found) = self.rows(path, &contents, &SHARED, None);
        (place, rows, found)
    }

    /// What the cells hold, of the state database or of an agent's.
    fn rows(&mut self, path: &Path, contents: &Contents, asked: &[Asked], agent: Option<&str>) -> (Rows, Found) {
        let mut rows = Rows::default();
        let mut found = Found::Read;
        match &contents.cells[0] {
            Cell::NoTable => {
                self.unknown(path, &format!("no table {} of the form that is known", asked[0].table));
                found = Found::Unknown;
            }
            Cell::NoRow => {}
            Cell::Text(text) => match store_text::parse(text) {
                Ok(profiles) => {
                    rows.homes = vec![self.home(path, contents, agent); profiles.len()];
                    rows.profiles = profiles;
                }
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

    fn home(&self, path: &Path, contents: &Contents, agent: Option<&str>) -> RowHome {
        let home = RowHome { path: path.to_owned(), agent: agent.map(str::to_owned), refusal: None };
        if !self.to_write {
            return home;
        }
        let own = std::fs::metadata(path).is_ok_and(|meta| meta.uid() == rustix::process::geteuid().as_raw());
        let said = contents.claims.refusal(self.version, Owner::of(&home, self.shared));
        let refusal = said.or(self.refusal).or((!own).then_some(Reason::ForeignDatabase));
        // In a container /tmp is another, and so is what is in it.
        let unseen = || agent.is_none() && (self.container || coordinator::find(path).is_none());
        RowHome { refusal: refusal.or_else(|| unseen().then_some(Reason::CoordinatorUnseen)), ..home }
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
