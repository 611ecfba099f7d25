//! Logins that no profile follows, and agents in SQLite without a profile for one.
//!
//! The hint is `--create` only where that adds or links a profile now. Else it is what has to be done first.

use crate::core::decide::Decider;
use crate::model::installation::Era;
use crate::model::inventory::{Inventory, StoreRef, StoreState};
use crate::model::item::Item;
use crate::model::problem::{About, Problem, clean};
use crate::model::reason::Reason;
use crate::model::source::SourceKind;
use crate::model::version::Version;
use crate::settings::options::Options;
use crate::sync::{by_cli, create, creates, link};

/// How many agents are asked what is in the way of a link. It is the same for all of them, but for a name that is taken.
const ASKED: usize = 100;

/// The warning about a login, an index of the inventory's sources.
pub(super) fn of(
    index: usize,
    items: &[Item<'_>],
    inventory: &Inventory,
    decider: &Decider<'_>,
    options: &Options,
) -> Option<Problem> {
    let source = &inventory.sources[index];
    let has_store = inventory.selected().any(|at| at.store.state == StoreState::Read);
    if !has_store || !inventory.stores().all(|at| at.store.selected) {
        return None;
    }
    let name = source.name;
    let warning = |message: String, hint: String| {
        Some(Problem::warning("nothing-bound", message, hint).about(About::login(name)))
    };
    let has_none = |at: &StoreRef<'_>| {
        let mut bound = decider.decisions(at.store).iter().filter(|decision| decision.source == Some(index));
        bound.next().is_none() && link::lacks(*at, index, source.kind, decider, false)
    };
    let lacking: Vec<_> = inventory.selected().filter(has_none).collect();
    let without = || lacking.first().map_or("", |at| without_a_copy(*at, source.kind));
    let links = || lacking.iter().take(ASKED).map(|at| link::obstacle(*at, source, options));
    let is_bound = items.iter().any(|item| item.source.is_some_and(|of| of.id() == source.id()));
    if is_bound {
        let first = lacking.first()?;
        let more = if lacking.len() > 1 { format!(" and {} more", lacking.len() - 1) } else { String::new() };
        let message = format!("{}{more}: no profile that is bound to {name}", clean(&first.agent().id));
        let hint = first_of(links(), "to link one: ocsync sync --create").unwrap_or_default();
        return warning(message, hint + without());
    }
    let reads_itself = |at: StoreRef<'_>| link::reads_itself(at, source.kind);
    let is_needed = by_cli::any_by_api(inventory, source.kind) && !inventory.selected().all(reads_itself);
    // Qwen's service has ended.
    if !is_needed || source.kind == SourceKind::Qwen {
        return None;
    }
    let adds = |at: &StoreRef<'_>| {
        let agent = at.agent();
        let is_its = creates::creates(source, &agent.id, source.kind.ids()[0], options);
        at.dir().era == Era::Json && agent.main && is_its && !creates::has_profile(at.store, source.kind)
    };
    let unclear = inventory.selected().find(|at| at.dir().era == Era::Unclear);
    let additions = inventory.selected().filter(adds);
    let additions = additions.map(|at| create::obstacle_of(at, index, source, decider, options));
    let command = "\"bind\" in ocsync's config names another; to add one: ocsync sync --create";
    let hint = first_of(additions.chain(links()), command);
    let hint = hint.or_else(|| unclear.map(|_| Reason::UnclearEra.remedy_of(Some(source)).into_owned()));
    let hint = hint.unwrap_or_else(|| "\"bind\" in ocsync's config binds one that is there".to_owned());
    warning(format!("no profile of OpenClaw is bound to {name}"), hint + without())
}

/// The hint for several places: the command, if nothing is in the way of one of them, else what the first one needs.
/// `None` where there is no place.
fn first_of(obstacles: impl Iterator<Item = Option<Problem>>, command: &str) -> Option<String> {
    let mut first = None;
    for obstacle in obstacles {
        let Some(problem) = obstacle else { return Some(command.to_owned()) };
        first.get_or_insert(problem.hint);
    }
    first
}

/// The way to Codex's login without a profile, where OpenClaw does not read that login by itself.
fn without_a_copy(at: StoreRef<'_>, kind: SourceKind) -> &'static str {
    let is_read = at.dir().version.is_none_or(|version| version < Version::CODEX_NOT_READ);
    if kind != SourceKind::Codex || is_read {
        return "";
    }
    "; the codex plugin needs none after: openclaw config set plugins.entries.codex.config.appServer.homeScope user"
}
