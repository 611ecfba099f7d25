//! Reads what each agent sees, from OpenClaw 2026.6.5 on.
//!
//! In 2026.6.5 to 2026.7.35 an agent sees its own database, `openclaw-agent.sqlite`. From 2026.8.1 on it sees the
//! rows of the state database, `state/openclaw.sqlite`, and its own rows over them; where both have an id, the
//! agent's row counts. `auth.sharedStore` says where the shared rows are. Where it is missing or says `legacy-main`,
//! they are still in the main agent's database. The state database of 2026.6.1 to 2026.7.35 (`user_version` 1) holds
//! no profiles.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use crate::model::because::Because;
use crate::model::border::Border;
use crate::model::installation::{Agent, StateDir};
use crate::model::inventory::RowHome;
use crate::model::json_text::Malformed;
use crate::model::problem::Problem;
use crate::model::reason::Reason;
use crate::model::version::Version;
use crate::openclaw::install::era::state_database;
use crate::openclaw::json::cooldown;
use crate::openclaw::json::store_text::{self, Shared};
use crate::openclaw::sqlite::claims::{Owner, SharedPlace};
use crate::openclaw::sqlite::connection::{Cell, CellAddress};
use crate::openclaw::sqlite::coordinator;
use crate::openclaw::sqlite::layout;
use crate::openclaw::sqlite::read::{self, Contents};
use crate::openclaw::sqlite::rows::Rows;
use crate::openclaw::sqlite::tables::{OWN, SHARED};
use crate::sys::fs::read::FileId;
use crate::sys::fs::remote::remote;

/// What came of reading the store of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewState {
    /// All of it was read.
    Read,
    /// The agent has no database.
    Missing,
    /// There is a database, and it holds nothing in a known form.
    Unknown,
    /// Some of it could not be read; a problem says why.
    Failed,
}

/// What one agent sees.
#[derive(Debug)]
pub struct View {
    /// The path of the agent's own database, also where it does not exist.
    pub path: PathBuf,
    /// The database's file, where it could be opened.
    pub file: Option<FileId>,
    /// What was read, also where that is not all.
    pub rows: Rows,
    /// What came of it.
    pub state: ViewState,
}

/// Reads what every agent of an installation sees, in the order of the agents. With `to_write` it also finds out what
/// may be written.
#[must_use]
pub fn read(state_dir: &StateDir, now: i64, deadline: Instant, to_write: bool) -> (Vec<View>, Vec<Problem>) {
    let mut reading = Reading {
        now,
        deadline,
        problems: Vec::new(),
        version: state_dir.version,
        shared: state_dir.has_shared_store(),
        border: &state_dir.border,
        to_write,
        refusal: None,
        parsed: Shared::default(),
        remote: Vec::new(),
        user: rustix::process::geteuid().as_raw(),
    };
    let shared = reading.shared.then(|| reading.shared(&state_database(&state_dir.path)));
    let own: Vec<View> = state_dir.agents.iter().map(|agent| reading.own(agent)).collect();
    let Some((place, mut base, shared_state)) = shared else { return (own, reading.problems) };
    if place == SharedPlace::MainAgent {
        let main = state_dir.agents.iter().zip(&own).find(|(agent, _)| agent.main);
        base = main.map(|(_, view)| view.rows.clone()).unwrap_or_default();
    }
    let views = own.into_iter().map(|view| {
        let state = match (shared_state, view.state) {
            (ViewState::Failed, _) | (_, ViewState::Failed) => ViewState::Failed,
            (ViewState::Unknown, ViewState::Missing | ViewState::Unknown) => ViewState::Unknown,
            _ => ViewState::Read,
        };
        View { rows: base.clone().with(view.rows), state, ..view }
    });
    (views.collect(), reading.problems)
}

/// Why nothing of an installation may be written, by what its state database says at this moment.
///
/// # Errors
/// Why the state database cannot be read.
pub fn forbids(state_dir: &StateDir, now: i64, deadline: Instant) -> Result<Option<Reason>, Problem> {
    if !state_dir.has_shared_store() {
        return Ok(None);
    }
    let contents = read::read(&state_database(&state_dir.path), &[], deadline)?;
    Ok(contents.map_or(Some(Reason::StateUnreadable), |(_, contents)| contents.claims.forbids(now)))
}

/// One reading of an installation: what it needs, and the problems that it meets.
struct Reading<'a> {
    now: i64,
    deadline: Instant,
    problems: Vec<Problem>,
    version: Option<Version>,
    /// Whether the state database holds profiles, or says where the shared ones are.
    shared: bool,
    border: &'a Border,
    /// Whether to find out what may be written.
    to_write: bool,
    /// Why nothing of this installation may be written, as its state database says.
    refusal: Option<Reason>,
    /// What the stores have in common.
    parsed: Shared,
    /// The file systems that were met, by their devices, and the names of those that are remote.
    remote: Vec<(u64, Option<&'static str>)>,
    /// The user of this run.
    user: u32,
}

