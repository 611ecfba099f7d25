//! `--test-hook`: calls the hooks with a made-up report, so that a person sees what will arrive.

use crate::model::exit::Code;
use crate::model::problem::{About, Problem};
use crate::notify::FinishedRun;
use crate::notify::event::{Event, Notice};
use crate::notify::hook;
use crate::report::Report;
use crate::settings::notify::NotifySettings;

/// Calls every hook that is set, and says what came of it.
pub fn run(settings: &NotifySettings, command: &'static str, run: &FinishedRun<'_>) -> (Report, Code) {
    let sample = Problem::note("test", "this is a test of ocsync's hooks: nothing is wrong", "");
    let summary = sample.message.clone();
    let sample = Report {
        summary: summary.clone(),
        problems: vec![sample.about(About::login("claude"))],
        ..Report::new(command, run.now)
    };
    let mut report = Report { summary, ..Report::new(command, run.now) };
    let hooks = [("on_change", &settings.on_change), ("on_problem", &settings.on_problem)];
    for (name, words) in hooks.into_iter().filter_map(|(name, words)| Some((name, words.as_ref()?))) {
        let failed = hook::call(words, &Notice::of(Event::Test), &sample, run, settings.hook_timeout);
        let failed = failed.map(|of| Problem::error(Code::Incomplete, of.code, of.message, of.hint));
        report.problems.push(failed.unwrap_or_else(|| Problem::note("test", format!("{name} was called"), "")));
    }
    if report.problems.is_empty() {
        let hint = "name one with --on-problem, or with \"hooks\" in the configuration";
        report.problems.push(Problem::error(Code::NoInput, "test", "no hook is set", hint));
    }
    let code = report.problems.iter().filter_map(|problem| problem.failure).max().unwrap_or(Code::Ok);
    (report, code)
}
