//! What `sync` and `refresh` do before they look at the stores: clean up after a run that was
//! killed, bring answers of a token endpoint that such a run has left into the CLIs' files, and put
//! there what OpenClaw has refreshed.

use std::path::Path;

use crate::command::refresh::note_in_flight;
use crate::model::exit::Tally;
use crate::model::item::Attempt;
use crate::model::item::Outcome;
use crate::model::problem::Problem;
use crate::model::source::SourceKind;
use crate::openclaw::lock::sweep;
use crate::refresh::http::{self, recovery};
use crate::refresh::{RefreshOutcome, wording};
use crate::settings::options::Options;
use crate::sync::state_file::Loaded;
use crate::sync::write_back::{self, WroteBack};
use crate::sys::fs::dir_of;

/// What was done before the stores are looked at, for the report.
#[derive(Debug, Default)]
pub struct Before {
    /// What was done about the sources.
    pub attempts: Vec<(SourceKind, Attempt)>,
    /// What was done about profiles that are ahead of their source.
    pub wrote_back: Vec<WroteBack>,
    /// What is to be told.
    pub problems: Vec<Problem>,
    /// What it does to the exit code.
    pub tally: Tally,
    /// The journal on the disk is no longer what it is here.
    pub unsaved: bool,
}

impl Before {
    /// How many CLIs' files hold new tokens.
    #[must_use]
    pub fn changed(&self) -> usize {
        let attempts = self.attempts.iter().map(|(_, attempt)| attempt.result);
        let all = attempts.chain(self.wrote_back.iter().map(|wrote| wrote.result));
        all.filter(|result| *result == Outcome::Done).count()
    }
}

/// What a dry run says of it.
#[must_use]
pub fn look(options: &Options, loaded: &mut Loaded) -> Before {
    let mut before = Before::default();
    if options.write_back {
        write_back::run(options, loaded, &mut before);
    }
    before
}

/// Cleans up and takes up.
#[must_use]
pub fn run(options: &Options, loaded: &mut Loaded) -> Before {
    let mut before = Before::default();
    let left_over = std::mem::take(&mut loaded.journal.in_flight);
    before.unsaved = !left_over.is_empty() || loaded.damaged.is_some();
    left_over.iter().for_each(|dir| sweep::sweep(Path::new(dir)));
    for kind in [SourceKind::Claude, SourceKind::Codex].into_iter().filter(|kind| options.kinds.contains(kind)) {
        take_up(kind, options, loaded, &mut before);
    }
    if options.write_back {
        write_back::run(options, loaded, &mut before);
    }
    before
}

fn take_up(kind: SourceKind, options: &Options, loaded: &mut Loaded, before: &mut Before) {
    let file = options.env.login_file(kind);
    let state_dir = dir_of(&options.state_file);
    if !recovery::is_there(state_dir, kind, &file) {
        return;
    }
    note_in_flight(&file, options, loaded);
    let came = match loaded.save(&options.state_file) {
        Ok(()) => http::take_up(kind, &file, state_dir, options.deadline, options.now),
        Err(problem) => Some(RefreshOutcome::Failed(problem)),
    };
    loaded.journal.in_flight.clear();
    before.unsaved = true;
    let attempt = |result, reason: &str| Attempt { via: "http", program: None, result, reason: reason.to_owned() };
    match came {
        Some(RefreshOutcome::Refreshed) => {
            before
                .attempts
                .push((kind, attempt(Outcome::Done, "an earlier run had got the tokens and not saved them")));
        }
        Some(RefreshOutcome::Adopted) => {
            let message =
                format!("{}: new tokens that an earlier run had not saved are of no use any more", kind.name());
            before.problems.push(Problem::note("recovery", message, ""));
        }
        Some(came) => {
            before.attempts.push((kind, attempt(Outcome::Failed, "new tokens of an earlier run are not saved yet")));
            before.problems.extend(wording::problem(kind, &came));
        }
        None => {}
    }
}
