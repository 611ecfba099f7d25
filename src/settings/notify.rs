//! Who hears of a run, and how: the command line over the configuration over the defaults.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use crate::model::secret::Fingerprint;
use crate::model::source_id::SourceId;
use crate::settings::cli::{self, Command, Common};
use crate::settings::env::Env;
use crate::settings::every::Every;
use crate::settings::file::ConfigFile;
use crate::settings::login_dir::LoginDir;
use crate::settings::span::Span;
use crate::settings::values::CommandLine;
use crate::sys::url::SafeUrl;

/// The part of the command line that says so, for a command that announces its run.
#[derive(Clone, Copy, Debug)]
pub struct NotifyArgs<'a> {
    notify: &'a cli::Notify,
    on_change: Option<&'a CommandLine>,
}

impl<'a> NotifyArgs<'a> {
    /// The options of this command; `None` for a dry run, and for a command that announces nothing.
    pub fn of(command: &'a Command) -> Option<Self> {
        match command {
            Command::Sync(args) if !args.dry_run => Some(Self::of_sync(args)),
            Command::Refresh(args) if !args.sync.dry_run => Some(Self::of_sync(&args.sync)),
            Command::CheckExpiry(args) => Some(Self { notify: &args.notify, on_change: None }),
            Command::Sync(_) | Command::Refresh(_) | Command::Status(_) | Command::Provide(_) => None,
        }
    }

    /// Whether only the hooks are tried.
    pub fn tests_hooks(self) -> bool {
        self.notify.test_hook
    }

    fn of_sync(args: &'a cli::Sync) -> Self {
        Self { notify: &args.notify, on_change: args.on_change.as_ref() }
    }
}

/// Who hears of a run, and how.
#[derive(Clone, Debug)]
pub struct NotifySettings {
    /// The command to run after a change.
    pub on_change: Option<CommandLine>,
    /// The command to run when a problem begins, while it lasts, and when it ends.
    pub on_problem: Option<CommandLine>,
    /// How long a command may run.
    pub hook_timeout: Duration,
    /// After how long a problem that lasts is announced again, in milliseconds; `None`: never.
    pub notify_every: Option<i64>,
    /// The URL to GET after every run.
    pub ping: Option<SafeUrl>,
    /// The file that exists while a login is needed.
    pub flag_file: Option<PathBuf>,
}

impl NotifySettings {
    /// The command line over the configuration over the defaults.
    pub fn new(args: Option<NotifyArgs<'_>>, config: &ConfigFile, env: &Env) -> Self {
        let on_change = args.and_then(|args| args.on_change);
        let args = args.map(|args| args.notify);
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
            notify_every: args.and_then(|args| args.notify_every).or(config.notify_every).unwrap_or(Every::DAY).0,
            ping: args.and_then(|args| args.ping.as_ref()).or(config.ping.as_ref()).cloned(),
            flag_file: flag_file.map(|path| env.expand(path)),
        }
    }
}

/// The scope of a run: the command and what it looks at. Notices are kept by scope, so that two timers
/// which look at different things do not end each other's problems.
pub fn scope(common: &Common, command: &str) -> String {
    let first = |dirs: &[LoginDir]| dirs.iter().find(|of| of.id.is_first()).map(|of| of.dir.clone());
    let (claude, codex) = (first(&common.claude_dir), first(&common.codex_home));
    let paths = (&common.home, &common.state_dir, claude, codex, &common.config);
    let (kinds, more): (Vec<&SourceId>, Vec<&SourceId>) = common.source.iter().partition(|id| id.is_first());
    let kinds: Vec<_> = kinds.into_iter().map(|id| id.kind).collect();
    let mut named = format!("{:?}", (paths, kinds, &common.agent));
    let further: Vec<_> = common.claude_dir.iter().chain(&common.codex_home).filter(|of| !of.id.is_first()).collect();
    // What earlier versions did not know is added only where it is there: the name of their scopes stays.
    if !further.is_empty() || !more.is_empty() {
        let _ = write!(named, "{:?}", (further, more));
    }
    format!("{command} {}", Fingerprint::of(&named))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use clap::Parser;

    use super::*;
    use crate::settings::cli::Cli;

    fn cli(line: &str) -> Cli {
        Cli::try_parse_from(line.split(' ')).unwrap()
    }

    fn first(words: Option<&CommandLine>) -> Option<&str> {
        words.map(|words| &*words.0[0])
    }

    #[test]
    fn only_a_run_that_acts_or_watches_announces_what_came_of_it() {
        for (line, announces) in [
            ("ocsync sync", true),
            ("ocsync refresh", true),
            ("ocsync check-expiry", true),
            ("ocsync sync --dry-run", false),
            ("ocsync refresh --dry-run", false),
            ("ocsync status", false),
            ("ocsync provide", false),
        ] {
            assert_eq!(NotifyArgs::of(&cli(line).command).is_some(), announces, "{line}");
        }
    }

    #[test]
    fn the_command_line_goes_before_the_configuration_and_counts_without_one() {
        let config = serde_json::json!({
            "hooks": { "on_change": ["c"], "on_problem": ["p"] }, "hook_timeout": 7, "flag_file": "~/config"
        });
        let (config, env) = (ConfigFile::of(config).unwrap(), Env::of(Path::new("/h"), &[]));
        let cli = cli("ocsync refresh --on-change x --notify-every 2h --flag-file ~/line");
        let args = NotifyArgs::of(&cli.command).unwrap();
        let settings = NotifySettings::new(Some(args), &config, &env);
        assert_eq!((first(settings.on_change.as_ref()), first(settings.on_problem.as_ref())), (Some("x"), Some("p")));
        assert_eq!((settings.hook_timeout, settings.notify_every), (Duration::from_secs(7), Some(7_200_000)));
        assert_eq!(settings.flag_file.as_deref(), Some(Path::new("/h/line")));
        let alone = NotifySettings::new(Some(args), &ConfigFile::default(), &env);
        assert_eq!((first(alone.on_change.as_ref()), first(alone.on_problem.as_ref())), (Some("x"), None));
        assert_eq!((alone.hook_timeout, alone.notify_every), (Duration::from_secs(30), Some(7_200_000)));
        assert_eq!(alone.flag_file.as_deref(), Some(Path::new("/h/line")));
    }

    #[test]
    fn a_scope_is_the_one_that_earlier_versions_wrote_down() {
        assert_eq!(scope(&cli("ocsync sync").common, "sync"), "sync a712cf8fd7bb");
        let named = cli("ocsync sync --home /h --state-dir /s --source claude --agent main");
        assert_eq!(scope(&named.common, "check-expiry"), "check-expiry 08e6ba2499ab");
    }
}
