//! `status PROFILE`: what is looked at, and what is said of a profile that is not there.

use crate::model::exit::Code;
use crate::model::inventory::{Inventory, StoreState};
use crate::model::item::Item;
use crate::model::problem::Problem;
use crate::model::target::Target;
use crate::report::Report;
use crate::settings::did_you_mean::nearest;

/// How many profiles an error names.
const NAMED: usize = 5;

/// Leaves out the stores that hold no such profile. A store that cannot be read may hold it.
pub(super) fn select(inventory: &mut Inventory, target: &Target) {
    for installation in &mut inventory.installations {
        for store in &mut installation.stores {
            let agent = &installation.dir.agents[store.agent].id;
            store.selected &= match store.state {
                StoreState::Read | StoreState::Missing => {
                    store.profiles.iter().any(|profile| target.names(agent, &profile.id))
                }
                StoreState::Refused(_) | StoreState::Failed => target.may_be_of(agent),
            };
        }
    }
}

/// Whether an item may be the profile.
pub(super) fn is_item(item: &Item<'_>, target: &Target) -> bool {
    let agent = &item.at.agent().id;
    item.id().map_or_else(|| target.may_be_of(agent), |id| target.names(agent, id))
}

/// Keeps in a report what is about its profiles and their logins.
pub(super) fn narrow(report: &mut Report) {
    let profiles = &report.profiles;
    report.sources.retain(|source| profiles.iter().any(|row| row.finding.source == Some(source.source)));
    let sources = &report.sources;
    let is_absent = report.explained.is_empty();
    report.problems.retain(|problem| !is_absent || problem.failure.is_some());
    report.problems.retain(|problem| {
        let login = problem.about.source.as_deref();
        login.is_none_or(|login| sources.iter().any(|source| source.source == login))
    });
}

/// The error for a profile that is not there, with the names of those that are.
pub(super) fn absent(target: &Target, inventory: &Inventory) -> Problem {
    let name = |agent: &str, id: &str| format!("{agent}/{id}");
    let known: Vec<String> = inventory
        .stores()
        .flat_map(|at| at.store.profiles.iter().map(move |profile| name(&at.agent().id, &profile.id)))
        .collect();
    let message = format!("no profile \"{}\" found", target.0);
    let words: Vec<&str> = known
        .iter()
        .flat_map(|word| [Some(word.as_str()), word.split_once('/').map(|(_, id)| id)])
        .flatten()
        .collect();
    let hint = match nearest(&target.0, &words) {
        Some(word) => format!("did you mean {word}? to see the profiles: ocsync status"),
        None if known.is_empty() => "to see what is there: ocsync status".to_owned(),
        None => {
            let more = known.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("there are {}{more}", known[..known.len().min(NAMED)].join(", "))
        }
    };
    Problem::error(Code::NoInput, "no-profile", message, hint)
}
