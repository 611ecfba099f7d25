//! The commands, and what they have in common: parse, run, print, exit code.

pub mod check_expiry;
pub mod look;
pub mod provide;
pub mod settings_shown;
pub mod status;
pub mod sync;
pub mod usage;

use std::io::{self, Write};

use anyhow::Context as _;

use crate::model::exit::Code;
use crate::model::problem::{Problem, Severity};
use crate::notify::{self, FinishedRun};
use crate::report::screen::Screen;
use crate::report::tables::tables;
use crate::report::{Report, text};
use crate::settings::cli::{Cli, Command};
use crate::settings::env::Env;
use crate::settings::notify::{NotifyArgs, NotifySettings, scope};
use crate::settings::options::Options;
use crate::sync::Verb;

/// Runs a command and prints its result.
///
/// # Errors
/// When the result cannot be written to standard output.
pub fn run(cli: &Cli) -> anyhow::Result<u8> {
    let common = &cli.common;
    let now = common.now.unwrap_or_else(crate::sys::clock::now);
    if let Command::Provide(args) = &cli.command {
        return Ok(provide::run(common, args));
    }
    let options = Options::of(cli, now);
    let (report, code) = match &options {
        Ok(options) => carry_out(cli, options),
        Err(unusable) => not_begun(cli, now, &unusable.problem),
    };
    let mut report = Report { exit: code as u8, ..report };
    let untold = match &options {
        Ok(options) => announce(cli, &options.notify, &options.env, &report, code, now),
        Err(unusable) => announce(cli, &unusable.notify, &unusable.env, &report, code, now),
    };
    let shown: &[Severity] = match &cli.command {
        // Somebody who asks for silence wants to hear of what is broken, not of what waits.
        _ if common.quiet && matches!(code, Code::Expiring | Code::Drift | Code::Busy) => &[],
        _ if common.quiet => &[Severity::Error],
        Command::Status(_) => &[Severity::Error, Severity::Standing, Severity::Warning, Severity::Note],
        // Its one line on stdout says why.
        Command::CheckExpiry(_) if !common.verbose => &[Severity::Error, Severity::Note],
        _ if common.verbose => &[Severity::Error, Severity::Standing, Severity::Warning, Severity::Note],
        _ => &[Severity::Error, Severity::Standing, Severity::Note],
    };
    let env = Env::of_process(None);
    let (screen, aside) =
        (Screen::of(io::stdout(), common.color, &env), Screen::of(io::stderr(), common.color, &env));
    let mut problems = text::problems(&report.problems, shown, &aside);
    if !common.quiet {
        // Somebody waits for news who will not get it: this is news.
        problems += &text::problems(&untold, &[Severity::Warning], &aside);
    }
    report.problems.extend(untold);
    let exit = match &cli.command {
        Command::CheckExpiry(args) => check_expiry::exit(args, code),
        _ => code as u8,
    };
    let result = render(&report, cli, now, &screen)?;
    if aside.known && matches!(cli.command, Command::Status(_)) && !result.is_empty() && !problems.is_empty() {
        problems.insert(0, '\n');
    }
    let printed = write_all(io::stdout(), &result);
    // With stderr closed there is nobody left to tell.
    let _ = write_all(io::stderr(), &problems);
    match printed {
        // Whoever reads has had enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(exit),
        Err(error) => Err(error).context("cannot write to standard output"),
        Ok(()) => Ok(exit),
    }
}

fn carry_out(cli: &Cli, options: &Options) -> (Report, Code) {
    match &cli.command {
        Command::Sync(_) => sync::run(Verb::Sync, options),
        Command::Refresh(_) => sync::run(Verb::Refresh, options),
        Command::Status(args) => status::run(options, args),
        Command::CheckExpiry(args) => check_expiry::run(options, args),
        Command::Provide(_) => (Report::new("provide", options.policy.now), Code::Ok),
    }
}

/// The report of a run without usable options.
fn not_begun(cli: &Cli, now: i64, problem: &Problem) -> (Report, Code) {
    match &cli.command {
        Command::Sync(_) => stopped("sync", now, problem.clone()),
        Command::Refresh(_) => stopped("refresh", now, problem.clone()),
        Command::Status(_) => stopped("status", now, problem.clone()),
        Command::CheckExpiry(args) => check_expiry::unusable(args, now, problem.clone()),
        Command::Provide(_) => stopped("provide", now, problem.clone()),
    }
}

/// Announces the run, where its command does that; returns what went wrong.
fn announce(cli: &Cli, settings: &NotifySettings, env: &Env, report: &Report, code: Code, now: i64) -> Vec<Problem> {
    if NotifyArgs::of(&cli.command).is_none() {
        return Vec::new();
    }
    let scope = scope(&cli.common, report.command);
    notify::tell(settings, &FinishedRun { report, code, now, narrowed: is_narrowed(cli), scope: &scope, env })
}

/// Whether a run was asked to look at some sources, agents or profiles alone.
fn is_narrowed(cli: &Cli) -> bool {
    let profiles = match &cli.command {
        Command::CheckExpiry(args) => !args.profile.is_empty(),
        _ => false,
    };
    profiles || !cli.common.source.is_empty() || !cli.common.agent.is_empty()
}

fn render(report: &Report, cli: &Cli, now: i64, screen: &Screen) -> anyhow::Result<String> {
    Ok(match &cli.command {
        _ if cli.common.json => report.json()?,
        Command::CheckExpiry(args) => check_expiry::render(report, args, cli.common.quiet, now)?,
        _ if cli.common.quiet => String::new(),
        Command::Sync(_) | Command::Refresh(_) => {
            text::sync(report, now, cli.common.verbose) + &text::exported(&report.exported)
        }
        Command::Status(args) => tables(report, now, status::shown(args, cli.common.verbose), screen),
        // It has answered in its own form.
        Command::Provide(_) => String::new(),
    })
}

fn write_all(mut stream: impl Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes()).and_then(|()| stream.flush())
}

/// The report of a run that could not begin.
fn stopped(command: &'static str, now: i64, problem: Problem) -> (Report, Code) {
    let code = problem.failure.unwrap_or(Code::Internal);
    let mut report = Report::new(command, now);
    report.problems.push(problem);
    (report, code)
}
