//! The commands: they call the other rooms, and print what those have found and done.
//!
//! - `sync` - `ocsync sync` and `ocsync refresh`
//! - `status` - `ocsync status`
//! - `check_expiry` - `ocsync check-expiry`
//! - `config_check` - `ocsync status --config-check`
//! - `look` - what `status` and `check-expiry` share
//! - `one_profile` - what `status PROFILE` looks at
//! - `settings_shown` - the settings that `status -v` prints
//! - `units_shown` - what the shipped units may not write, for `status -v`
//! - `provide` - `ocsync provide`
//! - `print` - prints a report to stdout and its problems to stderr
//! - `usage` - the error for a wrong command line
//! - `version` - `ocsync --version -v`

pub mod check_expiry;
pub mod config_check;
pub mod look;
pub mod one_profile;
pub mod print;
pub mod provide;
pub mod settings_shown;
pub mod status;
pub mod sync;
pub mod units_shown;
pub mod usage;
pub mod version;

use crate::model::exit::Code;
use crate::model::problem::Problem;
use crate::notify::{self, FinishedRun};
use crate::report::Report;
use crate::report::summary::summary;
use crate::settings::cli::{Cli, Command};
use crate::settings::env::Env;
use crate::settings::notify::{NotifyArgs, NotifySettings, scope};
use crate::settings::options::Options;
use crate::sync::Verb;

/// Runs a command and prints its result. Returns the exit code.
///
/// # Errors
/// When the result cannot be written to standard output.
pub fn run(cli: &Cli) -> anyhow::Result<u8> {
    let common = &cli.common;
    let now = common.now.unwrap_or_else(crate::sys::clock::now);
    if let Command::Provide(args) = &cli.command {
        return Ok(provide::run(common, args));
    }
    if matches!(&cli.command, Command::Status(args) if args.config_check) {
        let (report, code) = config_check::run(cli, now);
        let mut report = Report { exit: code as u8, ..report };
        report.summary = summary(&report, code, now);
        print::print(cli, &mut report, Vec::new(), code, now)?;
        return Ok(code as u8);
    }
    let options = Options::of(cli, now);
    let (report, code) = match &options {
        Ok(options) => carry_out(cli, options),
        Err(unusable) => not_begun(cli, now, &unusable.problem),
    };
    let mut report = Report { exit: code as u8, ..report };
    report.summary = summary(&report, code, now);
    let (notify, env) = match &options {
        Ok(options) => (&options.notify, &options.env),
        Err(unusable) => (&unusable.notify, &unusable.env),
    };
    let not_announced = announce(cli, notify, env, &mut report, code, now);
    print::print(cli, &mut report, not_announced, code, now)?;
    Ok(match &cli.command {
        Command::CheckExpiry(args) => check_expiry::exit(args, &report, code),
        _ => code as u8,
    })
}

/// Runs a command with usable options.
fn carry_out(cli: &Cli, options: &Options) -> (Report, Code) {
    if tests_hooks(cli) {
        let name = if matches!(cli.command, Command::CheckExpiry(_)) { "check-expiry" } else { "sync" };
        let run = FinishedRun {
            code: Code::Ok,
            now: options.policy.now,
            narrowed: true,
            scope: "",
            quiet: false,
            env: &options.env,
        };
        return notify::trial::run(&options.notify, name, &run);
    }
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
        Command::Sync(_) => Report::stopped("sync", now, problem.clone()),
        Command::Refresh(_) => Report::stopped("refresh", now, problem.clone()),
        Command::Status(_) => Report::stopped("status", now, problem.clone()),
        Command::CheckExpiry(args) => check_expiry::unusable(args, now, problem.clone()),
        Command::Provide(_) => Report::stopped("provide", now, problem.clone()),
    }
}

/// Announces the run, if its command does that. Returns what went wrong.
fn announce(
    cli: &Cli,
    settings: &NotifySettings,
    env: &Env,
    report: &mut Report,
    code: Code,
    now: i64,
) -> Vec<Problem> {
    if NotifyArgs::of(&cli.command).is_none() || tests_hooks(cli) {
        notify::date(env, report);
        return Vec::new();
    }
    let scope = scope(&cli.common, report.command);
    let (narrowed, quiet) = (is_narrowed(cli), cli.common.quiet);
    let run = FinishedRun { code, now, narrowed, scope: &scope, quiet, env };
    notify::tell(settings, report, &run)
}

/// Whether the run only tries the hooks.
fn tests_hooks(cli: &Cli) -> bool {
    NotifyArgs::of(&cli.command).is_some_and(NotifyArgs::tests_hooks)
}

/// Whether a run was asked to look at some sources, agents or profiles alone.
fn is_narrowed(cli: &Cli) -> bool {
    let profiles = match &cli.command {
        Command::CheckExpiry(args) => !args.profile.is_empty(),
        _ => false,
    };
    profiles || !cli.common.source.is_empty() || !cli.common.agent.is_empty()
}
