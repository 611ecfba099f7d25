//! Reports what a run did not find, what it does not serve, and where it looked.

use crate::model::exit::Code;
use crate::model::installation::{Agent, normalise};
use crate::model::inventory::{Inventory, StoreState};
use crate::model::problem::Problem;
use crate::settings::options::Options;

/// The problems of a run that found no source or no OpenClaw. `elsewhere`: a login is known in another directory.
#[must_use]
pub fn nothing_found(inventory: &Inventory, elsewhere: bool, options: &Options) -> Vec<Problem> {
    let error = |code, message: String, hint| Problem::error(Code::NoInput, code, message, hint);
    let mut problems = Vec::new();
    if inventory.sources.is_empty() && !elsewhere {
        let hint = "log in with the CLI, or name its directory (--home, --claude-dir, --codex-home)";
        let names: Vec<_> = options.kinds.iter().map(|kind| kind.name()).collect();
        problems.push(error("no-source", format!("no login found of: {}", names.join(", ")), hint));
    }
    if options.state_dirs.is_empty() {
        let hint = "name OpenClaw's state directory with --state-dir";
        problems.push(error("no-openclaw", "no OpenClaw state directory found".to_owned(), hint));
    }
    problems
}

/// The problems of agents that were named and do not exist.
#[must_use]
pub fn absent_agents(inventory: &Inventory, options: &Options) -> Vec<Problem> {
    let is = |agent: &Agent, id: &String| normalise(&agent.id) == *id;
    let known =
        |id: &String| inventory.installations.iter().any(|of| of.dir.agents.iter().any(|agent| is(agent, id)));
    let absent = options.agents.iter().filter(|id| !inventory.installations.is_empty() && !known(id));
    let problem = |id| {
        let message = format!("no agent \"{id}\" found");
        Problem::error(Code::NoInput, "no-agent", message, "ocsync status lists the agents")
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
        format!("state file: {}", options.state_file.display()),
    ];
    lines.extend(options.state_dirs.iter().map(|spec| format!("openclaw: {}", spec.path.display())));
    lines.into_iter().map(|line| Problem::note("path", line, "")).collect()
}
