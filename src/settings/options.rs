//! What a run works with: the command line over the configuration over the defaults, made into
//! values once.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::model::installation::{StateDirSpec, normalise};
use crate::model::policy::{LinkWay, Policy, Share, When};
use crate::model::problem::Problem;
use crate::model::source::SourceKind;
use crate::model::target::Target;
use crate::settings::cli::{Cli, Command, Common, Sync};
use crate::settings::env::Env;
use crate::settings::file::ConfigFile;
use crate::settings::home;
use crate::settings::notify::{NotifyArgs, NotifySettings};
use crate::settings::refresh::RefreshSettings;
use crate::settings::root;
use crate::settings::scope::{self, Scope};
use crate::settings::state_dirs::state_dirs;

/// The options of a run.
#[derive(Debug)]
pub struct Options {
    /// Variables and paths.
    pub env: Env,
    /// The sources to read.
    pub kinds: Vec<SourceKind>,
    /// Those of them that the command line or the configuration names: they have to be there.
    pub named: Vec<SourceKind>,
    /// The agents to look at; all when empty.
    pub agents: Vec<String>,
    /// The state directories.
    pub state_dirs: Vec<StateDirSpec>,
    /// What decisions depend on.
    pub policy: Policy,
    /// Add missing default profiles.
    pub create: bool,
    /// How a profile of the SQLite era is linked.
    pub link: LinkWay,
    /// The profiles whose replaced login is put back.
    pub restore: Vec<Target>,
    /// Print only.
    pub dry_run: bool,
    /// How the CLIs' logins are refreshed.
    pub refresh: RefreshSettings,
    /// When cooldowns are lifted.
    pub clear_cooldown: When,
    /// When the gateway is told.
    pub reload: When,
    /// The command that tells it.
    pub openclaw: Vec<PathBuf>,
    /// `status` looks for copies of the logins in other programs' files.
    pub also_held: bool,
    /// The environment file that gets a token.
    pub env_file: Option<PathBuf>,
    /// Who hears of the run.
    pub notify: NotifySettings,
    /// The configuration file, where there is one.
    pub config_file: Option<PathBuf>,
    /// How long to wait for locks, in seconds.
    pub wait: u64,
    /// Wait for locks until then, all in all.
    pub deadline: Instant,
    /// ocsync's own state file.
    pub state_file: PathBuf,
    /// The clock stands still: a test has set it.
    pub still: bool,
    /// Print everything.
    pub verbose: bool,
}

/// Why there are no options, with what is left to announce a run that could not begin.
#[derive(Debug)]
pub struct Unusable {
    /// What is wrong with the configuration.
    pub problem: Problem,
    /// Variables and default paths.
    pub env: Env,
    /// Who hears of it: what the command line says still counts.
    pub notify: NotifySettings,
}

