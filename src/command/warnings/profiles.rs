//! Profiles that somebody has changed back, or that OpenClaw will not use as they are.

use super::{grouped, name};
use crate::command::item::Item;
use crate::inventory::Inventory;
use crate::lineage::{Shape, Verdict};
use crate::openclaw::profile::Reference;
use crate::problem::Problem;

/// Profiles that hold an older credential than was delivered.
pub(super) fn reverted(items: &[Item<'_>]) -> Vec<Problem> {
    let reverted = items.iter().filter(|item| item.row.verdict == Some(Verdict::Reverted));
    let problem = |((), names): ((), String)| {
        let message = format!("{names}: somebody has put an older credential back over the delivered one");
        let hint = "gateways of OpenClaw 2026.2.26 to 2026.3.22 do; ocsync sync delivers again";
        Problem::warning("reverted", message, hint)
    };
    grouped(reverted.map(|item| ((), name(item)))).into_iter().map(problem).collect()
}

/// Profiles whose type is not what `auth.profiles.<id>.mode` in openclaw.json asks for.
pub(super) fn of_another_mode(items: &[Item<'_>], inventory: &Inventory) -> Vec<Problem> {
    let conflict = |item: &Item<'_>| {
        let (profile, decision) = item.decided.as_ref()?;
        let state_dir = &inventory.state_dirs[inventory.stores[item.store].state_dir];
        let mode = state_dir.settings.mode(&profile.id)?;
        let accepted = mode == "oauth" || (mode == "token" && decision.shape == Shape::Token);
        let opaque = decision.judgement.verdict == Verdict::Opaque && profile.reference == Reference::None;
        (opaque && !accepted).then(|| ((mode.to_owned(), profile.kind.name()), name(item)))
    };
    let problem = |((mode, kind), names): ((String, &str), String)| {
        let message = format!("{names}: is \"{kind}\", and openclaw.json says mode \"{mode}\"; left alone");
        let hint = if mode == "token" {
            "ocsync sync --force-type makes it a token; or correct auth.profiles in openclaw.json"
        } else {
            "correct \"mode\" under auth.profiles in openclaw.json"
        };
        Problem::warning("mode-conflict", message, hint)
    };
    grouped(items.iter().filter_map(conflict)).into_iter().map(problem).collect()
}
