//! `--create` in SQLite: plans which logins are linked to which agents, and links them.
//!
//! OpenClaw's own command writes the row of one agent, and never the row that all agents of 2026.8.1 and later share. So
//! each of them gets a link of its own.
//!
//! If the provider has another profile (a key, a setup token, another login), nothing is linked. A copy of the CLI's own
//! login that is not kept in step does not count: it is dead after the next rotation.

use std::sync::Arc;

use crate::core::decide::Decider;
use crate::model::decision::Decision;
use crate::model::installation::Era;
use crate::model::inventory::{Inventory, StoreRef, StoreState};
use crate::model::item::{Action, Item, Linked, Outcome, Subject};
use crate::model::problem::Problem;
use crate::model::profile::{Profile, ProfileKind};
use crate::model::reason::Reason;
use crate::model::route::Route;
use crate::model::source::{Source, SourceKind};
use crate::model::verdict::Verdict;
use crate::model::version::Version;
use crate::openclaw::link::plan;
use crate::settings::options::Options;
use crate::sync::creates::creates;
use crate::sync::link_one::{self, Linking, Request};

/// A login to be linked.
#[derive(Clone, Copy, Debug)]
pub struct Link<'a> {
    /// The store of the agent that gets it.
    pub at: StoreRef<'a>,
    /// The login.
    pub source: &'a Source,
}

/// The logins to link, and why others are not linked. It starts no program.
#[must_use]
pub fn plan<'a>(inventory: &'a Inventory, decider: &Decider<'_>, options: &Options) -> (Vec<Link<'a>>, Vec<Problem>) {
    let (mut links, mut problems) = (Vec::new(), Vec::new());
    for at in inventory.selected().filter(|_| options.create) {
        for (index, source) in inventory.sources.iter().enumerate() {
            let is_its =
                plan::target(source.kind).is_some_and(|(id, ..)| creates(source, &at.agent().id, id, options));
            if !is_its || !lacks(at, index, source.kind, decider, !options.agents.is_empty()) {
                continue;
            }
            let link = Link { at, source };
            let linking = carry_out(&link, options, true);
            problems.extend(linking.problems);
            if linking.outcome == Outcome::Planned {
                links.push(link);
            }
        }
    }
    (links, problems)
}

/// Whether an agent in SQLite calls the API with a login and has no profile for it. `named`: the command line names the
/// agent.
#[must_use]
pub fn lacks(at: StoreRef<'_>, index: usize, kind: SourceKind, decider: &Decider<'_>, named: bool) -> bool {
    let Some((id, provider, _)) = plan::target(kind) else { return false };
    let agent = at.agent();
    // Up to 2026.7.35 the other agents inherit the main agent's profiles.
    let is_asked = agent.main || named || at.dir().will_share();
    let is_open = matches!(at.store.state, StoreState::Read | StoreState::Missing);
    let serves = |(profile, decision): (&Arc<Profile>, &Arc<Decision>)| {
        let bound = decision.source == Some(index);
        let linked = bound && decision.judgement.verdict == Verdict::Linked;
        // An old copy of the login serves nobody, but one that is kept in step does.
        let is_old = bound && profile.kind == ProfileKind::OAuth && !decider.keeps_in_place(decision);
        let other = profile.provider == provider && profile.id != id && !is_old;
        linked || other
    };
    at.dir().era == Era::Sqlite
        && !reads_itself(at, kind)
        && is_asked
        && is_open
        && at.dir().settings.routes.of(&agent.id, kind) == Some(Route::Api)
        && !decider.protects(&agent.id, id)
        && !at.store.profiles.iter().zip(decider.decisions(at.store)).any(serves)
}

/// Whether OpenClaw reads the login of a CLI by itself there, so that no profile is needed: SQLite up to 2026.7.
#[must_use]
pub fn reads_itself(at: StoreRef<'_>, kind: SourceKind) -> bool {
    let is_old = at.dir().version.is_some_and(|version| version < Version::SHARED_STORE);
    kind == SourceKind::Codex && at.dir().era == Era::Sqlite && is_old
}

/// What is in the way of a link to a login, where nothing is started.
pub fn obstacle(at: StoreRef<'_>, source: &Source, options: &Options) -> Option<Problem> {
    carry_out(&Link { at, source }, options, true).problems.into_iter().next()
}

/// Links one login. With `dry` it starts nothing and only finds out what it would do.
fn carry_out(link: &Link<'_>, options: &Options, dry: bool) -> Linking {
    let Link { at, source } = *link;
    let program = link_one::own_program();
    let request = Request {
        state_dir: &at.dir().path,
        border: &at.dir().border,
        version: at.dir().version,
        settings: &at.dir().settings,
        agent: &at.agent().id,
        profiles: &at.store.profiles,
        source,
        program: program.as_deref(),
        options,
    };
    link_one::create(&request, dry)
}

/// The item of a login to link.
pub fn item<'a>(link: &Link<'a>) -> Item<'a> {
    let target = plan::target(link.source.kind);
    Item {
        at: link.at,
        subject: target.map_or(Subject::Store, |(id, provider, _)| Subject::Link(Box::new(Linked { id, provider }))),
        source: Some(link.source),
        verdict: Some(Verdict::Unbound),
        action: Action::Link,
        outcome: Outcome::Planned,
        because: Reason::ProviderFollowsNone.into(),
        cooldown_lifted: false,
        after: None,
    }
}

/// Links the planned logins. A login that is linked now has `Verdict::Linked` from here on. By this verdict the
/// journal learns that the gateway needs a reload.
pub fn make(links: &[Link<'_>], items: &mut [Item<'_>], options: &Options) -> Vec<Problem> {
    let mut problems = Vec::new();
    for link in links {
        let is_this = |item: &&mut Item<'_>| {
            item.at.store.number == link.at.store.number
                && item.action == Action::Link
                && item.source.is_some_and(|source| source.id() == link.source.id())
        };
        let Some(item) = items.iter_mut().find(is_this) else { continue };
        if crate::sys::signal::received() {
            item.outcome = Outcome::Failed;
            continue;
        }
        let linking = carry_out(link, options, false);
        if linking.outcome == Outcome::Done {
            item.verdict = Some(Verdict::Linked);
        }
        item.outcome = linking.outcome;
        problems.extend(linking.problems);
    }
    problems
}
