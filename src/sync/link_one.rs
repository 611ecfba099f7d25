//! Links one login: adds a profile that refers to the CLI's login.
//!
//! ocsync copies no token and writes no database here. OpenClaw's own command notes where the access token is, and
//! OpenClaw reads it there itself. OpenClaw never sees a refresh token this way.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::model::because::Because;
use crate::model::border::Border;
use crate::model::exit::Code;
use crate::model::installation::InstallSettings;
use crate::model::item::Outcome;
use crate::model::policy::LinkWay;
use crate::model::problem::Problem;
use crate::model::profile::Profile;
use crate::model::reason::Reason;
use crate::model::source::{Source, SourceKind};
use crate::model::version::Version;
use crate::openclaw::gateway::program::{Installation, Unusable};
use crate::openclaw::link::apply;
use crate::openclaw::link::plan::{self, Command, LinkState, Route};
use crate::settings::env::Env;
use crate::settings::options::Options;
use crate::sys::fs::dir_of;
use crate::sys::fs::obstacle::obstacle;

/// One login to link.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The installation's state directory.
    pub state_dir: &'a Path,
    /// What its gateway sees.
    pub border: &'a Border,
    /// Its version, where it is known.
    pub version: Option<Version>,
    /// Its settings, and the file that they come from.
    pub settings: &'a InstallSettings,
    /// The agent.
    pub agent: &'a str,
    /// The profiles that the agent sees.
    pub profiles: &'a [Arc<Profile>],
    /// The login.
    pub source: &'a Source,
    /// The absolute path of ocsync's own program, without links: [`own_program`].
    pub program: Option<&'a Path>,
    /// The options of the run.
    pub options: &'a Options,
}

/// The result of linking one login.
#[derive(Debug)]
pub struct Linking {
    /// `None` means that it was linked already. After `Done` the gateway needs a reload.
    pub outcome: Outcome,
    /// The form of the link, where the login is linked or would be.
    pub way: Option<LinkWay>,
    /// What was in the way.
    pub problems: Vec<Problem>,
}

/// The path of ocsync's own program. OpenClaw wants it without links.
pub fn own_program() -> Option<PathBuf> {
    std::env::current_exe().and_then(fs::canonicalize).ok()
}

/// Links one login, unless it is linked already. With `dry` it starts nothing.
pub fn create(request: &Request<'_>, dry: bool) -> Linking {
    let route = match route(request) {
        Ok(route) => route,
        Err(problem) => return stopped(Outcome::Refused, problem),
    };
    let way = Some(if matches!(route, Route::File(_)) { LinkWay::File } else { LinkWay::Exec });
    let login = request.source.id();
    match plan::link_state(existing(request), &request.settings.secrets, login, &route) {
        LinkState::Linked => return Linking { outcome: Outcome::None, way, problems: Vec::new() },
        LinkState::Open if dry => {
            if let Err(unusable) = installation(request).program() {
                return stopped(Outcome::Refused, not_run(request, unusable));
            }
            return Linking { outcome: Outcome::Planned, way, problems: Vec::new() };
        }
        LinkState::Open => {}
        LinkState::Foreign => {
            return stopped(Outcome::Refused, failed(request, &Reason::Foreign.into()));
        }
    }
    let Some(plan) = plan::plan(login, request.agent, &route) else {
        return stopped(Outcome::Refused, failed(request, &Reason::PathNotUtf8.into()));
    };
    match apply::apply(installation(request), &plan, request.border) {
        Ok(changed) => {
            Linking { outcome: if changed { Outcome::Done } else { Outcome::None }, way, problems: Vec::new() }
        }
        Err(unusable) => stopped(Outcome::Failed, not_run(request, unusable)),
    }
}

/// The installation, and the command with which its operator runs OpenClaw.
fn installation<'a>(request: &Request<'a>) -> Installation<'a> {
    let (options, config) = (request.options, request.settings.file.as_deref());
    Installation { state_dir: request.state_dir, config, program: &options.openclaw, env: &options.env }
}

fn not_run(request: &Request<'_>, Unusable { why, hint }: Unusable) -> Problem {
    Problem { hint, ..failed(request, &Because::of(Reason::LinkFailed, why)) }
}

/// How OpenClaw can reach the login: by the form that the operator asked for, else by the other one.
fn route(request: &Request<'_>) -> Result<Route, Problem> {
    let (options, source) = (request.options, request.source);
    let Some((id, provider, _)) = plan::target(source.kind) else {
        return Err(failed(request, &Reason::TakenOver.into()));
    };
    if request.version.is_some_and(|version| version < Version::SQLITE) {
        return Err(failed(request, &Reason::JsonEra.into()));
    }
    if source.kind == SourceKind::Codex && request.version.is_some_and(|version| version < Version::SHARED_STORE) {
        return Err(failed(request, &Reason::ReadsCodexItself.into()));
    }
    // OpenClaw sees the access token alone, and takes one without an expiry.
    let shortfall = source.shortfall(options.policy.now, false).filter(|reason| *reason != Reason::SourceIncomplete);
    if let Some(reason) = shortfall {
        return Err(failed(request, &reason.into()));
    }
    let is_stored = |id: &str| request.profiles.iter().any(|profile| profile.id == id);
    if !request.settings.would_use(provider, id) && !request.settings.falls_back(provider, is_stored) {
        let hint = format!("{}; then ocsync sync --create", request.settings.command_to_use(provider, id));
        return Err(Problem { hint, ..failed(request, &Reason::OthersNamed.into()) });
    }
    let uid = fs::metadata(request.state_dir).map(|meta| meta.uid());
    let uid = uid.map_err(|error| obstacle("cannot look at", request.state_dir, &error))?;
    let private = Some(&source.path).filter(|path| plan::is_private_file(path, uid));
    if let Some(problem) = private.and_then(|path| unmapped(request, path)) {
        return Err(problem);
    }
    let file = private.and_then(|path| request.border.there(path)).map(Route::File);
    let program = request.program.filter(|program| plan::is_own_program(program, uid));
    let exec = program.and_then(|program| command(program, request)).map(Route::Exec);
    let (first, second) = if options.link == LinkWay::File { (file, exec) } else { (exec, file) };
    first.or(second).ok_or_else(|| {
        let path = source.path.display();
        failed(request, &Because::of(Reason::NothingToLinkTo, format!("{path} (not a private file of uid {uid})")))
    })
}

