//! Standing problems: nothing that a run could put right, and that a person should know of.
//!
//! Those of this file come with what every command reads anyway. The others cost a look at more
//! files, and are for `status` alone: `sync` runs every few minutes, and stays cheap.

pub mod cooldowns;
pub mod drift;
pub mod files;
pub mod gateways;
pub mod logins;
pub mod profiles;

use crate::model::inventory::{Inventory, StoreState};
use crate::model::item::Item;
use crate::model::journal::Journal;
use crate::model::problem::Problem;
use crate::model::profile::{Profile, ProfileKind};
use crate::model::secret::fingerprint;
use crate::model::verdict::Verdict;
use crate::settings::options::Options;

/// What `status` looks at.
pub struct Sight<'a> {
    /// The decided profiles.
    pub items: &'a [Item<'a>],
    /// What was read.
    pub inventory: &'a Inventory,
    /// What is remembered.
    pub journal: &'a Journal,
    /// The options.
    pub options: &'a Options,
    /// A login that ends within this time is told, in milliseconds.
    pub login_within: i64,
}

/// What only `status` tells, the most pressing first.
#[must_use]
pub fn standing(sight: &Sight<'_>) -> Vec<Problem> {
    let mut problems = logins::ending(&sight.inventory.sources, sight.options.policy.now, sight.login_within);
    problems.extend(profiles::reverted(sight.items));
    problems.extend(profiles::of_another_mode(sight.items));
    problems.extend(profiles::fenced(sight.items, sight.inventory));
    problems.extend(profiles::retired(sight.items));
    problems.extend(cooldowns::shunned(sight.inventory, sight.options.policy.now));
    problems.extend(gateways::locks(sight));
    problems.extend(gateways::owed(sight));
    problems.extend(gateways::doubled(sight.inventory));
    problems.extend(files::leftovers(sight.inventory));
    problems.extend(files::open_or_foreign(sight.inventory));
    problems
}

/// Subjects by what is to be said of them: a line for each thing to say, not for each agent.
fn grouped<K: PartialEq>(subjects: impl IntoIterator<Item = (K, String)>) -> Vec<(K, String)> {
    let mut groups: Vec<(K, String, usize)> = Vec::new();
    for (key, subject) in subjects {
        match groups.iter_mut().find(|(known, ..)| *known == key) {
            Some(group) => group.2 += 1,
            None => groups.push((key, subject, 0)),
        }
    }
    let named = |(key, first, more): (K, String, usize)| match more {
        0 => (key, first),
        _ => (key, format!("{first} and {more} more")),
    };
    groups.into_iter().map(named).collect()
}

/// An agent's profile, as it is called in a message.
fn name(item: &Item<'_>) -> String {
    format!("{} {}", item.at.agent().id, item.id().unwrap_or_default())
}

/// The warnings that the decided profiles call for.
#[must_use]
pub fn all(items: &[Item<'_>], inventory: &Inventory) -> Vec<Problem> {
    let mut problems = other_accounts(items);
    for source in &inventory.sources {
        let name = source.kind.name();
        let Some(login) = source.login() else { continue };
        let bound = || items.iter().filter(|item| item.source.is_some_and(|of| of.kind == source.kind));
        let refresh = fingerprint(login.refresh.as_ref());
        let sharing = bound().filter(|item| {
            let holds = |profile: &Profile| {
                profile.kind == ProfileKind::OAuth && fingerprint(profile.refresh.as_ref()) == refresh
            };
            refresh.is_some() && item.profile().is_some_and(holds)
        });
        let count = sharing.count();
        if count > 0 {
            let profiles = if count == 1 { "1 profile".to_owned() } else { format!("{count} profiles") };
            let message = format!(
                "{name}'s refresh token is shared with {profiles} of OpenClaw: whoever spends it first logs the others out"
            );
            let hint = if bound().any(|item| !item.at.is_sqlite()) {
                "ocsync sync --access-only delivers the access token alone"
            } else {
                "ocsync sync --create links it to the CLI's own file instead"
            };
            problems.push(Problem::warning("shared-lineage", message, hint));
        }
        let has_store = inventory.selected().any(|at| at.store.state == StoreState::Read);
        let is_whole = inventory.stores().all(|at| at.store.selected);
        if has_store && is_whole && bound().next().is_none() {
            let message = format!("no profile of OpenClaw is bound to {name}");
            let hint = "ocsync sync --create adds one; \"bind\" in ocsync's config names another";
            problems.push(Problem::warning("nothing-bound", message, hint));
        }
    }
    problems
}

/// Profiles of other accounts, a line for each source.
fn other_accounts(items: &[Item<'_>]) -> Vec<Problem> {
    let others = items.iter().filter(|item| item.verdict == Some(Verdict::OtherAccount));
    let groups = grouped(others.map(|item| (item.source.map_or("", |source| source.kind.name()), name(item))));
    let problem = |(source, names): (&str, String)| {
        let message = format!("{names}: another account than the {source} login");
        Problem::warning("other-account", message, "nothing is delivered to it")
    };
    groups.into_iter().map(problem).collect()
}
