//! `--create` where profiles are in SQLite: which logins are linked to the main agent, and doing it.
//!
//! A provider that has a profile of its own (a key, a setup token, another login) is left alone. A left-over copy
//! of the CLI's own login is no reason to: it is not written, and dies with the next rotation.

use std::sync::Arc;

use crate::core::decide::Decider;
use crate::model::installation::Era;
use crate::model::inventory::{Inventory, StoreState};
use crate::model::item::{Action, Outcome};
use crate::model::problem::Problem;
use crate::model::profile::{Profile, ProfileKind};
use crate::model::verdict::Decision;
use crate::model::verdict::Verdict;
use crate::openclaw::link::plan;
use crate::report::rows;
use crate::settings::options::Options;
use crate::sync::create::protected;
use crate::sync::items::Item;
use crate::sync::link_one::{self, Linking, Request};

/// A login to be linked: index of the store and of the source.
pub type Link = (usize, usize);

/// What is to be linked, and what stands against the rest. Nothing is started.
#[must_use]
pub fn plan(inventory: &Inventory, decider: &Decider<'_>, options: &Options) -> (Vec<Link>, Vec<Problem>) {
    let (mut links, mut problems) = (Vec::new(), Vec::new());
    for (index, store) in inventory.stores.iter().enumerate().filter(|_| options.create) {
        let state_dir = &inventory.state_dirs[store.state_dir];
        let agent = &state_dir.agents[store.agent];
        let is_open = matches!(store.state, StoreState::Read | StoreState::Missing);
        if state_dir.era != Era::Sqlite || !agent.main || !store.selected || !is_open {
            continue;
        }
        for (source, of) in inventory.sources.iter().enumerate() {
            let Some((id, provider, _)) = plan::target(of.kind) else { continue };
            let own = |(profile, decision): (&Arc<Profile>, &Arc<Decision>)| {
                let bound = decision.source == Some(source);
                let linked = bound && decision.judgement.verdict == Verdict::Linked;
                let other = profile.provider == provider
                    && profile.id != id
                    && !(bound && profile.kind == ProfileKind::OAuth);
                linked || other
            };
            let served = store.profiles.iter().zip(decider.decisions(index)).any(own);
            if served || protected(options, &agent.id, id) {
                continue;
            }
            let linking = ask(inventory, (index, source), options, true);
            problems.extend(linking.problems);
            if linking.outcome == Outcome::Planned {
                links.push((index, source));
            }
        }
    }
    (links, problems)
}

fn ask(inventory: &Inventory, (store, source): Link, options: &Options, dry: bool) -> Linking {
    let (view, source) = (&inventory.stores[store], &inventory.sources[source]);
    let state_dir = &inventory.state_dirs[view.state_dir];
    let id = plan::target(source.kind).map(|(id, ..)| id);
    let program = link_one::own_program();
    let request = Request {
        state_dir: &state_dir.path,
        version: state_dir.version,
        settings: &state_dir.settings,
        agent: &state_dir.agents[view.agent].id,
        existing: view.profiles.iter().find(|profile| Some(profile.id.as_str()) == id).map(|profile| &**profile),
        source,
        program: program.as_deref(),
        options,
    };
    link_one::create(&request, dry)
}

/// The item of a login that is to be linked.
#[must_use]
pub fn item<'a>(inventory: &Inventory, (store, source): Link) -> Item<'a> {
    let of = &inventory.sources[source];
    let mut shown = rows::store_row(inventory, &inventory.stores[store]);
    if let Some((id, provider, _)) = plan::target(of.kind) {
        (shown.profile, shown.provider) = (Some(id.to_owned()), Some(provider.to_owned()));
    }
    shown.kind = Some(ProfileKind::Token.name());
    shown.source = Some(of.kind.name());
    shown.verdict = Some(Verdict::Unbound);
    shown.action = Action::Link;
    shown.result = Outcome::Planned;
    "the provider has no profile that follows the CLI".clone_into(&mut shown.reason);
    Item { store, decided: None, row: shown }
}

/// Links what is planned. What is linked now is `Verdict::Linked` from here on, and by that the journal
/// learns that a gateway has to be told.
pub fn make(links: &[Link], items: &mut [Item<'_>], inventory: &Inventory, options: &Options) -> Vec<Problem> {
    let mut problems = Vec::new();
    for link in links {
        let name = inventory.sources[link.1].kind.name();
        let is_this = |item: &&mut Item<'_>| {
            item.store == link.0 && item.row.action == Action::Link && item.row.source == Some(name)
        };
        let Some(item) = items.iter_mut().find(is_this) else { continue };
        if crate::sys::signal::received() {
            item.row.result = Outcome::Failed;
            continue;
        }
        let linking = ask(inventory, *link, options, false);
        if linking.outcome == Outcome::Done {
            item.row.verdict = Some(Verdict::Linked);
        }
        item.row.result = linking.outcome;
        problems.extend(linking.problems);
    }
    problems
}