impl Options {
    /// The command line over the configuration over the defaults. Environment and configuration are read
    /// here, once for the whole run.
    ///
    /// # Errors
    /// What is wrong with the configuration.
    pub fn of(cli: &Cli, now: i64) -> Result<Self, Box<Unusable>> {
        let common = &cli.common;
        let (sync, refresh) = match &cli.command {
            Command::Sync(sync) => (Some(sync), None),
            Command::Refresh(refresh) => (Some(&refresh.sync), Some(&**refresh)),
            Command::Status(_) | Command::CheckExpiry(_) | Command::Provide(_) => (None, None),
        };
        let args = NotifyArgs::of(&cli.command);
        let env = Env::of_process(common.home.as_deref());
        if let Err(problem) = root::refuse(&scope::config_file(common, &env), &env) {
            // Nobody is told by a file, or by a note in a file, that is another user's.
            let notify = NotifySettings {
                flag_file: None,
                on_problem: None,
                ..NotifySettings::new(args, &ConfigFile::default(), &env)
            };
            return Err(Box::new(Unusable { problem, env, notify }));
        }
        let config = match scope::config(common, &env) {
            Ok(config) => config,
            Err(problem) => {
                let notify = NotifySettings::new(args, &ConfigFile::default(), &env);
                return Err(Box::new(Unusable { problem, env, notify }));
            }
        };
        let notify = NotifySettings::new(args, &config, &env);
        let parts = home::check(&env)
            .and_then(|()| state_dirs(&common.state_dir, &config, &env))
            .and_then(|state_dirs| Ok((state_dirs, RefreshSettings::new(refresh, &config.refresh)?)));
        let (state_dirs, refresh) = match parts {
            Ok(parts) => parts,
            Err(problem) => return Err(Box::new(Unusable { problem, env, notify })),
        };
        let wait = sync.and_then(|sync| sync.wait).or(config.wait).unwrap_or(10).min(86_400);
        let flag = |of: fn(&Sync) -> bool| sync.is_some_and(of);
        let policy = policy(common, sync, &config, now);
        let Scope { env, kinds, config } = Scope::of(common, env, config);
        Ok(Self {
            named: named(common, &config, &policy, &kinds),
            kinds,
            agents: common.agent.iter().map(|id| normalise(id)).collect(),
            state_dirs,
            policy,
            create: flag(|sync| sync.create),
            link: sync.and_then(|sync| sync.link).unwrap_or(config.link),
            restore: sync.map_or_else(Vec::new, |sync| sync.restore.clone()),
            dry_run: flag(|sync| sync.dry_run),
            refresh,
            clear_cooldown: sync.and_then(|sync| sync.clear_cooldown).unwrap_or(config.clear_cooldown),
            reload: sync.and_then(|sync| sync.reload).unwrap_or(config.reload),
            openclaw: openclaw(sync, &config),
            also_held: config.also_held.unwrap_or(true),
            env_file: config.export.env_file.as_ref().map(|path| env.expand(path)),
            notify,
            config_file: Some(scope::config_file(common, &env)).filter(|path| path.exists()),
            deadline: Instant::now() + Duration::from_secs(wait),
            wait,
            state_file: env.state_file(),
            env,
            still: common.now.is_some(),
            verbose: common.verbose,
        })
    }

    /// The time at this moment, in milliseconds.
    pub fn moment(&self) -> i64 {
        if self.still { self.policy.now } else { crate::sys::clock::now() }
    }
}

/// What decisions depend on.
fn policy(common: &Common, sync: Option<&Sync>, config: &ConfigFile, now: i64) -> Policy {
    let flag = |of: fn(&Sync) -> bool| sync.is_some_and(of);
    let alone = [(None, Share::Access)];
    let share = config.share.with(if flag(|sync| sync.access_only) { &alone } else { &common.share });
    let bind = config.bind.iter().map(|(id, to)| (id, *to)).chain(common.bind.iter().map(|(id, to)| (id, *to)));
    Policy {
        bind: bind.map(|(id, to)| (id.clone(), to.kind())).collect(),
        share: SourceKind::ALL.into_iter().filter_map(|kind| Some((kind, *share.of(kind)?))).collect(),
        prefer_source: flag(|sync| sync.prefer_source),
        force_type: flag(|sync| sync.force_type),
        write_back: flag(|sync| sync.write_back) || config.write_back,
        adopt: sync.map_or_else(Vec::new, |sync| sync.adopt.clone()),
        sqlite_write: sync.and_then(|sync| sync.sqlite_write).unwrap_or(config.sqlite_write),
        now,
    }
}

/// The sources of `kinds` that are named.
fn named(common: &Common, config: &ConfigFile, policy: &Policy, kinds: &[SourceKind]) -> Vec<SourceKind> {
    let is_named = |kind: &SourceKind| {
        let has_dir = match kind {
            SourceKind::Claude => common.claude_dir.is_some() || config.claude_dir.is_some(),
            SourceKind::Codex => common.codex_home.is_some() || config.codex_home.is_some(),
            SourceKind::MiniMax | SourceKind::Qwen => false,
        };
        has_dir
            || common.source.contains(kind)
            || config.sources.contains(kind)
            || policy.bind.values().any(|to| *to == Some(*kind))
    };
    kinds.iter().copied().filter(is_named).collect()
}

/// The command that tells a gateway.
fn openclaw(sync: Option<&Sync>, config: &ConfigFile) -> Vec<PathBuf> {
    match sync.and_then(|sync| sync.openclaw.as_ref()) {
        Some(words) => words.0.iter().map(PathBuf::from).collect(),
        None if config.openclaw.is_empty() => vec!["openclaw".into()],
        None => config.openclaw.clone(),
    }
}
