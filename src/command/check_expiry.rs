//! `ocsync check-expiry`: one line and an exit code, in a form for people or for monitoring. It writes nothing but
//! the textfile of `--textfile`.
//!
//! It counts the expiry of the access token itself: a refresh token does not hide an access token that has ended. The
//! output says whether it can still be refreshed.

use crate::command::look::{self, Extra, Look, Seen, look};
use crate::model::exit::{Code, Tally};
use crate::model::problem::Problem;
use crate::report::line::line;
use crate::report::{Report, SourceRow, Thresholds, nagios, prometheus};
use crate::settings::cli::{CheckExpiry, Format};
use crate::settings::options::Options;
use crate::sync::warn::clock;
use crate::sys::fs::publish::publish;

/// Looks and reports. Only expiry counts here: `status` reports drift.
pub fn run(options: &Options, args: &CheckExpiry) -> (Report, Code) {
    of(options, args, &mut look::read(options))
}

/// Reports what was read.
pub fn of(options: &Options, args: &CheckExpiry, seen: &mut Seen) -> (Report, Code) {
    let extra =
        Extra { only: &args.profile, target: None, strict: true, problems: &|_| Vec::new(), notes: &|_| Vec::new() };
    let Look { mut report, mut tally, names_absent, .. } =
        look("check-expiry", options, thresholds(args), &extra, seen);
    report.asked_within = args.within.is_some();
    let nothing = !report.sources.iter().any(SourceRow::counts)
        && report.profiles.iter().all(|row| row.finding.checked().is_none());
    // What is not there, or cannot be judged, must not read as "all is well", whatever else is.
    let unset = report.problems.iter_mut().find(|problem| problem.code == clock::CODE);
    let absent = names_absent || (nothing && tally.code() == Code::Ok) || unset.is_some();
    if let Some(problem) = unset {
        let Problem { code, message, hint, .. } = problem.clone();
        *problem = Problem::error(Code::NoInput, code, message, hint);
    }
    let code = |tally: &Tally| match tally.code() {
        // What has ended is worse than what is missing.
        Code::LoginNeeded => Code::LoginNeeded,
        _ if absent => Code::NoInput,
        code => code,
    };
    let failure = textfile(&mut report, code(&tally), args, options.policy.now);
    failure.into_iter().for_each(|code| tally.failure(code));
    let code = code(&tally);
    (report, code)
}

/// The report of a run that could not begin.
pub fn unusable(args: &CheckExpiry, now: i64, problem: Problem) -> (Report, Code) {
    let (mut report, code) = Report::stopped("check-expiry", now, problem);
    textfile(&mut report, code, args, now);
    (report, code)
}

/// The result in the form that the command line asks for.
///
/// # Errors
/// None that is known.
pub fn render(report: &Report, args: &CheckExpiry, quiet: bool, now: i64) -> anyhow::Result<String> {
    Ok(match args.format.unwrap_or_default() {
        Format::Json => report.json()?,
        Format::Nagios => nagios::render(report, thresholds(args), now),
        Format::Prometheus => prometheus::render(report, now),
        Format::Text if quiet => String::new(),
        Format::Text => line(report, now) + "\n",
    })
}

/// The exit code. Monitoring has codes of its own.
pub fn exit(args: &CheckExpiry, report: &Report, code: Code) -> u8 {
    if args.format == Some(Format::Nagios) { nagios::of(report, code as u8) as u8 } else { code as u8 }
}

fn thresholds(args: &CheckExpiry) -> Thresholds {
    Thresholds { within: args.within, login_within: args.login_within }
}

/// Writes the metrics of `--textfile`, also for a run that could not begin. Otherwise old metrics would look like
/// fresh ones. Returns the code of a failure.
fn textfile(report: &mut Report, code: Code, args: &CheckExpiry, now: i64) -> Option<Code> {
    let path = args.textfile.as_ref()?;
    report.exit = code as u8;
    let problem: Problem = publish(path, &prometheus::render(report, now)).err()?;
    let failure = problem.failure;
    report.problems.push(problem);
    failure
}
