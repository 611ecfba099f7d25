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

use self::notices::Event;
use self::ping::PingUrl;
use crate::cli::{self, Cli, Command};
use crate::config::Config;
use crate::credential::Fingerprint;
use crate::env::Env;
use crate::exit::Code;
use crate::options;
use crate::plan::Outcome;
use crate::problem::Problem;
use crate::report::Report;
use crate::signal;
use crate::words::{Span, Words};

/// Who is told, and how.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The command that is told of a change.
    pub on_change: Option<Words>,
    /// The command that is told of a problem, and of its end.
    pub on_problem: Option<Words>,
    /// How long a command may run.
    pub hook_timeout: Duration,
    /// How often a problem that lasts is told, in milliseconds.
    pub notify_every: i64,
    /// The URL that is asked for after every run.
    pub ping: Option<PingUrl>,
    /// The file that is there while a login is needed.
    pub flag_file: Option<PathBuf>,
}

impl Settings {
    /// The command line over the configuration over the defaults.
    #[must_use]
    pub fn new(args: Option<&cli::Notify>, on_change: Option<&Words>, config: &Config, env: &Env) -> Self {
        let some = |words: Option<&Words>| words.filter(|words| !words.0.is_empty()).cloned();
        let time = |flag: Option<i64>, config: Option<Span>, default: i64| {
            flag.or(config.map(|span| span.0)).unwrap_or(default)
        };
        let timeout = time(args.and_then(|args| args.hook_timeout), config.hook_timeout, 30_000);
        let flag_file = args.and_then(|args| args.flag_file.as_ref()).or(config.flag_file.as_ref());
        Self {
            on_change: some(on_change.or(config.hooks.on_change.as_ref())),
            on_problem: some(args.and_then(|args| args.on_problem.as_ref()).or(config.hooks.on_problem.as_ref())),
            hook_timeout: Duration::from_millis(timeout.clamp(0, 86_400_000).unsigned_abs()),
            notify_every: time(args.and_then(|args| args.notify_every), config.notify_every, 3_600_000),
            ping: args.and_then(|args| args.ping.as_ref()).or(config.ping.as_ref()).cloned(),
            flag_file: flag_file.map(|path| env.expand(path)),
        }
    }
}

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
    let settings = Settings::new(Some(args), on_change, &config, &env);
    let mut problems = Vec::new();
    if let (Some(path), false) = (&settings.flag_file, signal::received()) {
        problems.extend(flag::update(path, report, code));
    }
    let call = |words: &Words, event: Event| hook::call(words, event, report, code, &settings, &env);
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
