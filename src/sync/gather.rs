//! Reads what is there: the sources and the stores, once, with what could not be read.

use std::collections::HashSet;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::model::installation::Era;
use crate::model::installation::normalise;
use crate::model::installation::{Agent, StateDir};
use crate::model::inventory::{Inventory, Refusal, Store, StoreState};
use crate::model::problem::Problem;
use crate::model::recent::Recent;
use crate::model::source::{Source, SourceState};
use crate::model::version::Version;
use crate::openclaw::install::discover::discover;
use crate::openclaw::json::store;
use crate::openclaw::json::store_text::Shared;
use crate::openclaw::sqlite::view::{self, ViewState};
use crate::settings::options::Options;
use crate::source;
use crate::sys::fs::read::is_absent;

/// How often everything is read again because a source has changed meanwhile.
const TRIES: u32 = 3;
/// How long databases that are locked are waited for, all together.
const PATIENCE: Duration = Duration::from_secs(2);

/// Reads everything. Nothing is written, nothing is started (but macOS's `security`, where
/// the Keychain is turned on).
///
/// A CLI may rotate its tokens while the stores are read, and another run deliver them: then
/// a profile would seem to hold what its source has never had. So the sources are read once
/// more at the end, and everything again when they have changed.
#[must_use]
pub fn gather(options: &Options) -> Inventory {
    let mut sources = source::read_all(&options.env, &options.kinds);
    for _ in 0..TRIES {
        let inventory = with(sources, options);
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
    with(sources, options)
}

fn with(sources: Vec<Source>, options: &Options) -> Inventory {
    let mut inventory = Inventory {
        sources,
        state_dirs: Vec::with_capacity(options.places.len()),
        stores: Vec::new(),
        problems: options.env.problems(),
    };
    for source in &inventory.sources {
        inventory.problems.extend(source.problems.iter().cloned());
        if let SourceState::Unreadable(problem) = &source.state {
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
            inventory.problems.push(Problem::error(crate::model::exit::Code::NoInput, "no-state-dir", message, hint));
            continue;
        }
        match discover(place, &options.env) {
            Ok(state_dir) if state_dir.era == Era::Sqlite => add_sqlite(&mut inventory, state_dir, options),
            Ok(state_dir) => add_json(&mut inventory, state_dir, options),
            Err(problem) => inventory.problems.push(problem),
        }
    }
    inventory
}

fn add_json(inventory: &mut Inventory, state_dir: StateDir, options: &Options) {
    let index = inventory.state_dirs.len();
    inventory.problems.extend(state_dir.settings.problems.iter().cloned());
    inventory.stores.reserve(state_dir.agents.len());
    let mut buffer = Vec::new();
    let mut seen = HashSet::new();
    let (mut shared, mut lists) = (Shared::default(), Recent::default());
    for (agent, of) in state_dir.agents.iter().enumerate() {
        let path = of.store();
        let mut view = Store {
            state_dir: index,
            agent,
            key: path.to_string_lossy().into_owned(),
            profiles: Arc::default(),
            homes: Vec::new(),
            cooldowns: Vec::new(),
            state: StoreState::Missing,
            selected: options.agents.is_empty() || options.agents.contains(&normalise(&of.id)),
        };
        if state_dir.era == Era::Unclear {
            if of.dir.is_dir() {
                view.state = refused(UNCLEAR.0, UNCLEAR.1);
                inventory.stores.push(view);
            }
            continue;
        }
        match store::read_sharing(&path, &mut buffer, &mut shared) {
            Ok(Some(store)) => {
                // Two agents may share one store through a link.
                if !seen.insert(store.id.inode) {
                    continue;
                }
                view.profiles = lists.share_list(store.profiles);
                view.state = StoreState::Read;
                inventory.stores.push(view);
            }
            Ok(None) if of.main => inventory.stores.push(view),
            Ok(None) => {}
            Err(problem) => {
                if view.selected {
                    inventory.problems.push(problem);
                }
                view.state = StoreState::Failed;
                inventory.stores.push(view);
            }
        }
    }
    crate::sys::wipe(&mut buffer);
    inventory.state_dirs.push(state_dir);
}

/// Adds an installation whose profiles are in SQLite.
fn add_sqlite(inventory: &mut Inventory, state_dir: StateDir, options: &Options) {
    let index = inventory.state_dirs.len();
    inventory.problems.extend(state_dir.settings.problems.iter().cloned());
    let deadline = Instant::now() + PATIENCE;
    let (views, problems) = view::read(&state_dir, options.now, deadline, options.sqlite_write);
    inventory.problems.extend(problems);
    let mut seen = HashSet::new();
    for (agent, (of, read)) in state_dir.agents.iter().zip(views).enumerate() {
        let inode = std::fs::metadata(&read.path).ok().map(|meta| (meta.dev(), meta.ino()));
        // Two agents may share one database through a link.
        if !(of.main || of.dir.is_dir()) || inode.is_some_and(|inode| !seen.insert(inode)) {
            continue;
        }
        let state = match read.state {
            ViewState::Read | ViewState::Missing if read.rows.profiles.is_empty() && waits(&state_dir, of) => {
                unmigrated(&state_dir)
            }
            ViewState::Read => StoreState::Read,
            ViewState::Missing if of.main => StoreState::Missing,
            ViewState::Missing => continue,
            ViewState::Unknown => refused(UNKNOWN.0, UNKNOWN.1),
            ViewState::Failed => StoreState::Failed,
        };
        inventory.stores.push(Store {
            state_dir: index,
            agent,
            key: read.path.to_string_lossy().into_owned(),
            profiles: read.rows.profiles.into(),
            homes: read.rows.homes,
            cooldowns: read.rows.cooldowns,
            state,
            selected: options.agents.is_empty() || options.agents.contains(&normalise(&of.id)),
        });
    }
    inventory.state_dirs.push(state_dir);
}

/// Whether an agent has a JSON store that OpenClaw would have to take over first.
fn waits(state_dir: &StateDir, agent: &Agent) -> bool {
    agent.store().symlink_metadata().is_ok() || state_dir.has_shared_store() && agent.dir.join("auth.json").exists()
}

fn unmigrated(state_dir: &StateDir) -> StoreState {
    let version = state_dir.version.filter(|version| *version >= Version::SQLITE);
    let name = version.map_or_else(|| "this OpenClaw".to_owned(), |version| format!("OpenClaw {version}"));
    let why = format!("{name} keeps profiles in SQLite and has none there yet, and does not read the JSON beside it");
    refused(&why, "openclaw doctor --fix takes it over")
}

fn refused(why: &str, hint: &str) -> StoreState {
    StoreState::Refused(Box::new(Refusal { why: why.to_owned(), hint: hint.to_owned() }))
}

const UNCLEAR: (&str, &str) = (
    "openclaw.json does not say the version, and the store may be JSON or SQLite",
    "set \"version\" for this state directory in ocsync's config (openclaw --version prints it)",
);
const UNKNOWN: (&str, &str) = (
    "it keeps profiles in SQLite in a form that is not known",
    "is there a newer ocsync? openclaw doctor looks as well",
);