/// The profile with the id of the link, where the agent has one.
fn existing<'a>(request: &Request<'a>) -> Option<&'a Profile> {
    let (id, ..) = plan::target(request.source.kind)?;
    request.profiles.iter().find(|profile| profile.id == id).map(|profile| &**profile)
}

/// Where the gateway runs in a container and nothing says where it sees the login, or the state directory that a plan
/// reaches it through: what to add to the configuration.
fn unmapped(request: &Request<'_>, file: &Path) -> Option<Problem> {
    let unseen = |path: &Path| request.border.there(path).is_none();
    let dir = dir_of(file);
    let first = [file, request.state_dir].into_iter().find(|path| unseen(path))?;
    // The home of the official image.
    let home = Path::new("/home/node");
    let usual =
        [(dir, dir.file_name().map(|name| home.join(name))), (request.state_dir, Some(home.join(".openclaw")))];
    let missing = usual.into_iter().filter(|(here, _)| unseen(here));
    let missing = missing.map(|(here, there)| (here.to_owned(), there.unwrap_or_else(|| home.to_owned())));
    let known = request.border.pairs().map(|(here, there)| (here.to_owned(), there.to_owned()));
    let all: BTreeMap<PathBuf, PathBuf> = known.chain(missing).collect();
    let line = serde_json::to_string(&all).unwrap_or_default();
    let problem = failed(request, &Because::of(Reason::NotMapped, first.display().to_string()));
    let hint = format!(
        "with what it is in the container, write into this state directory in ocsync's config: paths: {line}"
    );
    Some(Problem { hint, ..problem })
}

/// The command line of `ocsync provide`, as the gateway can start it. It has to find the same login as this run,
/// although OpenClaw passes no variables on. `None` where the gateway does not see the program.
fn command(program: &Path, request: &Request<'_>) -> Option<Command> {
    let Request { border, options, .. } = *request;
    let env: &Env = &options.env;
    let program = border.there(program)?;
    let mut args = vec!["provide".to_owned()];
    let mut add = |option: &str, value: &Path| args.extend([option.to_owned(), value.to_string_lossy().into_owned()]);
    let home = env.home();
    // In a container that does not see it, any directory that is there will do: the login is named below.
    add("--home", &border.there(home).unwrap_or_else(|| "/".into()));
    options.config_file.iter().filter_map(|file| border.there(file)).for_each(|file| add("--config", &file));
    let dirs =
        [("--claude-dir", env.claude_credentials_dir(), ".claude"), ("--codex-home", env.codex_dir(), ".codex")];
    for (option, dir, usual) in dirs {
        let there = border.there(&dir);
        let found = border.there(home).is_some_and(|home| there.as_ref() == Some(&home.join(usual)));
        there.iter().filter(|_| !found).for_each(|there| add(option, there));
    }
    for (id, dir) in &env.further {
        let Some(there) = border.there(dir) else { continue };
        let option = if id.kind == SourceKind::Codex { "--codex-home" } else { "--claude-dir" };
        let text = format!("{}={}", id.own_name().unwrap_or_default(), there.display());
        args.extend([option.to_owned(), text]);
    }
    let mut names = vec!["MMX_CONFIG_DIR"];
    if env.keychain {
        args.extend(["--keychain", "always"].map(str::to_owned));
        // The name of the Keychain item depends on these variables.
        names.extend(["CLAUDE_CONFIG_DIR", "CLAUDE_SECURESTORAGE_CONFIG_DIR", "USER", "LOGNAME"]);
    }
    let value = |name: &str| Some((name.to_owned(), env.var(name)?.to_str()?.to_owned()));
    let variables: BTreeMap<String, String> = names.into_iter().filter_map(value).collect();
    Some(Command { program, args, env: variables })
}

fn failed(request: &Request<'_>, why: &Because) -> Problem {
    let id = plan::target(request.source.kind).map_or(request.source.name, |(id, ..)| id);
    let message = format!("{}: {}/{id} is not linked: {}", request.state_dir.display(), request.agent, why.text());
    Problem::error(Code::Incomplete, "not-linked", message, why.reason.remedy_of(Some(request.source)))
}

fn stopped(outcome: Outcome, problem: Problem) -> Linking {
    Linking { outcome, way: None, problems: vec![problem] }
}
