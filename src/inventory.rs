//! What is there: the sources and the stores, read once, with what could not be read.

use std::collections::HashSet;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::few::Few;
use crate::fs::read::is_absent;
use crate::openclaw::config::normalise;
use crate::openclaw::cooldown::Cooldown;
use crate::openclaw::era::Era;
use crate::openclaw::json_store::{self, Shared};
use crate::openclaw::layout::{Agent, StateDir};
use crate::openclaw::profile::Profile;
use crate::openclaw::sqlite_layout::{self, Found, Home};
use crate::openclaw::version::Version;
use crate::options::Options;
use crate::problem::Problem;
use crate::source::{self, Source, State};

/// How often everything is read again because a source has changed meanwhile.
const TRIES: u32 = 3;
/// How long databases that are locked are waited for, all together.
const PATIENCE: Duration = Duration::from_secs(2);

/// Everything that a run looks at.
#[derive(Debug)]
pub struct Inventory {
    /// The sources that are present.
    pub sources: Vec<Source>,
    /// The installations.
    pub state_dirs: Vec<StateDir>,
    /// The stores, by installation and agent.
    pub stores: Vec<StoreView>,
    /// What could not be read, and what is worth telling.
    pub problems: Vec<Problem>,
}

/// One agent's store.
#[derive(Debug)]
pub struct StoreView {
    /// Index of its installation.
    pub state_dir: usize,
    /// Index of its agent there.
    pub agent: usize,
    /// Its path, as the journal knows it.
    pub key: String,
    /// Its profiles; empty where it cannot be served. Stores that hold the same share them.
    pub profiles: Arc<[Arc<Profile>]>,
    /// SQLite: where each of them is.
    pub homes: Vec<Home>,
    /// SQLite: the cooldowns that it tells of. Those of JSON are in a file that only `status` reads.
    pub cooldowns: Vec<(String, Option<Cooldown>)>,
    /// Whether it can be served.
    pub standing: Standing,
    /// Whether its agent was asked for. Others are read all the same: what they hold can prove
    /// that a source's refresh token is spent.
    pub selected: bool,
}

