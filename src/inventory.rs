//! What is there: the sources and the stores, read once, with what could not be read.

use std::collections::HashSet;

use crate::openclaw::config::normalise;
use crate::openclaw::era::Era;
use crate::openclaw::json_store;
use crate::openclaw::layout::StateDir;
use crate::openclaw::profile::Profile;
use crate::openclaw::version::Version;
use crate::options::Options;
use crate::problem::Problem;
use crate::source::{self, Source, State};
use crate::tokens::Tokens;

/// How often everything is read again because a source has changed meanwhile.
const TRIES: u32 = 3;

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
    /// Its profiles; empty where it cannot be served.
    pub profiles: Vec<Profile>,
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
    /// It is, or may be, of the SQLite era: ocsync does not write it. Why, and what to do.
    Refused(String, String),
    /// It cannot be read; the problem is told.
    Failed,
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
            if !place.path.is_dir() {
                let message = format!("{} is no directory", place.path.display());
                let hint = "name OpenClaw's state directory with --state-dir";
                inventory.problems.push(Problem::error(crate::exit::Code::NoInput, "no-state-dir", message, hint));
                continue;
            }
            match StateDir::discover(place, &options.env) {
                Ok(state_dir) => inventory.add(state_dir, options),
                Err(problem) => inventory.problems.push(problem),
            }
        }
        inventory
    }

    fn add(&mut self, state_dir: StateDir, options: &Options) {
        let index = self.state_dirs.len();
        self.problems.extend(state_dir.settings.problems.iter().cloned());
        let mut buffer = Vec::new();
        let mut seen = HashSet::new();
        let mut tokens = Tokens::default();
        for (agent, of) in state_dir.agents.iter().enumerate() {
            let path = of.store();
            let mut view = StoreView {
                state_dir: index,
                agent,
                key: path.to_string_lossy().into_owned(),
                profiles: Vec::new(),
                standing: Standing::Missing,
                selected: options.agents.is_empty() || options.agents.contains(&normalise(&of.id)),
            };
            if let Some((why, hint)) = refusal(&state_dir) {
                if of.dir.is_dir() {
                    view.standing = Standing::Refused(why, hint);
                    self.stores.push(view);
                }
                continue;
            }
            match json_store::read_sharing(&path, &mut buffer, &mut tokens) {
                Ok(Some(store)) => {
                    // Two agents may share one store through a link.
                    if !seen.insert(store.id.inode) {
                        continue;
                    }
                    view.profiles = store.profiles;
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

    /// Whether there is a store at all.
    #[must_use]
    pub fn has_store(&self) -> bool {
        self.stores.iter().any(|store| store.standing != Standing::Missing)
    }
}

/// Why the stores of an installation are not written, and what to do; `None` for the JSON era.
fn refusal(state_dir: &StateDir) -> Option<(String, String)> {
    match state_dir.era {
        Era::Json => None,
        Era::Sqlite => {
            let why = match state_dir.version {
                Some(version) if version >= Version::SQLITE => format!("OpenClaw {version} keeps profiles in SQLite"),
                _ => "this OpenClaw keeps profiles in SQLite".to_owned(),
            };
            let hint = "this version of ocsync serves the JSON stores of OpenClaw up to 2026.6.1 only; \
                        link the profile to the CLI's own file with: openclaw secrets apply";
            Some((why, hint.to_owned()))
        }
        Era::Unclear => {
            let why = "openclaw.json does not say the version, and the store may be JSON or SQLite".to_owned();
            let hint = "set \"version\" for this state directory in ocsync's config (openclaw --version prints it)";
            Some((why, hint.to_owned()))
        }
    }
}
