//! Reads the stores of one installation, and notes what could not be read.

use std::collections::HashSet;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::model::agent::Agent;
use crate::model::because::Because;
use crate::model::exit::Code;
use crate::model::installation::{Era, StateDir, normalise};
use crate::model::inventory::{Cooldown, Installation, Inventory, RowHome, Store, StoreState};
use crate::model::problem::{About, Problem};
use crate::model::profile::Profile;
use crate::model::reason::Reason;
use crate::model::recent::Recent;
use crate::model::record::Stores as Known;
use crate::model::secret::{Fingerprint, fingerprint};
use crate::model::source::Source;
use crate::model::version::Version;
use crate::model::zeroizing::Zeroizing;
use crate::openclaw::json::cooldown_files::read_beside;
use crate::openclaw::json::store;
use crate::openclaw::json::store_text::Shared;
use crate::openclaw::sqlite::view::{self, View, ViewState};
use crate::settings::options::Options;
use crate::sys::side_by_side;

/// How long a run waits for locked databases of one installation in all.
const PATIENCE: Duration = Duration::from_secs(2);

/// Device and inode of a file.
pub(super) type Inode = (u64, u64);

/// Adds an installation with its stores. `seen` are the files of those that were found before, `known` what the journal
/// knows of stores.
pub(super) fn add(
    inventory: &mut Inventory,
    dir: StateDir,
    options: &Options,
    seen: &mut HashSet<Inode>,
    known: &Known,
) {
    inventory.problems.extend(dir.settings.problems.iter().cloned());
    let first = inventory.installations.iter().map(|installation| installation.stores.len()).sum();
    let mut stores = Stores { first, found: Vec::new(), seen, known, options };
    match dir.era {
        Era::Json => stores.add_json(&dir, &inventory.sources, &mut inventory.problems),
        Era::Sqlite => stores.add_sqlite(&dir, &mut inventory.problems),
        Era::Unclear => stores.add_unclear(&dir),
    }
    inventory.installations.push(Installation::new(dir, stores.found));
}

/// What the stores of SQLite have in common: lists of profiles, and of the rows that they are in.
type Lists = (Recent<Arc<[Arc<Profile>]>>, Recent<Arc<[Arc<RowHome>]>>);

/// Collects the stores of one installation.
struct Stores<'a> {
    /// The number of the first store.
    first: usize,
    found: Vec<Store>,
    /// Two agents may share one store through a link, also agents of two installations.
    seen: &'a mut HashSet<Inode>,
    known: &'a Known,
    options: &'a Options,
}