impl Reading<'_> {
    fn own(&mut self, agent: &Agent) -> View {
        let path = agent.database();
        match read::read(&path, &OWN, self.deadline) {
            Ok(None) => View { path, file: None, rows: Rows::default(), state: ViewState::Missing },
            Ok(Some((file, contents))) => {
                self.warn_if_newer(&path, contents.claims.version, layout::AGENT_BESIDE);
                let (rows, state) = self.rows(&path, (file, &contents), &OWN, Some(&agent.id));
                View { path, file: Some(file), rows, state }
            }
            Err(problem) => {
                self.problems.push(problem);
                View { path, file: None, rows: Rows::default(), state: ViewState::Failed }
            }
        }
    }

    fn shared(&mut self, path: &Path) -> (SharedPlace, Rows, ViewState) {
        let (file, contents) = match read::read(path, &SHARED, self.deadline) {
            Ok(Some(read)) => read,
            Ok(None) => {
                self.refusal = Some(Reason::StateUnreadable);
                return (SharedPlace::MainAgent, Rows::default(), ViewState::Unknown);
            }
            Err(problem) => {
                self.refusal = Some(Reason::StateUnreadable);
                self.problems.push(problem);
                return (SharedPlace::StateDatabase, Rows::default(), ViewState::Failed);
            }
        };
        self.warn_if_newer(path, contents.claims.version, layout::STATE);
        let place = contents.claims.place().unwrap_or_else(|| {
            self.warn(path, Reason::OtherPlace.pattern());
            SharedPlace::StateDatabase
        });
        self.refusal = contents.claims.forbids(self.now);
        let (rows, state) = self.rows(path, (file, &contents), &SHARED, None);
        (place, rows, state)
    }

    /// What the pair of cells at `addresses` holds, in the state database or in the database of `agent`.
    fn rows(
        &mut self,
        path: &Path,
        (file, contents): (FileId, &Contents),
        addresses: &[CellAddress],
        agent: Option<&str>,
    ) -> (Rows, ViewState) {
        let mut rows = Rows::default();
        let mut state = ViewState::Read;
        match &contents.cells[0] {
            Cell::NoTable => {
                self.warn(path, &format!("no table {} of the form that is known", addresses[0].table));
                state = ViewState::Unknown;
            }
            Cell::NoRow => {}
            Cell::Text(text) => match store_text::parse_sharing(text, &mut self.parsed) {
                Ok(profiles) => {
                    let home = Arc::new(self.home(path, (file, contents), agent));
                    rows.homes = profiles.iter().map(|_| home.clone()).collect();
                    rows.profiles = profiles;
                }
                Err(error) => {
                    self.report_malformed(path, &addresses[0], text, error);
                    state = ViewState::Failed;
                }
            },
        }
        if let Cell::Text(text) = &contents.cells[1] {
            match cooldown::read(text, self.now) {
                Ok(cooldowns) => rows.cooldowns = cooldowns,
                Err(error) => self.report_malformed(path, &addresses[1], text, error),
            }
        }
        (rows, state)
    }

    fn home(&mut self, path: &Path, (file, contents): (FileId, &Contents), agent: Option<&str>) -> RowHome {
        let home = RowHome { path: path.to_owned(), agent: agent.map(str::to_owned), refusal: None };
        if !self.to_write {
            return home;
        }
        let claimed = contents.claims.refusal(self.version, Owner::of(&home, self.shared));
        let unseen = || agent.is_none() && coordinator::find(path, self.border).is_none();
        let apart = self.border.container && cfg!(not(target_os = "linux"));
        let refusal = self
            .remote(path, file)
            .map(|name| Because::of(Reason::SharedFileSystem, name))
            .or_else(|| apart.then_some(Reason::OtherMachine).map(Because::from))
            .or_else(|| claimed.map(|why| contents.claims.because(why)))
            .or_else(|| self.refusal.map(Because::from))
            .or_else(|| (file.uid != self.user).then_some(Reason::ForeignDatabase.into()))
            .or_else(|| unseen().then_some(Reason::CoordinatorUnseen.into()));
        RowHome { refusal, ..home }
    }

    /// The name of the file system that a file is on, if it is not a local one. Each device is asked once.
    fn remote(&mut self, path: &Path, file: FileId) -> Option<&'static str> {
        let device = file.inode.0;
        if let Some((_, name)) = self.remote.iter().find(|(known, _)| *known == device) {
            return *name;
        }
        let name = remote(path);
        self.remote.push((device, name));
        name
    }

    fn report_malformed(&mut self, path: &Path, address: &CellAddress, text: &str, error: Malformed) {
        let message = format!("{}: {} of {}: {}", path.display(), address.key, address.table, error.located(text));
        let hint = "it was left alone; openclaw doctor --fix repairs it";
        self.problems.push(Problem::malformed(message, hint));
    }

    fn warn_if_newer(&mut self, path: &Path, version: u32, known: &[u32]) {
        let newest = known.last().copied().unwrap_or(0);
        if version > newest {
            self.warn(path, &format!("schema {version} is newer than {newest}, the newest that is known"));
        }
    }

    fn warn(&mut self, path: &Path, why: &str) {
        let message = format!("{}: {why}; what is shown may not be all", path.display());
        self.problems.push(Problem::warning("unknown-schema", message, "is there a newer ocsync?"));
    }
}
