//! What can keep a gateway from using a delivery: locks, reloads that are not confirmed, and a configuration that
//! asks the wrong address.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::model::installation::Era;
use crate::model::installation::StateDir;
use crate::model::inventory::Inventory;
use crate::model::problem::Problem;
use crate::model::time::{span, utc};
use crate::openclaw::gateway::find;
use crate::openclaw::lock::judge::{LockState, judge};
use crate::sync::deliver;
use crate::sync::warn::Inspection;
use crate::sys::fs::spot::Spot;

/// The locks that earlier runs have found in the way and that are still there.
pub(super) fn locks(inspection: &Inspection<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for at in inspection.inventory.selected() {
        let store = at.store;
        let Some(seen) = inspection.journal.stores.get(&store.key).and_then(|record| record.lock.as_ref()) else {
            continue;
        };
        let path = format!("{}.lock", store.key);
        let container = at.dir().border.container;
        let state = Spot::of(Path::new(&path)).map(|spot| judge(&spot, container));
        if !matches!(state, Ok(LockState::Held(identity)) if identity == seen.identity) {
            continue;
        }
        let runs = if seen.runs == 1 { "1 run".to_owned() } else { format!("{} runs", seen.runs) };
        let age = span(inspection.options.policy.now.saturating_sub(seen.since));
        let message = format!("{path} has blocked {runs}, first {age} ago, and is still held");
        problems.push(if deliver::is_stuck(seen, inspection.options.policy.now) {
            Problem::warning("stuck-lock", message, deliver::STUCK_HINT)
        } else {
            Problem::warning("busy", message, "the next ocsync sync tries again")
        });
    }
    problems
}

/// The reloads that are owed to gateways.
pub(super) fn owed(inspection: &Inspection<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for state_dir in inspection.inventory.installations.iter().map(|installation| &installation.dir) {
        let path = state_dir.path.to_string_lossy();
        let Some(debt) = inspection.journal.reloads.get(path.as_ref()) else { continue };
        let owner = std::fs::metadata(&state_dir.path).map_or(0, |meta| meta.uid());
        let running = find::find(
            &state_dir.path,
            state_dir.settings.file.as_deref(),
            owner,
            &inspection.options.env,
            inspection.options.moment(),
        );
        let since = debt.since.and_then(utc).map_or_else(String::new, |date| format!(" since {date} UTC"));
        problems.push(match running {
            // This gateway was started after the delivery, so it has read the new files.
            Some(gateway) if debt.since.is_some() && gateway.started > debt.since => continue,
            Some(_) => Problem::warning(
                "reload-owed",
                format!("{path}: its gateway has not confirmed what was delivered{since}"),
                "the next ocsync sync tells it again; a restart of the gateway does as well",
            ),
            None => Problem::note(
                "reload-owed",
                format!("{path}: no gateway seems to run, so ocsync has told none about its deliveries{since}"),
                "if one does run: openclaw secrets reload",
            ),
        });
    }
    problems
}

/// Configurations that name Anthropic as a provider of their own. OpenClaw's documentation says that the requested
/// path has `/v1` twice then. That depends on `api`: 2026.6.10 and 2026.9.6 request the same path with and without
/// it.
pub(super) fn own_anthropic(inventory: &Inventory) -> Vec<Problem> {
    let is_named = |state_dir: &&StateDir| state_dir.settings.own_anthropic && state_dir.era != Era::Sqlite;
    let named = inventory.installations.iter().map(|installation| &installation.dir).filter(is_named);
    let problem = |state_dir: &StateDir| {
        let file = state_dir.settings.file.as_deref().unwrap_or(&state_dir.path).display();
        let message = format!(
            "{file}: models.providers has an entry \"anthropic\", and OpenClaw's documentation warns of that (404)"
        );
        Problem::warning("own-anthropic", message, "remove that entry: OpenClaw knows this provider by itself")
    };
    named.map(problem).collect()
}
