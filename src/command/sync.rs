//! `ocsync sync`: brings every store in step with the CLIs' logins.

use crate::command::stopped;
use crate::model::exit::Code;
use crate::report::{Report, Thresholds, rows};
use crate::settings::cli::{Common, Sync};
use crate::settings::options::{Asked, Options};
use crate::sync::{self, Passed, Verb};

/// Runs `sync`.
#[must_use]
pub fn run(common: &Common, args: &Sync, now: i64) -> (Report, Code) {
    pass(Verb::Sync, common, Asked::Sync(args), now)
}

/// Runs a pass and reports it.
pub(super) fn pass(verb: Verb, common: &Common, asked: Asked<'_>, now: i64) -> (Report, Code) {
    let command = if verb == Verb::Sync { "sync" } else { "refresh" };
    let passed = Options::new(common, asked, now)
        .and_then(|options| sync::run(verb, &options, |passed| (report(command, &passed, now), passed.code)));
    match passed {
        Ok(Some(done)) => done,
        Ok(None) => (Report::new(command, now), Code::Busy),
        Err(problem) => stopped(command, now, problem),
    }
}

fn report(command: &'static str, passed: &Passed<'_>, now: i64) -> Report {
    let thresholds = Thresholds::default();
    let mut sources = rows::of_sources(&passed.inventory.sources, now, thresholds);
    for (kind, attempt) in &passed.attempts {
        let row = sources.iter_mut().find(|row| row.source == kind.name());
        row.into_iter().for_each(|row| row.attempt = Some(attempt.clone()));
    }
    Report {
        sources,
        profiles: rows::of(&passed.items, passed.inventory, passed.decider, now, thresholds.within),
        exported: passed.exported.iter().cloned().collect(),
        problems: passed.problems.clone(),
        changed: passed.changed,
        ..Report::new(command, now)
    }
}
