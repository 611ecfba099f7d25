//! Agents whose models Claude Code runs. They have no profile, and depend on its login all the same.
//!
//! Nothing is linked for them, and the end of the access token alone is no problem: Claude Code renews it when it is
//! used. A login that is gone or has ended is one.

use crate::model::exit::{Code, Tally};
use crate::model::installation::{Era, StateDir};
use crate::model::inventory::{Installation, Inventory, StoreRef};
use crate::model::journal::Journal;
use crate::model::problem::{About, Problem, clean};
use crate::model::reason::Reason;
use crate::model::route::Route;
use crate::model::source::{Source, SourceKind, SourceState};
use crate::openclaw::link::plan::target;
use crate::settings::options::Options;
use crate::sync::link;

/// The selected agents that reach the vendor of a login by this route; `None`: the agents without a model of the vendor.
fn agents(inventory: &Inventory, kind: SourceKind, route: Option<Route>) -> impl Iterator<Item = StoreRef<'_>> {
    let is = move |at: &StoreRef<'_>| at.dir().settings.routes.of(&at.agent().id, kind) == route;
    inventory.selected().filter(is)
}

/// Whether Claude Code runs the models of any selected agent.
#[must_use]
pub fn any(inventory: &Inventory) -> bool {
    agents(inventory, SourceKind::Claude, Some(Route::ClaudeCli)).next().is_some()
}

/// Whether any selected agent calls the vendor of a login by the API.
#[must_use]
pub fn any_by_api(inventory: &Inventory, kind: SourceKind) -> bool {
    agents(inventory, kind, Some(Route::Api)).next().is_some()
}

/// Whether any agent of an installation needs a profile for a login: it calls the vendor by the API.
#[must_use]
pub fn any_needs(installation: &Installation, kind: SourceKind) -> bool {
    // Also of one that has no store yet: it inherits.
    let StateDir { settings, agents, .. } = &installation.dir;
    agents.iter().any(|agent| settings.routes.of(&agent.id, kind) == Some(Route::Api))
}

/// The login of Claude Code that agents depend on without a profile. The journal has to have seen it: a login that
/// nobody has ever had is nobody's.
#[must_use]
pub fn login<'a>(inventory: &'a Inventory, journal: &Journal) -> Option<&'a Source> {
    let source = inventory.sources.iter().find(|source| source.id() == SourceKind::Claude.into())?;
    (journal.sources.contains_key(&*source.path.to_string_lossy()) && any(inventory)).then_some(source)
}

/// What is wrong with this login, and the code for it.
#[must_use]
pub fn dead_login(inventory: &Inventory, journal: &Journal, now: i64, tally: &mut Tally) -> Option<Problem> {
    let source = login(inventory, journal)?;
    let why = match &source.state {
        SourceState::Unreadable(_) => {
            tally.outcome(Code::Incomplete);
            return None;
        }
        SourceState::Gone => "the login's file is gone",
        SourceState::LoggedOut => "the CLI is logged out",
        SourceState::Live(login) if login.needs_person(now) => "the login has ended",
        SourceState::Live(_) | SourceState::OutOfReach(_) => {
            tally.outcome(Code::Ok);
            return None;
        }
    };
    tally.outcome(Code::LoginNeeded);
    let names = names(agents(inventory, SourceKind::Claude, Some(Route::ClaudeCli)));
    let message = format!("Claude Code runs the models of {names}, and {why}: only a login with claude can help");
    let problem = Problem::lasting("login-needed", message, source.kind.login_command());
    Some(problem.about(About::login(source.kind.name())))
}

/// The first agents of several, by name.
fn names<'a>(agents: impl Iterator<Item = StoreRef<'a>>) -> String {
    let mut agents = agents.map(|at| clean(&at.agent().id));
    let first = agents.next().unwrap_or_default();
    match agents.count() {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

/// Notes about the agents that Claude Code runs: `status` shows the route where it is not the API.
#[must_use]
pub fn shown(inventory: &Inventory) -> Option<Problem> {
    let agents = names(agents(inventory, SourceKind::Claude, Some(Route::ClaudeCli)));
    let message = format!("Claude Code runs the anthropic models of {agents}, with its own login (route claude-cli)");
    any(inventory).then(|| Problem::note("route", message, ""))
}

/// Why `--create` adds nothing for agents: one note for each login and reason.
#[must_use]
pub fn not_needed(inventory: &Inventory, options: &Options) -> Vec<Problem> {
    let mut notes = Vec::new();
    let mut kinds: Vec<SourceKind> = inventory.sources.iter().map(|source| source.kind).collect();
    kinds.dedup();
    for kind in kinds.into_iter().filter(|_| options.create) {
        let mut note = |message: String| notes.push(Problem::note("route", message, ""));
        let is_asked = options.asked.iter().any(|id| id.kind == kind);
        let in_sqlite = inventory.selected().any(|at| at.dir().era == Era::Sqlite);
        let never = match kind {
            SourceKind::Qwen => Some(Reason::ServiceEnded),
            SourceKind::MiniMax if in_sqlite => Some(Reason::TakenOver),
            SourceKind::Codex if inventory.selected().all(|at| link::reads_itself(at, kind)) => {
                Some(Reason::ReadsCodexItself)
            }
            _ => None,
        };
        if let Some(reason) = never.filter(|_| is_asked) {
            note(format!("{}: {}: nothing is added", kind.name(), reason.pattern()));
        }
        let Some((_, provider, _)) = target(kind) else { continue };
        let mut by_cli = agents(inventory, kind, Some(Route::ClaudeCli)).peekable();
        if by_cli.peek().is_some() {
            let names = names(by_cli);
            note(format!(
                "{names}: Claude Code runs the {provider} models with its own login: nothing is to be linked"
            ));
        }
        let needs = |of: &Installation| any_needs(of, kind);
        let is_wanted = !options.agents.is_empty() || !(inventory.installations.iter().any(needs) || any(inventory));
        let mut others = agents(inventory, kind, None).peekable();
        if is_wanted && others.peek().is_some() {
            note(format!("{}: no model of {provider}: nothing is linked for it", names(others)));
        }
    }
    notes
}
