//! Prints the result of a command: the report to stdout, and the problems to stderr.

use std::io::{self, Write};

use anyhow::Context as _;

use crate::command::{check_expiry, config_check, status};
use crate::model::exit::Code;
use crate::model::problem::{NOBODY_RENEWS, Problem, Severity};
use crate::report::explained::explained;
use crate::report::line::line;
use crate::report::screen::{Clock, Screen};
use crate::report::tables::tables;
use crate::report::{Report, past, text};
use crate::settings::cli::{Cli, Command};
use crate::settings::env::Env;
use crate::sys::clock;

/// Prints a report. `not_announced` is what went wrong when the run was announced.
///
/// # Errors
/// When the result cannot be written to standard output. A closed pipe is no error.
pub(super) fn print(
    cli: &Cli,
    report: &mut Report,
    not_announced: Vec<Problem>,
    code: Code,
    now: i64,
) -> anyhow::Result<()> {
    let common = &cli.common;
    let env = Env::of_process(None);
    let (screen, aside) =
        (Screen::of(io::stdout(), common.color, &env), Screen::of(io::stderr(), common.color, &env));
    let local = matches!(&cli.command, Command::Status(args) if args.local).then_some(clock::local as Clock);
    let screen = Screen { local, ..screen };
    let shown = severities(cli, code);
    let mut problems = text::problems(&report.problems, shown, &aside);
    if shown.is_empty() {
        let is_new = |problem: &&Problem| problem.code == NOBODY_RENEWS && !problem.printed;
        let lasting: Vec<Problem> = report.problems.iter().filter(is_new).cloned().collect();
        problems += &text::problems(&lasting, &[Severity::Error], &aside);
    }
    let is_silent = matches!(code, Code::Ok | Code::Expiring | Code::Drift | Code::Busy);
    if common.quiet && !is_silent && problems.is_empty() {
        // A failure that an earlier run has reported is no error any more, and it is still the reason of this code.
        problems = text::problems(&report.problems, &[Severity::Standing], &aside);
    }
    if !common.quiet {
        // A person waits for a message that will not come, so this is printed also where other warnings are not.
        problems += &text::problems(&not_announced, &[Severity::Warning], &aside);
    }
    if matches!(cli.command, Command::CheckExpiry(_)) && common.quiet && !is_silent {
        // With `-q` its line is not on stdout.
        let line = Problem::drift("result", line(report, now), "");
        problems += &text::problems(&[line], &[Severity::Standing], &aside);
    }
    report.problems.extend(not_announced);
    let result = render(report, cli, now, &screen)?;
    if aside.known && matches!(cli.command, Command::Status(_)) && !result.is_empty() && !problems.is_empty() {
        problems.insert(0, '\n');
    }
    let printed = write_all(io::stdout(), &result);
    // If stderr is closed, there is no other place to report that.
    let _ = write_all(io::stderr(), &problems);
    match printed {
        // The reader has closed the pipe, for example `head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed.context("cannot write to standard output"),
    }
}

/// The severities that are printed.
fn severities(cli: &Cli, code: Code) -> &'static [Severity] {
    match &cli.command {
        // With `-q` a person wants to know what is broken, and not what waits.
        _ if cli.common.quiet && matches!(code, Code::Expiring | Code::Drift | Code::Busy) => &[],
        _ if cli.common.quiet => &[Severity::Error],
        Command::Status(_) => &[Severity::Error, Severity::Standing, Severity::Warning, Severity::Note],
        _ if cli.common.verbose => &[Severity::Error, Severity::Standing, Severity::Warning, Severity::Note],
        // Its one line on stdout says why.
        Command::CheckExpiry(_) => &[Severity::Error, Severity::Note],
        // No code but 0 goes without its reason, under cron as on a terminal.
        _ => &[Severity::Error, Severity::Standing, Severity::Note],
    }
}

/// The text for stdout.
fn render(report: &Report, cli: &Cli, now: i64, screen: &Screen) -> anyhow::Result<String> {
    Ok(match &cli.command {
        _ if cli.common.json => report.json()?,
        Command::CheckExpiry(args) => check_expiry::render(report, args, cli.common.quiet, now)?,
        _ if cli.common.quiet => String::new(),
        Command::Sync(_) | Command::Refresh(_) => {
            text::sync(report, now, cli.common.verbose)
                + &text::consequences(&report.consequences)
                + &text::exported(&report.exported)
        }
        Command::Status(_) if report.configuration.is_some() => {
            report.configuration.as_ref().map_or_else(String::new, config_check::line)
        }
        Command::Status(_) if report.history.is_some() => {
            past::table(report.history.as_deref().unwrap_or_default(), now, screen)
        }
        Command::Status(args) if args.profile.is_some() => explained(report, now, screen),
        Command::Status(args) => tables(report, now, status::shown(args, cli.common.verbose), screen),
        // `provide` prints its answer itself.
        Command::Provide(_) => String::new(),
    })
}

fn write_all(mut stream: impl Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes()).and_then(|()| stream.flush())
}