impl Stores<'_> {
    /// An empty store of an agent.
    fn store(&self, agent: usize, of: &Agent, path: &Path, state: StoreState) -> Store {
        let key = path.to_string_lossy();
        Store {
            number: self.first + self.found.len(),
            agent,
            key: self.known.get_key_value(&*key).map_or_else(|| Arc::from(&*key), |(known, _)| known.clone()),
            profiles: Arc::default(),
            homes: Arc::default(),
            cooldowns: Box::default(),
            state,
            selected: self.options.agents.is_empty() || self.options.agents.contains(&normalise(&of.id)),
        }
    }

    fn add_unclear(&mut self, dir: &StateDir) {
        // An agent that is named is never left out in silence.
        let is_asked = |of: &Agent| of.dir().is_dir() || self.options.agents.contains(&normalise(&of.id));
        for (agent, of) in dir.agents.iter().enumerate().filter(|(_, of)| is_asked(of)) {
            let state = refused(Reason::UnclearEra);
            self.found.push(self.store(agent, of, &of.store(), state));
        }
    }

    fn add_json(&mut self, dir: &StateDir, sources: &[Source], problems: &mut Vec<Problem>) {
        self.found.reserve(dir.agents.len());
        let (now, mut lists) = (self.options.policy.now, Recent::default());
        let refresh_of = |source: &Source| fingerprint(source.login().and_then(|login| login.refresh.as_ref()));
        let current: Vec<Option<Fingerprint>> = sources.iter().map(refresh_of).collect();
        let read = || {
            let mut shared = Shared::default();
            let current = &current;
            move |(_, of): &(usize, &Agent)| read_json(&of.store(), &mut shared, current, now)
        };
        let agents: Vec<(usize, &Agent)> = dir.agents.iter().enumerate().collect();
        side_by_side::in_order(&agents, read, |(agent, of), read| {
            let path = of.store();
            let mut view = self.store(*agent, of, &path, StoreState::Missing);
            match read {
                Ok(Some((store, cooldowns))) => {
                    if !self.seen.insert(store.id.inode) {
                        return;
                    }
                    view.cooldowns = cooldowns;
                    view.profiles = lists.share_list(store.profiles);
                    view.state = StoreState::Read;
                    self.found.push(view);
                }
                Ok(None) if of.main => self.found.push(view),
                Ok(None) => {}
                Err(problem) => {
                    if view.selected {
                        let problem = if is_empty(&path) { empty(&path) } else { problem };
                        problems.push(problem.about(About::profile(None, &of.id, None)));
                    }
                    view.state = StoreState::Failed;
                    self.found.push(view);
                }
            }
        });
    }

    fn add_sqlite(&mut self, dir: &StateDir, problems: &mut Vec<Problem>) {
        self.found.reserve(dir.agents.len());
        let (deadline, policy) = (Instant::now() + PATIENCE, &self.options.policy);
        let mut lists = Lists::default();
        let take = |agent, view| self.add_view(dir, agent, view, &mut lists);
        problems.extend(view::read(dir, policy.now, deadline, policy.sqlite_write.is_auto(), take));
    }

    /// Adds the store of an agent with what it sees.
    fn add_view(&mut self, dir: &StateDir, agent: usize, view: View, lists: &mut Lists) {
        let of = &dir.agents[agent];
        let (path, mut rows) = (of.database(), view.rows);
        sane(&mut rows.profiles, self.options.policy.now);
        let inode = match (view.file, view.state) {
            (None, ViewState::Missing) => None,
            (None, _) => std::fs::metadata(&path).ok().map(|meta| (meta.dev(), meta.ino())),
            (inode, _) => inode,
        };
        // An agent of 2026.8.1 and later sees the shared row before it has a directory.
        let is_there = of.main || view.file.is_some() || dir.will_share() || of.dir().is_dir();
        if !is_there || inode.is_some_and(|inode| !self.seen.insert(inode)) {
            return;
        }
        let state = match view.state {
            ViewState::Read | ViewState::Missing if rows.profiles.is_empty() && waits(dir, of) => unmigrated(dir),
            ViewState::Read => StoreState::Read,
            ViewState::Missing if of.main || dir.will_share() => StoreState::Missing,
            ViewState::Missing => return,
            ViewState::Unknown => refused(Reason::UnknownForm),
            ViewState::Failed => StoreState::Failed,
        };
        self.found.push(Store {
            profiles: lists.0.share_list(rows.profiles),
            homes: lists.1.share_list(rows.homes),
            cooldowns: rows.cooldowns.into_iter().filter(|(_, cooldown)| cooldown.is_some()).collect(),
            ..self.store(agent, of, &path, state)
        });
    }
}

/// The profiles on cooldown of a store.
type Cooldowns = Box<[(String, Option<Cooldown>)]>;

/// Reads a store in JSON, and its cooldowns where they count: those of a profile with a refresh token that no source has
/// now. OpenClaw may renew it, or have failed to.
fn read_json(
    path: &Path,
    shared: &mut Shared,
    current: &[Option<Fingerprint>],
    now: i64,
) -> Result<Option<(store::Store, Cooldowns)>, Problem> {
    let mut buffer = Zeroizing::default();
    let Some(mut store) = store::read_sharing(path, &mut buffer, shared)? else { return Ok(None) };
    sane(&mut store.profiles, now);
    let may_renew_itself = |profile: &Arc<Profile>| {
        let refresh = fingerprint(profile.refresh.as_ref());
        refresh.is_some() && !current.contains(&refresh)
    };
    let mut cooldowns = Cooldowns::default();
    if store.profiles.iter().any(may_renew_itself) {
        let all = read_beside(path, &mut buffer, now);
        cooldowns = all.into_iter().filter(|(_, cooldown)| cooldown.is_some()).collect();
    }
    Ok(Some((store, cooldowns)))
}

/// Makes expiries that cannot be right unknown.
fn sane(profiles: &mut [Arc<Profile>], now: i64) {
    for profile in profiles {
        if let Some(sane) = profile.as_of(now) {
            *profile = Arc::new(sane);
        }
    }
}

/// Whether a file has no bytes.
fn is_empty(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() == 0)
}

/// The problem of a store of no bytes. To OpenClaw it is no store.
fn empty(path: &Path) -> Problem {
    let message = format!("{}: line 1 column 1: the file is empty", path.display());
    Problem::error(Code::NoInput, "malformed", message, "ocsync left it alone; repair it, or run: openclaw doctor")
}

/// Whether an agent has a JSON store that OpenClaw has to import first.
fn waits(dir: &StateDir, agent: &Agent) -> bool {
    agent.store().symlink_metadata().is_ok() || dir.has_shared_store() && agent.path("auth.json").exists()
}

fn unmigrated(dir: &StateDir) -> StoreState {
    let version = dir.version.filter(|version| *version >= Version::SQLITE);
    let name = version.map_or_else(|| "this OpenClaw".to_owned(), |version| format!("OpenClaw {version}"));
    refused(Because::of(Reason::NotMigrated, name))
}

fn refused(why: impl Into<Because>) -> StoreState {
    StoreState::Refused(Box::new(why.into()))
}
