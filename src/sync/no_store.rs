//! A state directory of OpenClaw without any store: the wrong one, or one that OpenClaw has not used yet.
//!
//! A timer that lacks `OPENCLAW_STATE_DIR` finds such a directory in `~/.openclaw`. It must not say that all is well.

use std::fs;
use std::path::{Path, PathBuf};

use crate::model::agent::Agent;
use crate::model::exit::Code;
use crate::model::installation::state_database;
use crate::model::inventory::{Installation, Inventory, StoreState};
use crate::model::problem::{Problem, clean};
use crate::openclaw::install::misplaced::{NAMES, stores_below};
use crate::settings::options::Options;
use crate::sys::fs::open::is_absent;

/// How many paths of one kind a message names.
const NAMED: usize = 4;

/// One problem for each state directory without a store. It is an error where no other directory has one.
#[must_use]
pub fn no_store(inventory: &Inventory, options: &Options) -> Vec<Problem> {
    let (with, without): (Vec<_>, Vec<_>) = inventory.installations.iter().partition(|of| has_store(of));
    // `--create` makes the first store.
    let is_error = with.is_empty() && !options.create;
    let hint = "name OpenClaw's state directory with --state-dir, or set OPENCLAW_STATE_DIR as its gateway has it";
    let problem = |of: &Installation| {
        let message = message(of);
        if is_error {
            Problem::error(Code::NoInput, "no-store", message, hint)
        } else {
            Problem::warning("no-store", message, hint)
        }
    };
    without.into_iter().map(problem).collect()
}

/// Whether there is a store that OpenClaw has written: also one that cannot be served, or that counts elsewhere.
fn has_store(installation: &Installation) -> bool {
    installation.stores().any(|at| at.store.state == StoreState::Read)
        || installation
            .dir
            .agents
            .iter()
            .any(|agent| [agent.store(), agent.database()].iter().any(|path| size(path) > Some(0)))
}

/// The size of a file, `None` where there is none. A file that cannot be looked at is there.
fn size(path: &Path) -> Option<u64> {
    match fs::metadata(path) {
        Ok(meta) => Some(meta.len()),
        Err(error) if is_absent(&error) => None,
        Err(_) => Some(u64::MAX),
    }
}

fn message(of: &Installation) -> String {
    let dir = &of.dir;
    let places: Vec<PathBuf> = dir.agents.iter().map(Agent::dir).collect();
    let at_place = dir.agents.iter().flat_map(|agent| [agent.store(), agent.database()]);
    let empty = at_place.chain([state_database(&dir.path)]).filter(|path| size(path) == Some(0)).collect();
    let mut elsewhere = stores_below(&dir.path);
    elsewhere.retain(|path| path.parent().is_none_or(|parent| !places.iter().any(|place| place == parent)));
    let mut text = format!("{} holds no store of OpenClaw's", dir.path.display());
    for (what, paths) in [
        (format!(": looked for {} in", NAMES.join(" and ")), places),
        ("; empty:".to_owned(), empty),
        ("; OpenClaw does not look at".to_owned(), elsewhere),
    ] {
        if let Some(paths) = first_of(&paths) {
            text.extend([&*what, " ", &*paths]);
        }
    }
    text
}

/// The first of some paths, and how many more there are; `None` where there is none.
fn first_of(paths: &[PathBuf]) -> Option<String> {
    let more = paths.len().saturating_sub(NAMED);
    let shown: Vec<String> = paths.iter().take(NAMED).map(|path| clean(&path.to_string_lossy())).collect();
    match (shown.is_empty(), more) {
        (true, _) => None,
        (false, 0) => Some(shown.join(", ")),
        (false, more) => Some(format!("{} and {more} more", shown.join(", "))),
    }
}
