//! Files that should not be there, and files with tokens that other users can open.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::model::installation::{Era, StateDir, state_database};
use crate::model::inventory::{Inventory, StoreState};
use crate::model::problem::Problem;
use crate::model::shell::quoted;
use crate::sync::warn::{first_of, gathered, grouped};
use crate::sys::fs::modes;

/// JSON files of earlier versions beside an OpenClaw that keeps its profiles in SQLite, and what that OpenClaw does
/// with them.
pub(super) fn leftovers(inventory: &Inventory) -> Vec<Problem> {
    let mut problems = Vec::new();
    for installation in &inventory.installations {
        let state_dir = &installation.dir;
        if state_dir.era != Era::Sqlite {
            continue;
        }
        let found = candidates(state_dir).filter(|path| path.symlink_metadata().is_ok());
        for ((), names) in grouped(found.map(|path| ((), path.display().to_string()))) {
            let empty = installation
                .stores
                .iter()
                .any(|store| matches!(store.state, StoreState::Refused(..) | StoreState::Missing));
            let late = state_dir.refuses_json();
            let made = match (late, empty) {
                (Some(true), true) => {
                    "OpenClaw from 2026.8.1 on refuses to use a provider while it waits for its import \
                     (AUTH_PROFILE_MIGRATION_REQUIRED)"
                }
                (Some(true), false) => "OpenClaw from 2026.8.1 on ignores it while the agent has profiles in SQLite",
                (Some(false), _) => "OpenClaw 2026.6.5 to 2026.7.35 ignores it without a word",
                (None, _) => {
                    "this OpenClaw ignores it, or refuses to start (from 2026.8.1 on, with an empty SQLite store)"
                }
            };
            let message = format!("{names}: JSON beside SQLite: {made}");
            let hint = "to take over what is in it, and move it away: openclaw doctor --fix";
            problems.push(Problem::warning("leftover", message, hint));
        }
    }
    problems
}

fn candidates(state_dir: &StateDir) -> impl Iterator<Item = PathBuf> {
    let of_agents = state_dir.agents.iter().flat_map(|agent| [agent.store(), agent.path("auth.json")]);
    of_agents.chain([state_dir.path.join("credentials/oauth.json")])
}

/// How many files a command names at most. There may be thousands.
const IN_A_COMMAND: usize = 8;

/// Files with tokens that other users can open, or whose owner is not the owner of the directory that they belong to.
pub(super) fn open_or_foreign(inventory: &Inventory) -> Vec<Problem> {
    let sources = inventory.sources.iter().filter(|source| source.login().is_some());
    let sources = sources.filter_map(|source| Some((source.path.clone(), source.path.parent()?.to_owned())));
    let stores = inventory.selected().filter(|at| at.store.state == StoreState::Read);
    let stores = stores.map(|at| (PathBuf::from(&*at.store.key), at.dir().path.clone()));
    let shared = inventory.installations.iter().map(|installation| &installation.dir);
    let shared = shared.filter(|state_dir| state_dir.has_shared_store());
    let shared = shared.map(|state_dir| (state_database(&state_dir.path), state_dir.path.clone()));
    let found = sources.chain(stores).chain(shared).flat_map(|(file, place)| look(&file, &place));
    let problem = |(wrong, files): (Wrong, Vec<String>)| {
        let names = first_of(&files);
        let all: Vec<_> = files.iter().take(IN_A_COMMAND).map(|name| quoted(name)).collect();
        let all = all.join(" ");
        let part = if files.len() > IN_A_COMMAND { format!("for the first {IN_A_COMMAND}: ") } else { String::new() };
        match wrong {
            Wrong::Mode(mode) => {
                let message = format!("{names}: holds tokens, and is open to other users (mode {mode:o})");
                let hint = modes::hint(&format!("{part}chmod 600 {all}"), Path::new(&files[0]));
                Problem::warning("wide-mode", message, hint)
            }
            Wrong::Owner(uid, expected) => {
                let message = format!("{names}: belongs to uid {uid}, and its directory to uid {expected}");
                Problem::warning("wrong-owner", message, format!("{part}sudo chown {expected} {all}"))
            }
        }
    };
    gathered(found).into_iter().map(problem).collect()
}

#[derive(PartialEq)]
enum Wrong {
    Mode(u32),
    Owner(u32, u32),
}

fn look(file: &Path, place: &Path) -> Vec<(Wrong, String)> {
    let meta = |path: &Path| std::fs::metadata(path).ok();
    let (Some(of_file), Some(of_place)) = (meta(file), meta(place)) else { return Vec::new() };
    let mode = of_file.mode() & 0o7777;
    let mut wrong = Vec::new();
    if mode & 0o077 != 0 {
        wrong.push(Wrong::Mode(mode));
    }
    if of_file.uid() != of_place.uid() {
        wrong.push(Wrong::Owner(of_file.uid(), of_place.uid()));
    }
    wrong.into_iter().map(|wrong| (wrong, file.display().to_string())).collect()
}
