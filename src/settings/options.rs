//! What a run works with: the command line over the configuration over the defaults, made into
//! values once.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::model::installation::{StateDirSpec, normalise};
use crate::model::policy::{LinkWay, Policy, Share, When};
use crate::model::problem::Problem;
use crate::model::source::SourceKind;
use crate::model::source_id::SourceId;
use crate::model::target::Target;
use crate::settings::cli::{self, Cli, Command, Common, Sync};
use crate::settings::env::Env;
use crate::settings::file::ConfigFile;
use crate::settings::home;
use crate::settings::login_dir::LoginDir;
use crate::settings::logins;
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
    /// The logins to read, in the order of the report.
    pub logins: Vec<SourceId>,
    /// Those of them that the command line or the configuration names: they have to be there.
    pub named: Vec<SourceId>,
    /// What `--source` of the command line names.
    pub asked: Vec<SourceId>,
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
    /// The login whose token that is.
    pub env_file_source: SourceId,
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
        let parts = home::check(&env).and_then(|()| Scope::of(common, env.clone(), config)).and_then(|scope| {
            sources_named(sync, refresh, &scope.env)?;
            let state_dirs = state_dirs(&common.state_dir, &scope.config, &env)?;
            let refresh = RefreshSettings::new(refresh, &scope.config.refresh)?;
            Ok((scope, state_dirs, refresh))
        });
        let (Scope { env, logins, config }, state_dirs, refresh) = match parts {
            Ok(parts) => parts,
            Err(problem) => return Err(Box::new(Unusable { problem, env, notify })),
        };
        let wait = sync.and_then(|sync| sync.wait).or(config.wait).unwrap_or(10).min(86_400);
        let flag = |of: fn(&Sync) -> bool| sync.is_some_and(of);
        let policy = policy(common, sync, &config, &env.logins(), now);
        Ok(Self {
            named: named(common, &config, &policy, &logins),
            logins,
            asked: common.source.clone(),
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
            env_file_source: config.export.source.unwrap_or(SourceKind::Claude.into()),
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
fn policy(common: &Common, sync: Option<&Sync>, config: &ConfigFile, logins: &[SourceId], now: i64) -> Policy {
    let flag = |of: fn(&Sync) -> bool| sync.is_some_and(of);
    let alone = [(None, Share::Access)];
    let share = config.share.with(if flag(|sync| sync.access_only) { &alone } else { &common.share });
    let bind = config.bind.iter().map(|(id, to)| (id, *to)).chain(common.bind.iter().map(|(id, to)| (id, *to)));
    Policy {
        bind: bind.map(|(id, to)| (id.clone(), to.source())).collect(),
        share: logins.iter().filter_map(|id| Some((*id, *share.of(*id)?))).collect(),
        prefer_source: flag(|sync| sync.prefer_source),
        force_type: flag(|sync| sync.force_type),
        write_back: flag(|sync| sync.write_back) || config.write_back,
        adopt: sync.map_or_else(Vec::new, |sync| sync.adopt.clone()),
        sqlite_write: sync.and_then(|sync| sync.sqlite_write).unwrap_or(config.sqlite_write),
        setup_tokens: config.setup_tokens.iter().map(|(id, day)| (id.clone(), day.0)).collect(),
        now,
    }
}

/// Checks the sources that the options of `sync` and `refresh` name.
fn sources_named(sync: Option<&Sync>, refresh: Option<&cli::Refresh>, env: &Env) -> Result<(), Problem> {
    let adopt = sync.into_iter().flat_map(|args| &args.adopt).filter_map(|adoption| adoption.source);
    logins::check("--adopt", adopt, env)?;
    let Some(refresh) = refresh else { return Ok(()) };
    logins::check("--via", refresh.via.iter().filter_map(|(id, _)| *id), env)?;
    logins::check("--within", refresh.within.iter().filter_map(|(id, _)| *id), env)?;
    logins::check("--container", refresh.container.iter().filter_map(|(id, _)| *id), env)?;
    logins::check("--program", refresh.program.iter().map(|(id, _)| *id), env)
}

/// Those of the `logins` that are named. `claude` names all logins of Claude Code, so where there are further ones the
/// first need not be there.
fn named(common: &Common, config: &ConfigFile, policy: &Policy, logins: &[SourceId]) -> Vec<SourceId> {
    let is_named = |id: &SourceId| {
        let has_dir = match id.kind {
            SourceKind::Claude => has_first(&common.claude_dir) || config.claude_dir.is_some(),
            SourceKind::Codex => has_first(&common.codex_home) || config.codex_home.is_some(),
            SourceKind::MiniMax | SourceKind::Qwen => false,
        };
        let is_alone = !logins.iter().any(|other| other.kind == id.kind && !other.is_first());
        !id.is_first()
            || has_dir
            || (is_alone && (common.source.contains(id) || config.sources.contains(id)))
            || policy.bind.values().any(|to| *to == Some(*id))
    };
    logins.iter().copied().filter(is_named).collect()
}

/// Whether one of these directories is that of the first login.
fn has_first(dirs: &[LoginDir]) -> bool {
    dirs.iter().any(|dir| dir.id.is_first())
}

/// The command that tells a gateway.
fn openclaw(sync: Option<&Sync>, config: &ConfigFile) -> Vec<PathBuf> {
    match sync.and_then(|sync| sync.openclaw.as_ref()) {
        Some(words) => words.0.iter().map(PathBuf::from).collect(),
        None if config.openclaw.is_empty() => vec!["openclaw".into()],
        None => config.openclaw.clone(),
    }
}
