//! Who hears of a run, and how: the command line over the configuration over the defaults.

use std::path::PathBuf;
use std::time::Duration;

use crate::settings::cli;
use crate::settings::env::Env;
use crate::settings::file::ConfigFile;
use crate::settings::values::{CommandLine, Span};
use crate::sys::url::SafeUrl;

/// Who is told, and how.
#[derive(Clone, Debug)]
pub struct NotifySettings {
    /// The command that is told of a change.
    pub on_change: Option<CommandLine>,
    /// The command that is told of a problem, and of its end.
    pub on_problem: Option<CommandLine>,
    /// How long a command may run.
    pub hook_timeout: Duration,
    /// How often a problem that lasts is told, in milliseconds.
    pub notify_every: i64,
    /// The URL that is asked for after every run.
    pub ping: Option<SafeUrl>,
    /// The file that is there while a login is needed.
    pub flag_file: Option<PathBuf>,
}

impl NotifySettings {
    /// The command line over the configuration over the defaults.
    #[must_use]
    pub fn new(args: Option<&cli::Notify>, on_change: Option<&CommandLine>, config: &ConfigFile, env: &Env) -> Self {
        let some = |words: Option<&CommandLine>| words.filter(|words| !words.0.is_empty()).cloned();
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
