//! What a person should know although a run cannot correct it.
//!
//! Every command gives the warnings of this file, because they need only what it has read already. The other warnings
//! need more files. Only `status` gives them: `sync` runs every few minutes and must stay cheap.
//!
//! - `also_held` - other programs that hold a login's refresh token
//! - `cooldowns` - profiles that OpenClaw does not use for a while
//! - `drift` - why the exit code of `sync` is not 0
//! - `files` - files that should not be there, or that other users can open
//! - `gateways` - locks and reloads that are in the way of a delivery
//! - `kept` - logins that were replaced and are kept
//! - `logins` - logins that end soon
//! - `not_configured` - logins beside the first ones that no setting names
//! - `setup_tokens` - setup tokens that end soon
//! - `shadows` - profiles that Claude Code gets in place of its own login
//! - `profiles` - profiles that OpenClaw will not use as they are

pub mod also_held;
pub mod cooldowns;
pub mod drift;
pub mod files;
pub mod gateways;
pub mod kept;
pub mod logins;
pub mod not_configured;
pub mod profiles;
pub mod setup_tokens;
pub mod shadows;

use crate::core::account::both;
use crate::core::decide::Decider;
use crate::model::installation::Era;
use crate::model::inventory::{Inventory, StoreRef, StoreState};
use crate::model::item::Item;
use crate::model::journal::Journal;
use crate::model::problem::{About, Problem, clean};
use crate::model::profile::{Profile, ProfileKind};
use crate::model::reason::Reason;
use crate::model::secret::fingerprint;
use crate::model::source::SourceKind;
use crate::model::version::Version;
use crate::settings::options::Options;
use crate::sync::create::has_profile;
use crate::sync::{by_cli, link};

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

/// The name of an agent's profile in a message.
fn name(item: &Item<'_>) -> String {
    format!("{} {}", item.at.agent().id, item.id().unwrap_or_default())
}

/// The warnings that every command gives.
#[must_use]
pub fn all(items: &[Item<'_>], inventory: &Inventory, decider: &Decider<'_>) -> Vec<Problem> {
    let mut problems = other_accounts(items);
    for (index, source) in inventory.sources.iter().enumerate() {
        let name = source.name;
        let Some(login) = source.login() else { continue };
        let bound = || items.iter().filter(|item| item.source.is_some_and(|of| of.id() == source.id()));
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
                "ocsync sync takes it out of SQLite, and leaves the access token"
            };
            problems.push(Problem::warning("shared-lineage", message, hint).about(About::login(name)));
        }
        let has_store = inventory.selected().any(|at| at.store.state == StoreState::Read);
        let is_whole = inventory.stores().all(|at| at.store.selected);
        let is_needed = by_cli::any_by_api(inventory, source.kind);
        let has_none = |at: &StoreRef<'_>| {
            let mut bound = decider.decisions(at.store).iter().filter(|decision| decision.source == Some(index));
            bound.next().is_none() && link::lacks(*at, index, source.kind, decider, false)
        };
        let lacking: Vec<_> = inventory.selected().filter(has_none).collect();
        if has_store && is_whole && is_needed && bound().next().is_none() {
            let message = format!("no profile of OpenClaw is bound to {name}");
            let adds = |at: StoreRef<'_>| {
                at.dir().era == Era::Unclear
                    || at.dir().era == Era::Json && at.agent().main && !has_profile(at.store, source.kind)
            };
            let hint = if !lacking.is_empty() || inventory.selected().any(adds) {
                let without = lacking.first().map_or("", |at| without_a_copy(*at, source.kind));
                format!("ocsync sync --create adds one; \"bind\" in ocsync's config names another{without}")
            } else {
                "\"bind\" in ocsync's config binds one that is there".to_owned()
            };
            problems.push(Problem::warning("nothing-bound", message, hint).about(About::login(name)));
        } else if let Some(first) = lacking.first().filter(|_| has_store && is_whole) {
            let more = if lacking.len() > 1 { format!(" and {} more", lacking.len() - 1) } else { String::new() };
            let message = format!("{}{more}: no profile that is bound to {name}", clean(&first.agent().id));
            let hint = format!("ocsync sync --create links one{}", without_a_copy(*first, source.kind));
            problems.push(Problem::warning("nothing-bound", message, hint).about(About::login(name)));
        }
    }
    problems
}

/// The way to Codex's login without a profile, where OpenClaw does not read that login by itself.
fn without_a_copy(at: StoreRef<'_>, kind: SourceKind) -> &'static str {
    let is_read = at.dir().version.is_none_or(|version| version < Version::CODEX_NOT_READ);
    if kind != SourceKind::Codex || is_read {
        return "";
    }
    "; the codex plugin needs none after: openclaw config set plugins.entries.codex.config.appServer.homeScope user"
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
        |(text, names)| Problem::warning("other-account", format!("{names}{text}"), "nothing is delivered to it");
    groups.into_iter().map(problem).collect()
}
