//! What a person should know although a run cannot correct it.
//!
//! Every command gives the warnings of this file, because they need only what it has read already. The other warnings
//! need more files. Only `status` gives them: `sync` runs every few minutes and must stay cheap.
//!
//! - `also_held` - other programs that hold a login's refresh token
//! - `clock` - a clock that was never set, or was set back
//! - `cooldowns` - profiles that OpenClaw does not use for a while
//! - `drift` - why the exit code of `sync` is not 0
//! - `files` - files that should not be there, or that other users can open
//! - `gateways` - locks and reloads that are in the way of a delivery
//! - `kept` - logins that were replaced and are kept
//! - `logins` - logins that end soon
//! - `not_configured` - logins beside the first ones that no setting names
//! - `setup_tokens` - setup tokens that end soon
//! - `shared_lineage` - a login's refresh token that profiles hold as well
//! - `shadows` - profiles that Claude Code gets in place of its own login
//! - `nothing_bound` - logins that no profile follows, and agents without a profile for one
//! - `profiles` - profiles that OpenClaw will not use as they are

pub mod also_held;
pub mod clock;
pub mod cooldowns;
pub mod drift;
pub mod files;
pub mod gateways;
pub mod kept;
pub mod logins;
pub mod not_configured;
pub mod nothing_bound;
pub mod profiles;
pub mod setup_tokens;
pub mod shadows;
pub mod shared_lineage;

use crate::core::decide::Decider;
use crate::core::other_account::both;
use crate::model::inventory::Inventory;
use crate::model::item::Item;
use crate::model::journal::Journal;
use crate::model::problem::{Problem, clean};
use crate::model::reason::Reason;
use crate::settings::options::Options;
use crate::sync::by_cli;

/// Everything that `status` looks at for its warnings.
pub struct Inspection<'a> {
    /// The profiles, with the decisions about them.
    pub items: &'a [Item<'a>],
    /// Everything that was read.
    pub inventory: &'a Inventory,
    /// The journal.
    pub journal: &'a Journal,
    /// The options.
    pub options: &'a Options,
    /// A login that ends within this time is reported, in milliseconds.
    pub login_within: i64,
}

/// The warnings that only `status` gives, the most urgent first.
#[must_use]
pub fn standing(inspection: &Inspection<'_>) -> Vec<Problem> {
    let mut problems =
        logins::ending(&inspection.inventory.sources, inspection.options.policy.now, inspection.login_within);
    problems.extend(clock::behind(&inspection.journal.history, inspection.options.policy.now));
    problems.extend(also_held::copies(inspection));
    problems.extend(logins::out_of_reach(&inspection.inventory.sources));
    problems.extend(not_configured::logins(inspection));
    problems.extend(setup_tokens::unseen(inspection));
    problems.extend(profiles::reverted(inspection.items));
    problems.extend(profiles::of_another_mode(inspection.items));
    problems.extend(profiles::fenced(inspection.items, inspection.inventory));
    problems.extend(profiles::retired(inspection.items));
    problems.extend(shadows::kept_in_step(inspection.items, inspection.options.policy.now));
    problems.extend(cooldowns::not_used(inspection.items, inspection.inventory, inspection.options.policy.now));
    problems.extend(by_cli::shown(inspection.inventory));
    problems.extend(gateways::locks(inspection));
    problems.extend(gateways::owed(inspection));
    problems.extend(gateways::own_anthropic(inspection.inventory));
    problems.extend(files::leftovers(inspection.inventory));
    problems.extend(files::open_or_foreign(inspection.inventory));
    problems.extend(kept::logins(inspection));
    problems
}

/// Groups the subjects of one warning: one line for each key, and not one for each agent.
fn grouped<K: PartialEq>(subjects: impl IntoIterator<Item = (K, String)>) -> Vec<(K, String)> {
    gathered(subjects).into_iter().map(|(key, all)| (key, first_of(&all))).collect()
}

/// The subjects of each key, in order.
fn gathered<K: PartialEq>(subjects: impl IntoIterator<Item = (K, String)>) -> Vec<(K, Vec<String>)> {
    let mut groups: Vec<(K, Vec<String>)> = Vec::new();
    for (key, subject) in subjects {
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some(group) => group.1.push(subject),
            None => groups.push((key, vec![subject])),
        }
    }
    groups
}

/// The first of several subjects, and how many more there are.
fn first_of(subjects: &[String]) -> String {
    match subjects {
        [first] => first.clone(),
        [first, more @ ..] => format!("{first} and {} more", more.len()),
        [] => String::new(),
    }
}

/// The name of an agent's profile in a message.
fn name(item: &Item<'_>) -> String {
    format!("{} {}", item.at.agent().id, item.id().unwrap_or_default())
}

/// The warnings that every command gives.
#[must_use]
pub fn all(items: &[Item<'_>], inventory: &Inventory, decider: &Decider<'_>, options: &Options) -> Vec<Problem> {
    let mut problems = other_accounts(items);
    for (index, source) in inventory.sources.iter().enumerate().filter(|(_, source)| source.login().is_some()) {
        problems.extend(shared_lineage::of(source, items, inventory, &options.policy));
        problems.extend(nothing_bound::of(index, items, inventory, decider, options));
    }
    problems
}

/// Profiles of other accounts, one line for each source and account. Those that are left behind have a line of their own
/// in `drift`.
fn other_accounts(items: &[Item<'_>]) -> Vec<Problem> {
    let others = items.iter().filter(|item| item.because.reason == Reason::OtherAccount);
    let accounts = |item: &Item<'_>| {
        let (source, profile) = item.source.zip(item.profile())?;
        both(source.kind, source.login()?, profile, None)
    };
    let login = |item: &Item<'_>| item.source.map_or("", |source| source.name);
    let text = |item: &Item<'_>| match accounts(item).map(|(theirs, ours)| (clean(&theirs), clean(&ours))) {
        Some((theirs, ours)) => format!(" ({theirs}): another account than the {} login ({ours})", login(item)),
        None => format!(": another account than the {} login", login(item)),
    };
    let groups = grouped(others.map(|item| (text(item), name(item))));
    let problem =
        |(text, names)| Problem::warning("other-account", format!("{names}{text}"), "ocsync delivers nothing to it");
    groups.into_iter().map(problem).collect()
}
