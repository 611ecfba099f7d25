//! Pays the reloads that are owed, and writes the stores again into which a gateway has put old credentials back.

use std::sync::Arc;

use crate::core::decide::Decider;
use crate::model::exit::Code;
use crate::model::installation::StateDir;
use crate::model::journal::Journal;
use crate::model::kept::Kept;
use crate::model::problem::Problem;
use crate::model::source::Source;
use crate::openclaw::json::store;
use crate::settings::options::Options;
use crate::sync::deliver;
use crate::sync::reloads::{self, Paid};
use crate::sync::write_json::Job;
use crate::sys::locked::Blocked;

/// How often a run writes a store again that a gateway keeps putting back.
const ROUNDS: u32 = 3;

/// Pays what is owed to one installation, then looks at its stores once more. Gateways of 2026.2.26 to 2026.3.22 put
/// the old credential back until they have reloaded.
pub fn settle(
    journal: &mut Journal,
    dir: &StateDir,
    jobs: &[Job<'_>],
    decider: &Decider<'_>,
    sources: &[Source],
    options: &Options,
) -> Option<Problem> {
    for _ in 0..ROUNDS {
        match reloads::pay(journal, dir, options) {
            Paid::Nothing => return None,
            Paid::Failed(problem) => return Some(problem),
            Paid::Confirmed => {}
        }
        let of_dir = jobs.iter().filter(|job| std::ptr::eq(job.at.dir(), dir));
        let reverted: Vec<Job<'_>> = of_dir.filter(|job| is_reverted(job, decider)).cloned().collect();
        if reverted.is_empty() {
            return None;
        }
        reloads::owe(journal, dir);
        for result in deliver::deliver(&reverted, decider, sources, options) {
            if let Err(Blocked::Failed(problem)) = result {
                return Some(problem);
            }
        }
    }
    let message = format!("{}: the gateway keeps putting old credentials back", dir.path.display());
    Some(Problem::error(Code::Incomplete, "reverted", message, "restart the gateway"))
}

/// Whether a store that was written has to be written again.
fn is_reverted(job: &Job<'_>, decider: &Decider<'_>) -> bool {
    let (dir, agent) = (job.at.dir(), job.at.agent());
    let mut buffer = Vec::new();
    let store = store::read(&agent.store(), &mut buffer).ok().flatten();
    crate::sys::wiped::wipe(&mut buffer);
    let Some(store) = store else { return false };
    let is_lost = |(id, login): &(String, Arc<Kept>)| {
        let held = store.profiles.iter().find(|profile| profile.id == *id);
        held.is_some_and(|profile| !login.is_held_by(profile))
    };
    if job.restore.iter().any(is_lost) {
        return true;
    }
    let mut decisions =
        store.profiles.iter().map(|profile| decider.decide(dir, &agent.id, &job.at.store.key, profile));
    decisions.any(|decision| decision.is_update())
}
