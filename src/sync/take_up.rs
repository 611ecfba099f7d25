//! Cleans up after a run that was killed.
//!
//! Such a run may have got new tokens from a token endpoint without saving them in the CLI's file. They are in a
//! recovery file, and this module saves them.

use std::path::Path;

use crate::model::item::{Attempt, Outcome};
use crate::model::problem::Problem;
use crate::model::reason::Reason;
use crate::model::source::SourceKind;
use crate::model::source_id::SourceId;
use crate::openclaw::lock::sweep;
use crate::refresh::http::{self, recovery};
use crate::refresh::{RefreshOutcome, wording};
use crate::settings::options::Options;
use crate::sync::opening::Opening;
use crate::sync::state_file::JournalFile;
use crate::sys::fs::dir_of;

/// Sweeps the directories that a killed run worked in, then saves the tokens that it left.
pub fn run(options: &Options, memory: &mut JournalFile, opening: &mut Opening) {
    let left_over = std::mem::take(&mut memory.journal.in_flight);
    opening.unsaved = !left_over.is_empty() || memory.is_damaged();
    left_over.iter().for_each(|dir| sweep::sweep(Path::new(dir), options.deadline));
    // What could not be swept before the deadline is left to the next run.
    memory.journal.in_flight = left_over.into_iter().filter(|dir| sweep::is_left(Path::new(dir))).collect();
    let has_endpoint = |id: &&SourceId| matches!(id.kind, SourceKind::Claude | SourceKind::Codex);
    for id in options.logins.iter().filter(has_endpoint) {
        take_up(*id, options, memory, opening);
    }
}

/// Saves the tokens in the recovery file of one source, if there is one.
fn take_up(id: SourceId, options: &Options, memory: &mut JournalFile, opening: &mut Opening) {
    let file = options.env.login_file(id);
    let state_dir = dir_of(&options.state_file);
    if !recovery::is_there(state_dir, id.kind, &file) {
        return;
    }
    let work = || http::take_up(id, &file, state_dir, options.deadline);
    let outcome = memory.at_work(&file, work).unwrap_or_else(|problem| Some(RefreshOutcome::Failed(problem)));
    opening.unsaved = true;
    let attempt = |result, reason: Reason| {
        let reason = reason.pattern().to_owned();
        (id, Attempt { via: "http", program: None, result, reason })
    };
    match outcome {
        Some(RefreshOutcome::Refreshed) => {
            opening.attempts.push(attempt(Outcome::Done, Reason::RecoverySaved));
        }
        Some(RefreshOutcome::Adopted) => {
            let message = format!("{}: new tokens that an earlier run had not saved are of no use any more", id.name);
            opening.problems.push(Problem::note("recovery", message, ""));
        }
        Some(outcome) => {
            opening.attempts.push(attempt(Outcome::Failed, Reason::RecoveryWaits));
            opening.problems.extend(wording::problem(id, &file, &outcome));
        }
        None => {}
    }
}
