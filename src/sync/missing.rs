//! Reports what a run did not find, what it does not serve, and where it looked.

use crate::core::decide::Decider;
use crate::model::agent::Agent;
use crate::model::exit::Code;
use crate::model::installation::normalise;
use crate::model::inventory::{Inventory, StoreState};
use crate::model::problem::{About, Problem, clean};
use crate::model::source::{Source, SourceKind, SourceState};
use crate::model::source_id::SourceId;
use crate::settings::env::Env;
use crate::settings::options::Options;

/// The problems of a run that found no source or no OpenClaw. `elsewhere`: a login is known in another directory.
#[must_use]
pub fn nothing_found(inventory: &Inventory, elsewhere: bool, options: &Options) -> Vec<Problem> {
    let error = |code, message: String, hint| Problem::error(Code::NoInput, code, message, hint);
    let mut problems = Vec::new();
    if inventory.sources.is_empty() && !elsewhere && options.named.is_empty() {
        let hint = "log in with the CLI, or name its directory (--home, --claude-dir, --codex-home)";
        let names: Vec<_> = options.logins.iter().map(|id| id.name).collect();
        let out_of_reach: Vec<_> = inventory.out_of_reach.iter().map(how).collect();
        let home = clean(&options.env.home().to_string_lossy());
        let message = format!("no login found ({}; home {home}){}", names.join(", "), out_of_reach.concat());
        problems.push(error("no-source", message, hint));
    }
    if options.state_dirs.is_empty() {
        let hint = "name OpenClaw's state directory with --state-dir";
        let usual = options.env.openclaw_home().join(".openclaw");
        let message = format!("no OpenClaw state directory found: there is no {}", clean(&usual.to_string_lossy()));
        problems.push(error("no-openclaw", message, hint));
    }
    problems
}

/// The problems of sources that are named and were never there. A login that is known in another directory is there.
#[must_use]
pub fn absent_sources(inventory: &Inventory, decider: &Decider<'_>, options: &Options) -> Vec<Problem> {
    let is_there = |id: SourceId| inventory.sources.iter().any(|source| source.id() == id);
    let is_elsewhere = |id: SourceId| id.is_first() && decider.knows_elsewhere(Some(id.kind));
    let absent = options.named.iter().copied().filter(|id| !is_there(*id) && !is_elsewhere(*id));
    let problem = |id: SourceId| {
        let files = options.env.login_files(id);
        let names: Vec<String> = files.iter().map(|path| clean(&path.to_string_lossy())).collect();
        let how: String = inventory.out_of_reach.iter().filter(|source| source.id() == id).map(how).collect();
        let message = format!("{} is named, and it has no login in {}{how}", id.name, names.join(" or "));
        Problem::error(Code::NoInput, "no-input", message, log_in(id, &options.env)).about(About::login(id.name))
    };
    absent.map(problem).collect()
}

/// The command that logs in where this run looks for the login.
fn log_in(id: SourceId, env: &Env) -> String {
    let command = id.login_command(&env.login_file(id));
    match (id.kind, &env.claude_dir, &env.codex_home) {
        _ if !id.is_first() => command.into_owned(),
        (SourceKind::Claude, Some(dir), _) => format!("CLAUDE_CONFIG_DIR={} {command}", dir.display()),
        (SourceKind::Codex, _, Some(dir)) => format!("CODEX_HOME={} {command}", dir.display()),
        _ => command.into_owned(),
    }
}

/// How a CLI works without a login in its file, for the end of a message.
fn how(source: &Source) -> String {
    match &source.state {
        SourceState::OutOfReach(how) => format!("; {}: {how}", source.name),
        _ => String::new(),
    }
}

/// The problems of agents that were named and do not exist.
#[must_use]
pub fn absent_agents(inventory: &Inventory, options: &Options) -> Vec<Problem> {
    let is = |agent: &Agent, id: &String| normalise(&agent.id) == *id;
    let known =
        |id: &String| inventory.installations.iter().any(|of| of.dir.agents.iter().any(|agent| is(agent, id)));
    let absent = options.agents.iter().filter(|id| !inventory.installations.is_empty() && !known(id));
    let problem = |id: &String| {
        let message = format!("no agent \"{id}\" found");
        let problem = Problem::error(Code::NoInput, "no-agent", message, "to see the agents: ocsync status");
        problem.about(About::profile(None, id, None))
    };
    absent.map(problem).collect()
}

/// The stores that are not served: one problem for each installation and reason.
#[must_use]
pub fn not_served(inventory: &Inventory) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    for at in inventory.selected() {
        if let StoreState::Refused(why) = &at.store.state {
            let message = format!("{}: {}; left alone", at.dir().path.display(), why.text());
            let problem = Problem::error(Code::Incomplete, "refused", message, why.reason.remedy(None));
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
    }
    problems
}

/// The paths that this run uses. They may differ between a shell and a timer.
#[must_use]
pub fn paths(options: &Options) -> Vec<Problem> {
    let env = &options.env;
    let mut lines = vec![
        format!("home: {}", env.home().display()),
        format!("claude: {}", env.claude_credentials_dir().display()),
        format!("codex: {}", env.codex_dir().display()),
    ];
    lines.extend(env.further.iter().map(|(id, dir)| format!("{}: {}", id.name, dir.display())));
    lines.push(format!("state file: {}", options.state_file.display()));
    lines.extend(options.state_dirs.iter().map(|spec| format!("openclaw: {}", spec.path.display())));
    lines.into_iter().map(|line| Problem::note("path", line, "")).collect()
}