/// Whether a store can be served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
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
    /// Reads everything. Nothing is written, nothing is started (but macOS's `security`, where
    /// the Keychain is turned on).
    ///
    /// A CLI may rotate its tokens while the stores are read, and another run deliver them: then
    /// a profile would seem to hold what its source has never had. So the sources are read once
    /// more at the end, and everything again when they have changed.
    #[must_use]
    pub fn gather(options: &Options) -> Self {
        let mut sources = source::read_all(&options.env, &options.kinds);
        for _ in 0..TRIES {
            let inventory = Self::with(sources, options);
            if options.env.keychain {
                return inventory;
            }
            sources = source::read_all(&options.env, &options.kinds);
            let same = |(a, b): (&Source, &Source)| a.path == b.path && a.login() == b.login();
            let before = &inventory.sources;
            if before.len() == sources.len() && before.iter().zip(&sources).all(same) {
                return inventory;
            }
        }
        Self::with(sources, options)
    }

    fn with(sources: Vec<Source>, options: &Options) -> Self {
        let mut inventory = Self {
            sources,
            state_dirs: Vec::with_capacity(options.places.len()),
            stores: Vec::new(),
            problems: options.env.problems(),
        };
        for source in &inventory.sources {
            inventory.problems.extend(source.problems.iter().cloned());
            if let State::Unreadable(problem) = &source.state {
                inventory.problems.push(problem.clone());
            }
        }
        for place in &options.places {
            let meta = std::fs::metadata(&place.path);
            if let Some(error) = meta.as_ref().err().filter(|error| !is_absent(error)) {
                inventory.problems.push(Problem::io("cannot look at", &place.path, error));
                continue;
            }
            if !meta.is_ok_and(|meta| meta.is_dir()) {
                let message = format!("{} is no directory", place.path.display());
                let hint = "name OpenClaw's state directory with --state-dir";
                inventory.problems.push(Problem::error(crate::exit::Code::NoInput, "no-state-dir", message, hint));
                continue;
            }
            match StateDir::discover(place, &options.env) {
                Ok(state_dir) if state_dir.era == Era::Sqlite => inventory.add_sqlite(state_dir, options),
                Ok(state_dir) => inventory.add(state_dir, options),
                Err(problem) => inventory.problems.push(problem),
            }
        }
        inventory
    }

    fn add(&mut self, state_dir: StateDir, options: &Options) {
        let index = self.state_dirs.len();
        self.problems.extend(state_dir.settings.problems.iter().cloned());
        self.stores.reserve(state_dir.agents.len());
        let mut buffer = Vec::new();
        let mut seen = HashSet::new();
        let (mut shared, mut lists) = (Shared::default(), Few::default());
        for (agent, of) in state_dir.agents.iter().enumerate() {
            let path = of.store();
            let mut view = StoreView {
                state_dir: index,
                agent,
                key: path.to_string_lossy().into_owned(),
                profiles: Arc::default(),
                homes: Vec::new(),
                cooldowns: Vec::new(),
                standing: Standing::Missing,
                selected: options.agents.is_empty() || options.agents.contains(&normalise(&of.id)),
            };
            if state_dir.era == Era::Unclear {
                if of.dir.is_dir() {
                    view.standing = refused(UNCLEAR.0, UNCLEAR.1);
                    self.stores.push(view);
                }
                continue;
            }
            match json_store::read_sharing(&path, &mut buffer, &mut shared) {
                Ok(Some(store)) => {
                    // Two agents may share one store through a link.
                    if !seen.insert(store.id.inode) {
                        continue;
                    }
                    view.profiles = lists.share_list(store.profiles);
                    view.standing = Standing::Read;
                    self.stores.push(view);
                }
                Ok(None) if of.main => self.stores.push(view),
                Ok(None) => {}
                Err(problem) => {
                    if view.selected {
                        self.problems.push(problem);
                    }
                    view.standing = Standing::Failed;
                    self.stores.push(view);
                }
            }
        }
        crate::wipe(&mut buffer);
        self.state_dirs.push(state_dir);
    }

    /// Adds an installation whose profiles are in SQLite.
    fn add_sqlite(&mut self, state_dir: StateDir, options: &Options) {
        let index = self.state_dirs.len();
        self.problems.extend(state_dir.settings.problems.iter().cloned());
        let deadline = Instant::now() + PATIENCE;
        let (views, problems) = sqlite_layout::read(&state_dir, options.now, deadline, options.sqlite_write);
        self.problems.extend(problems);
        let mut seen = HashSet::new();
        for (agent, (of, read)) in state_dir.agents.iter().zip(views).enumerate() {
            let inode = std::fs::metadata(&read.path).ok().map(|meta| (meta.dev(), meta.ino()));
            // Two agents may share one database through a link.
            if !(of.main || of.dir.is_dir()) || inode.is_some_and(|inode| !seen.insert(inode)) {
                continue;
            }
            let standing = match read.found {
                Found::Read | Found::Missing if read.rows.profiles.is_empty() && waits(&state_dir, of) => {
                    unmigrated(&state_dir)
                }
                Found::Read => Standing::Read,
                Found::Missing if of.main => Standing::Missing,
                Found::Missing => continue,
                Found::Unknown => refused(UNKNOWN.0, UNKNOWN.1),
                Found::Failed => Standing::Failed,
            };
            self.stores.push(StoreView {
                state_dir: index,
                agent,
                key: read.path.to_string_lossy().into_owned(),
                profiles: read.rows.profiles.into(),
                homes: read.rows.homes,
                cooldowns: read.rows.cooldowns,
                standing,
                selected: options.agents.is_empty() || options.agents.contains(&normalise(&of.id)),
            });
        }
        self.state_dirs.push(state_dir);
    }

    /// The agents that see a profile in this very row: indices of the store, and of the profile in it.
    pub fn seers(&self, state_dir: usize, home: &Home, id: &str) -> impl Iterator<Item = (usize, usize)> {
        let of_dir = self.stores.iter().enumerate().filter(move |(_, store)| store.state_dir == state_dir);
        of_dir.filter_map(move |(index, store)| {
            let mut all = store.profiles.iter().zip(&store.homes);
            let at = all.position(|(profile, of)| profile.id == id && of.is_same(home))?;
            (store.standing == Standing::Read).then_some((index, at))
        })
    }

    /// Whether there is a store at all.
    #[must_use]
    pub fn has_store(&self) -> bool {
        self.stores.iter().any(|store| store.standing != Standing::Missing)
    }
}

/// Whether an agent has a JSON store that OpenClaw would have to take over first.
fn waits(state_dir: &StateDir, agent: &Agent) -> bool {
    agent.store().symlink_metadata().is_ok() || state_dir.has_shared_store() && agent.dir.join("auth.json").exists()
}

fn unmigrated(state_dir: &StateDir) -> Standing {
    let version = state_dir.version.filter(|version| *version >= Version::SQLITE);
    let name = version.map_or_else(|| "this OpenClaw".to_owned(), |version| format!("OpenClaw {version}"));
    let why = format!("{name} keeps profiles in SQLite and has none there yet, and does not read the JSON beside it");
    refused(&why, "openclaw doctor --fix takes it over")
}

fn refused(why: &str, hint: &str) -> Standing {
    Standing::Refused(Box::new(Refusal { why: why.to_owned(), hint: hint.to_owned() }))
}

const UNCLEAR: (&str, &str) = (
    "openclaw.json does not say the version, and the store may be JSON or SQLite",
    "set \"version\" for this state directory in ocsync's config (openclaw --version prints it)",
);
const UNKNOWN: (&str, &str) = (
    "it keeps profiles in SQLite in a form that is not known",
    "is there a newer ocsync? openclaw doctor looks as well",
);
