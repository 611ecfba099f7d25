//! `ocsync sync` and `ocsync refresh`: bring every store in step with the CLIs' logins.

use crate::model::exit::Code;
use crate::report::{Report, Thresholds, rows};
use crate::settings::options::Options;
use crate::sync::{self, Passed, Verb};

/// Runs a pass and reports it.
pub fn run(verb: Verb, options: &Options) -> (Report, Code) {
    match sync::run(verb, options, |passed| (passed.code, report(verb, passed, options.policy.now))) {
        Ok(Some((code, report))) => (report, code),
        Ok(None) => (Report::new(verb.name(), options.policy.now), Code::Busy),
        Err(problem) => Report::stopped(verb.name(), options.policy.now, problem),
    }
}

/// The report of a pass.
fn report(verb: Verb, passed: Passed<'_>, now: i64) -> Report {
    let thresholds = Thresholds::default();
    let mut sources = rows::of_sources(&passed.inventory.sources, now, thresholds);
    for (id, attempt) in &passed.attempts {
        let row = sources.iter_mut().find(|row| row.source == id.name);
        row.into_iter().for_each(|row| row.attempt = Some(attempt.clone()));
    }
    Report {
        sources,
        profiles: rows::of(passed.items, passed.inventory, passed.decider, now, thresholds),
        consequences: passed.consequences,
        exported: passed.exported.into_iter().collect(),
        problems: passed.problems,
        changed: passed.changed,
        ..Report::new(verb.name(), now)
    }
}
