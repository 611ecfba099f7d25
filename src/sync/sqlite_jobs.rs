//! The profiles in SQLite to write: each row once, and the rows that one lock of OpenClaw's guards together.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::core::decide::Decider;
use crate::model::installation::{Agent, StateDir};
use crate::model::inventory::{RowHome, StoreRef};
use crate::model::item::{Action, Item, Outcome};
use crate::model::kept::Kept;
use crate::model::profile::Profile;
use crate::model::source::Source;
use crate::openclaw::lock::of_profile;
use crate::settings::options::Options;
use crate::sync::restore::{self, Restoration};

/// How many databases are written under one taking of a lock: OpenClaw's refreshes wait for it meanwhile.
const MOST: usize = 32;

/// A profile to write, with the row that it is in.
#[derive(Clone, Debug)]
pub struct Job<'a> {
    /// Its installation.
    pub dir: &'a StateDir,
    /// Its row.
    pub home: &'a RowHome,
    /// The path of the database.
    pub path: PathBuf,
    /// The agent that owns the database; `None` for the state database.
    pub owner: Option<&'a Agent>,
    /// The profile as it was read.
    pub profile: &'a Profile,
    /// The stores of the agents that see it in this row.
    pub stores: Vec<StoreRef<'a>>,
    /// The login to put back.
    pub restore: Option<Arc<Kept>>,
}

/// What every write needs.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The sources.
    pub sources: &'a [Source],
    /// The decisions.
    pub decider: &'a Decider<'a>,
    /// The options.
    pub options: &'a Options,
}

impl Job<'_> {
    /// The paths that OpenClaw's locks on the profile guard.
    pub fn locks(&self) -> Vec<PathBuf> {
        let Profile { id, provider, .. } = self.profile;
        of_profile::paths(&self.dir.path, self.dir.version, provider, id)
    }
}

/// The profiles to write, each one once, however many agents see it.
pub fn jobs<'a>(items: &[Item<'a>], restorations: &[Restoration]) -> Vec<Job<'a>> {
    let (mut jobs, mut known) = (Vec::new(), HashSet::new());
    let planned = items.iter().filter(|item| item.outcome == Outcome::Planned && item.action == Action::Update);
    for item in planned.filter(|item| item.at.is_sqlite()) {
        let (at, Some(id)) = (item.at, item.id()) else { continue };
        let Some((profile, home)) = at.store.row(id) else { continue };
        let (path, owner) = (at.database(home), at.owner(home));
        if known.insert((path.clone(), &profile.id)) {
            let stores = at.seers(home, id).map(|(at, _)| at).collect();
            let restore = restore::of(restorations, at, id).map(|of| of.login.clone());
            jobs.push(Job { dir: at.dir(), home, path, owner, profile, stores, restore });
        }
    }
    jobs
}

/// The indices of jobs that are done under one taking of their locks: agents' own databases with the same profile. The
/// state database is written by itself, because it has a lock of its own as well.
pub fn batches(jobs: &[Job<'_>]) -> Vec<Vec<usize>> {
    let mut batches: Vec<Vec<usize>> = Vec::new();
    let mut open: HashMap<(&Path, &str, &str), usize> = HashMap::new();
    for (index, job) in jobs.iter().enumerate() {
        let guarded = (job.dir.path.as_path(), job.profile.provider.as_str(), job.profile.id.as_str());
        let begun = open.get(&guarded).filter(|_| job.owner.is_some());
        if let Some(batch) = begun.map(|at| &mut batches[*at]).filter(|batch| batch.len() < MOST) {
            batch.push(index);
            continue;
        }
        if job.owner.is_some() {
            open.insert(guarded, batches.len());
        }
        batches.push(vec![index]);
    }
    batches
}
