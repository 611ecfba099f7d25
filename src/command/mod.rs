//! The commands, and what they have in common: parse, run, print, exit code.

pub mod check_expiry;
pub mod look;
pub mod provide;
pub mod refresh;
pub mod settings_shown;
pub mod status;
pub mod sync;

use std::io::{self, IsTerminal, Write};

use anyhow::Context as _;

use crate::core::decide::Decider;
use crate::model::exit::{Code, Tally};
use crate::model::installation::Agent;
use crate::model::installation::normalise;
use crate::model::inventory::{Inventory, StoreState};
use crate::model::journal::Journal;
use crate::model::problem::{Problem, Severity};
use crate::notify::{self, FinishedRun};
use crate::refresh::wording;
use crate::report::screen::Screen;
use crate::report::tables::tables;
use crate::report::{self, Report, Thresholds, text};
use crate::settings::cli::{Cli, Command, Common};
use crate::settings::env::Env;
use crate::settings::notify::{NotifyArgs, NotifySettings, scope};
use crate::settings::options::{self, Asked, Options};
use crate::sync::env_file;
use crate::sync::gather;
use crate::sync::items;
use crate::sync::warn;

/// Runs a command and prints its result.
///
/// # Errors
/// When the result cannot be written to standard output.
pub fn run(cli: &Cli) -> anyhow::Result<u8> {
    let common = &cli.common;
    let now = common.now.unwrap_or_else(crate::sys::clock::now);
    let (report, code) = match &cli.command {
        Command::Sync(args) => sync::run(common, args, now),
        Command::Refresh(args) => refresh::run(common, args, now),
        Command::Status(args) => status::run(common, args, now),
        Command::CheckExpiry(args) => check_expiry::run(common, args, now),
        Command::Provide(args) => return Ok(provide::run(common, args)),
    };
    let mut report = Report { exit: code as u8, ..report };
    let untold = announce(cli, &report, code, now);
    let shown: &[Severity] = match &cli.command {
        _ if common.quiet => &[Severity::Error],
        Command::Status(_) => &[Severity::Error, Severity::Standing, Severity::Warning, Severity::Note],
        _ if common.verbose => &[Severity::Error, Severity::Standing, Severity::Warning, Severity::Note],
        // A person wants to know why the code is not 0; a timer's mail is about news.
        _ if io::stderr().is_terminal() => &[Severity::Error, Severity::Standing, Severity::Note],
        _ => &[Severity::Error, Severity::Note],
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

/// Announces the run, where its command does that; returns what went wrong.
fn announce(cli: &Cli, report: &Report, code: Code, now: i64) -> Vec<Problem> {
    let Some(args) = NotifyArgs::of(&cli.command) else { return Vec::new() };
    let env = Env::of_process(cli.common.home.as_deref());
    let settings = match options::config(&cli.common, &env) {
        Ok(config) => NotifySettings::of_run(args, &config, &env),
        Err(_) => NotifySettings::of_args(args, &env),
    };
    let scope = scope(&cli.common, report.command);
    notify::tell(&settings, &FinishedRun { report, code, now, scope: &scope, env: &env })
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
