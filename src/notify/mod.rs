//! Telling others what came of a run: a flag file, hooks, a ping.
//!
//! All of it happens after the work is done and after ocsync's own lock is released: a hook may
//! run ocsync itself. Nothing of it changes the exit code, which speaks of credentials. What
//! fails here is a warning in the report.

pub mod flag;
pub mod hook;
pub mod notices;
pub mod ping;

use std::path::PathBuf;
use std::time::Duration;

use crate::model::exit::Code;
use crate::model::item::Outcome;
use crate::model::problem::Problem;
use crate::model::secret::Fingerprint;
use crate::notify::notices::Event;
use crate::report::Report;
use crate::settings::cli::{self, Cli, Command};
use crate::settings::env::Env;
use crate::settings::file::ConfigFile;
use crate::settings::notify::NotifySettings;
use crate::settings::options;
use crate::settings::values::{CommandLine, Span};
use crate::sys::signal;
use crate::sys::url::SafeUrl;

/// Tells whoever wants to know of a run that is over, and returns what went wrong with that.
#[must_use]
pub fn tell(cli: &Cli, report: &Report, code: Code, now: i64) -> Vec<Problem> {
    let (args, on_change) = match &cli.command {
        Command::Sync(args) if !args.dry_run => (&args.notify, args.on_change.as_ref()),
        Command::Refresh(args) if !args.sync.dry_run => (&args.sync.notify, args.sync.on_change.as_ref()),
        Command::CheckExpiry(args) => (&args.notify, None),
        _ => return Vec::new(),
    };
    let env = Env::of_process(cli.common.home.as_deref());
    // Read once more: a run that could not begin has left no options, and is worth telling of.
    // Without a usable configuration, what the command line says still counts.
    let config = options::config(&cli.common, &env).unwrap_or_default();
    let settings = NotifySettings::new(Some(args), on_change, &config, &env);
    let mut problems = Vec::new();
    if let (Some(path), false) = (&settings.flag_file, signal::received()) {
        problems.extend(flag::update(path, report, code));
    }
    let call = |words: &CommandLine, event: Event| hook::call(words, event, report, code, &settings, &env);
    let exported = report.exported.iter().any(|export| export.result == Outcome::Done);
    if let (Some(words), true, false) = (&settings.on_change, report.changed > 0 || exported, signal::received()) {
        problems.extend(call(words, Event::Change));
    }
    if let (Some(words), false) = (&settings.on_problem, signal::received()) {
        let path = env.state_file().with_file_name("notices.json");
        let (event, problem) = notices::claim(&path, &scope(cli, report), code, now, settings.notify_every);
        problems.extend(problem);
        problems.extend(event.and_then(|event| call(words, event)));
    }
    if let (Some(url), false) = (&settings.ping, signal::received()) {
        problems.extend(ping::send(url, code));
    }
    problems
}

/// What a notice is about: two timers that look at different things do not end each other's
/// problems.
fn scope(cli: &Cli, report: &Report) -> String {
    let common = &cli.common;
    let paths = (&common.home, &common.state_dir, &common.claude_dir, &common.codex_home, &common.config);
    let named = format!("{:?}", (paths, &common.source, &common.agent));
    format!("{} {}", report.command, Fingerprint::of(&named))
}
