//! Standing problems: nothing that a run could put right, and that a person should know of.

use super::item::Item;
use crate::inventory::{Inventory, Standing};
use crate::lineage::Verdict;
use crate::openclaw::profile::Kind;
use crate::problem::Problem;

/// The warnings that the decided profiles call for.
#[must_use]
pub fn warnings(items: &[Item<'_>], inventory: &Inventory) -> Vec<Problem> {
    let mut problems = other_accounts(items);
    for source in &inventory.sources {
        let name = source.kind.name();
        let Some(login) = source.login() else { continue };
        let bound = || items.iter().filter(|item| item.row.source == Some(name));
        let refresh = login.refresh.as_ref().map(|token| token.fingerprint);
        let sharing = bound().filter(|item| {
            item.row.kind == Some(Kind::OAuth.name()) && refresh.is_some() && item.row.refresh == refresh
        });
        let count = sharing.count();
        if count > 0 {
            let profiles = if count == 1 { "1 profile".to_owned() } else { format!("{count} profiles") };
            let message = format!(
                "{name}'s refresh token is shared with {profiles} of OpenClaw: whoever spends it first logs the others out"
            );
            problems.push(Problem::warning(
                "shared-lineage",
                message,
                "--access-only delivers the access token alone",
            ));
        }
        let has_store = inventory.stores.iter().any(|store| store.selected && store.standing == Standing::Read);
        if has_store && bound().next().is_none() {
            let message = format!("no profile of OpenClaw is bound to {name}");
            let hint = "ocsync sync --create adds one; \"bind\" in ocsync's config names another";
            problems.push(Problem::warning("nothing-bound", message, hint));
        }
    }
    problems
}

/// Profiles of other accounts, a line for each source.
fn other_accounts(items: &[Item<'_>]) -> Vec<Problem> {
    let mut groups: Vec<(&Item<'_>, usize)> = Vec::new();
    for item in items.iter().filter(|item| item.row.verdict == Some(Verdict::OtherAccount)) {
        match groups.iter_mut().find(|(first, _)| first.row.source == item.row.source) {
            Some(group) => group.1 += 1,
            None => groups.push((item, 1)),
        }
    }
    let problem = |(item, count): &(&Item<'_>, usize)| {
        let more = if *count > 1 { format!(" and {} more", count - 1) } else { String::new() };
        let profile = item.row.profile.as_deref().unwrap_or_default();
        let source = item.row.source.unwrap_or_default();
        let message = format!("{} {profile}{more}: another account than the {source} login", item.row.agent);
        Problem::warning("other-account", message, "nothing is delivered to it")
    };
    groups.iter().map(problem).collect()
}
