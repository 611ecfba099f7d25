//! Reads what each agent sees, from OpenClaw 2026.6.5 on.
//!
//! In 2026.6.5 to 2026.7.35 an agent sees its own database, `openclaw-agent.sqlite`. From 2026.8.1 on it sees the
//! rows of the state database, `state/openclaw.sqlite`, and its own rows over them; where both have an id, the
//! agent's row counts. `auth.sharedStore` says where the shared rows are. Where it is missing or says `legacy-main`,
//! they are still in the main agent's database. The state database of 2026.6.1 to 2026.7.35 (`user_version` 1) holds
//! no profiles.

use std::path::Path;
use std::time::Instant;

use crate::model::installation::{Agent, StateDir, state_database};
use crate::model::json_text::Malformed;
use crate::model::problem::Problem;
use crate::model::reason::Reason;
use crate::openclaw::json::cooldown;
use crate::openclaw::json::store_text::{self, Shared};
use crate::openclaw::sqlite::claims::SharedPlace;
use crate::openclaw::sqlite::connection::{Cell, CellAddress};
use crate::openclaw::sqlite::layout;
use crate::openclaw::sqlite::read::{self, Contents};
use crate::openclaw::sqlite::row_homes::RowHomes;
use crate::openclaw::sqlite::rows::Rows;
use crate::openclaw::sqlite::tables::{OWN, SHARED};
use crate::sys::fs::read::FileId;
use crate::sys::side_by_side;

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
    /// Device and inode of the agent's own database, where it could be opened.
    pub file: Option<(u64, u64)>,
    /// What was read, also where that is not all.
    pub rows: Rows,
    /// What came of it.
    pub state: ViewState,
}

/// Reads what every agent of an installation sees, and hands it to `take` with the agent's index: there may be thousands.
/// The main agent comes first. With `to_write` it also finds out what may be written. Gives what could not be read.
pub fn read(
    state_dir: &StateDir,
    now: i64,
    deadline: Instant,
    to_write: bool,
    mut take: impl FnMut(usize, View),
) -> Vec<Problem> {
    let mut reading = Reading {
        now,
        deadline,
        problems: Vec::new(),
        homes: RowHomes::new(state_dir, to_write),
        parsed: Shared::default(),
    };
    let mut shared = state_dir.has_shared_store().then(|| reading.shared(&state_database(&state_dir.path)));
    let main = state_dir.agents.iter().position(|agent| agent.main);
    let others = (0..state_dir.agents.len()).filter(|index| Some(*index) != main);
    let order: Vec<usize> = main.into_iter().chain(others).collect();
    let agent = |index: &usize| &state_dir.agents[*index];
    let read = || |index: &usize| read::read(&agent(index).database(), &OWN, deadline);
    side_by_side::in_order(&order, read, |index, found| {
        let own = reading.own(agent(index), found);
        if let Some((SharedPlace::MainAgent, base, _)) = shared.as_mut().filter(|_| Some(*index) == main) {
            *base = own.rows.clone();
        }
        let view = match &shared {
            Some((_, base, state)) => own.over(base, *state),
            None => own,
        };
        take(*index, view);
    });
    reading.problems
}

impl View {
    /// This view of an agent's own rows, over the rows that all agents share.
    fn over(self, base: &Rows, shared: ViewState) -> Self {
        let state = match (shared, self.state) {
            (ViewState::Failed, _) | (_, ViewState::Failed) => ViewState::Failed,
            (ViewState::Unknown, ViewState::Missing | ViewState::Unknown) => ViewState::Unknown,
            _ => ViewState::Read,
        };
        Self { rows: base.clone().with(self.rows), state, ..self }
    }
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

/// What came of reading a database.
type Found = Result<Option<(FileId, Contents)>, Problem>;

/// One reading of an installation: what it needs, and the problems that it meets.
struct Reading<'a> {
    now: i64,
    deadline: Instant,
    problems: Vec<Problem>,
    /// The rows, and why they must not be written.
    homes: RowHomes<'a>,
    /// What the stores have in common.
    parsed: Shared,
}

impl Reading<'_> {
    fn own(&mut self, agent: &Agent, found: Found) -> View {
        let path = agent.database();
        match found {
            Ok(None) => View { file: None, rows: Rows::default(), state: ViewState::Missing },
            Ok(Some((file, contents))) => {
                self.warn_if_newer(&path, contents.claims.version, layout::AGENT_BESIDE);
                let (rows, state) = self.rows(&path, (file, &contents), &OWN, Some(agent));
                View { file: Some(file.inode), rows, state }
            }
            Err(problem) => {
                self.problems.push(problem);
                View { file: None, rows: Rows::default(), state: ViewState::Failed }
            }
        }
    }

    fn shared(&mut self, path: &Path) -> (SharedPlace, Rows, ViewState) {
        let (file, contents) = match read::read(path, &SHARED, self.deadline) {
            Ok(Some(read)) => read,
            Ok(None) => {
                self.homes.forbidden = Some(Reason::StateUnreadable);
                return (SharedPlace::MainAgent, Rows::default(), ViewState::Unknown);
            }
            Err(problem) => {
                self.homes.forbidden = Some(Reason::StateUnreadable);
                self.problems.push(problem);
                return (SharedPlace::StateDatabase, Rows::default(), ViewState::Failed);
            }
        };
        self.warn_if_newer(path, contents.claims.version, layout::STATE);
        let place = contents.claims.place().unwrap_or_else(|| {
            self.warn(path, Reason::OtherPlace.pattern());
            SharedPlace::StateDatabase
        });
        self.homes.forbidden = contents.claims.forbids(self.now);
        let (rows, state) = self.rows(path, (file, &contents), &SHARED, None);
        (place, rows, state)
    }

    /// What the pair of cells at `addresses` holds, in the state database or in the database of `agent`.
    fn rows(
        &mut self,
        path: &Path,
        (file, contents): (FileId, &Contents),
        addresses: &[CellAddress],
        agent: Option<&Agent>,
    ) -> (Rows, ViewState) {
        let mut rows = Rows::default();
        let mut state = ViewState::Read;
        match &contents.cells[0] {
            Cell::NoTable => {
                self.warn(
                    path,
                    &format!("the table {} is missing, or not in a form that ocsync knows", addresses[0].table),
                );
                state = ViewState::Unknown;
            }
            Cell::NoRow => {}
            Cell::Text(text) => match store_text::parse_sharing(text, &mut self.parsed) {
                Ok(profiles) => {
                    let home = self.homes.home(path, file, &contents.claims, agent);
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

    fn report_malformed(&mut self, path: &Path, address: &CellAddress, text: &str, error: Malformed) {
        let message = format!("{}: {} of {}: {}", path.display(), address.key, address.table, error.located(text));
        let hint = "ocsync left it alone; run: openclaw doctor --fix";
        self.problems.push(Problem::malformed(message, hint));
    }

    fn warn_if_newer(&mut self, path: &Path, version: u32, known: &[u32]) {
        let newest = known.last().copied().unwrap_or(0);
        if version > newest {
            self.warn(path, &format!("schema {version} is newer than {newest}, the newest that ocsync knows"));
        }
    }

    fn warn(&mut self, path: &Path, why: &str) {
        let message = format!("{}: {why}; ocsync may not show every profile", path.display());
        self.problems.push(Problem::warning("unknown-schema", message, "look for a newer ocsync"));
    }
}
