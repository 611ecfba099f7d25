//! The reloads that are owed to gateways.
//!
//! After a delivery the gateway needs a reload. If a run is killed before that, or if the reload fails, the debt
//! stays in the journal and the next run pays it.

use std::os::unix::fs::MetadataExt;

use crate::model::installation::Era;
use crate::model::installation::StateDir;
use crate::model::journal::Journal;
use crate::model::policy::When;
use crate::model::problem::Problem;
use crate::model::record::Debt;
use crate::model::version::Version;
use crate::openclaw::gateway::reload::Unconfirmed;
use crate::openclaw::gateway::{find, reload};
use crate::settings::options::Options;

/// The result of paying the debt of one installation.
#[derive(Debug)]
pub enum Paid {
    /// There was no debt, or there is no gateway to pay it to now.
    Nothing,
    /// The gateway has confirmed the reload.
    Confirmed,
    /// The gateway has not confirmed the reload.
    Failed(Problem),
}

/// Whether the version needs a reload. A gateway up to 2026.2.23 reads the file every time, and has no reload command.
#[must_use]
pub fn is_needed(state_dir: &StateDir) -> bool {
    state_dir.version.is_none_or(|version| version >= Version::SNAPSHOT)
}

/// Notes that a reload is owed, where the version needs one.
pub fn owe(journal: &mut Journal, state_dir: &StateDir) {
    if is_needed(state_dir) {
        journal.reloads.insert(state_dir.path.to_string_lossy().into_owned(), Debt { since: None });
    }
}

/// Notes when the deliveries were done that the reloads are owed for.
pub fn date(journal: &mut Journal, now: i64) {
    for debt in journal.reloads.values_mut() {
        debt.since = debt.since.or(Some(now));
    }
}

/// Pays what is owed to one installation, if its gateway seems to run.
pub fn pay(journal: &mut Journal, state_dir: &StateDir, options: &Options) -> Paid {
    let key = state_dir.path.to_string_lossy().into_owned();
    let Some(debt) = journal.reloads.get(&key) else { return Paid::Nothing };
    let config = state_dir.settings.file.as_deref();
    if options.reload == When::Never {
        return Paid::Nothing;
    }
    let mut seems_to_run = true;
    // A gateway in a container has pids and a temporary directory of its own, so only the answer shows whether it runs.
    if options.reload == When::Auto && !state_dir.border.container {
        let owner = std::fs::metadata(&state_dir.path).map_or(0, |meta| meta.uid());
        match find::find(&state_dir.path, config, owner, &options.env, options.moment()) {
            // The debt stays. The gateway may have left its hint in another temporary directory, which this run does
            // not see.
            None if state_dir.era != Era::Sqlite => return Paid::Nothing,
            // It is not known where gateways between 2026.6.10 and 2026.9.6 leave their hint. So the run asks, and no
            // answer means that no gateway runs.
            None => seems_to_run = false,
            Some(gateway) if gateway.started > debt.since && debt.since.is_some() => {
                journal.reloads.remove(&key);
                return Paid::Nothing;
            }
            Some(_) => {}
        }
    }
    match reload::reload(&state_dir.path, config, &options.openclaw, &options.env) {
        Ok(()) => {
            journal.reloads.remove(&key);
            Paid::Confirmed
        }
        Err(Unconfirmed::Failed(_)) if !seems_to_run => Paid::Nothing,
        // The debt stays until it runs again: that it has read the new files then, nobody here can see.
        Err(Unconfirmed::Down) => Paid::Nothing,
        Err(Unconfirmed::Pending(problem) | Unconfirmed::Failed(problem)) => Paid::Failed(problem),
    }
}
