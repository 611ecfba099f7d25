//! Reloads that are owed: after a delivery, the gateway must be told, and a run that was killed
//! in between, or whose reload failed, leaves the debt to the next.

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

/// What came of the debt of one installation.
#[derive(Debug)]
pub enum Paid {
    /// There was none, or nobody to pay it to now.
    Nothing,
    /// The gateway has confirmed.
    Confirmed,
    /// It has not.
    Failed(Problem),
}

/// Notes that a reload is owed, where the version needs one.
pub fn owe(journal: &mut Journal, state_dir: &StateDir) {
    // Up to 2026.2.23 a gateway reads the file every time, and has no such command.
    if state_dir.version.is_none_or(|version| version >= Version::SNAPSHOT) {
        journal.reloads.insert(state_dir.path.to_string_lossy().into_owned(), Debt { since: None });
    }
}

/// Notes that the deliveries which reloads are owed for are done by now.
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
    if options.reload == When::Auto {
        let owner = std::fs::metadata(&state_dir.path).map_or(0, |meta| meta.uid());
        match find::find(&state_dir.path, config, owner, &options.env) {
            // The debt stays: a hint may be out of sight, in another temporary directory.
            None if state_dir.era != Era::Sqlite => return Paid::Nothing,
            // Where gateways between 2026.6.10 and 2026.9.6 leave theirs was not looked at: ask, and take no
            // answer for none there.
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
        Err(Unconfirmed::Pending(problem) | Unconfirmed::Failed(problem)) => Paid::Failed(problem),
    }
}
