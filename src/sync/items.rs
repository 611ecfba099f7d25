//! Makes an item of every profile that was read, and notes on the item what the run has done.

use std::path::Path;
use std::sync::Arc;

use crate::core::change;
use crate::core::decide::Decider;
use crate::core::outcome;
use crate::model::because::Because;
use crate::model::decision::{Decision, Judgement};
use crate::model::exit::Code;
use crate::model::inventory::{Inventory, StoreRef, StoreState};
use crate::model::item::{Action, Item, Outcome, Subject, Written};
use crate::model::profile::Profile;
use crate::model::reason::Reason;
use crate::model::source::Source;
use crate::model::time::utc;
use crate::refresh::write_back;
use crate::settings::options::Options;

/// The items of the selected agents: one for each profile, and one for each store that is not served.
pub fn all<'a>(inventory: &'a Inventory, decider: &Decider<'_>, options: &Options) -> Vec<Item<'a>> {
    let of_store = |at: StoreRef<'_>| at.store.profiles.len().max(1);
    let mut items = Vec::with_capacity(inventory.stores().map(of_store).sum());
    for at in inventory.selected() {
        if matches!(at.store.state, StoreState::Refused(..) | StoreState::Failed) {
            items.push(of_store_not_served(at));
        }
        for (profile, decision) in at.store.profiles.iter().zip(decider.decisions(at.store)) {
            items.push(of_profile(at, profile, decision, decider, inventory, options));
        }
    }
    items
}

fn of_store_not_served(at: StoreRef<'_>) -> Item<'_> {
    let (outcome, because) = match &at.store.state {
        StoreState::Refused(why) => (Outcome::Refused, Because::clone(why)),
        _ => (Outcome::Failed, Reason::StoreUnreadable.into()),
    };
    Item {
        at,
        subject: Subject::Store,
        source: None,
        verdict: None,
        action: Action::None,
        outcome,
        because,
        cooldown_lifted: false,
        after: None,
    }
}

fn of_profile<'a>(
    at: StoreRef<'a>,
    profile: &'a Arc<Profile>,
    decision: &Arc<Decision>,
    decider: &Decider<'_>,
    inventory: &'a Inventory,
    options: &Options,
) -> Item<'a> {
    let source = decision.source.map(|source| &inventory.sources[source]);
    let judgement = decision.judgement;
    let (action, refused) = match source {
        _ if judgement.verdict.is_update() => (Action::Update, decision.refused),
        _ if decider.is_put_back(&at.store.key, &profile.id) => {
            (Action::Update, put_back_refusal(at, profile, options))
        }
        Some(source) if judgement.is_proven() && options.policy.write_back => {
            (Action::WriteBack, write_back::refusal(source, &options.env.login_file(source.id()), profile))
        }
        _ => (Action::None, decision.refused),
    };
    let outcome = match (action, refused) {
        (Action::None, _) => Outcome::None,
        (_, None) => Outcome::Planned,
        (_, Some(_)) => Outcome::Refused,
    };
    Item {
        at,
        subject: Subject::Read(profile, decision.clone()),
        source,
        verdict: Some(judgement.verdict),
        action,
        outcome,
        because: refused
            .and_then(|why| of_row(at, profile, why))
            .unwrap_or_else(|| because(refused.unwrap_or(judgement.reason), source, decider, at, profile)),
        cooldown_lifted: false,
        after: None,
    }
}

/// Why the row that a profile is in must not be written, if that is the reason.
fn of_row(at: StoreRef<'_>, profile: &Profile, why: Reason) -> Option<Because> {
    let (_, home) = at.store.row(&profile.id)?;
    home.refusal.clone().filter(|because| because.reason == why)
}

/// Why a login must not be put back into a profile of SQLite.
fn put_back_refusal(at: StoreRef<'_>, profile: &Profile, options: &Options) -> Option<Reason> {
    let (_, home) = at.store.row(&profile.id)?;
    if !options.policy.sqlite_write.is_auto() {
        return Some(Reason::SqliteNotWritten);
    }
    home.refusal.as_ref().map(|because| because.reason)
}

/// The reason, with the detail that its sentence needs.
fn because(
    reason: Reason,
    source: Option<&Source>,
    decider: &Decider<'_>,
    at: StoreRef<'_>,
    profile: &Profile,
) -> Because {
    if reason == Reason::LinkNotMapped {
        let path = decider.unmapped(at.dir(), profile).unwrap_or(Path::new(""));
        return Because::of(reason, path.to_string_lossy());
    }
    if reason == Reason::LoginElsewhere {
        return Because::of(reason, decider.elsewhere(profile).unwrap_or_default());
    }
    if let (Reason::FileGone, Some(source)) = (reason, source) {
        let seen = decider.last_seen(source).and_then(utc);
        return Because::of(reason, seen.map_or_else(String::new, |at| format!(", last seen {at} UTC")));
    }
    if reason == Reason::LoginOutOfReach {
        return Because::of(reason, decider.out_of_reach(profile).unwrap_or_default());
    }
    if let (Reason::AccountMoved | Reason::BoundToOther, Some(source)) = (reason, source) {
        let accounts = decider.accounts(source, &at.store.key, profile);
        let text = accounts.map(|(theirs, ours)| format!("{theirs}, and the login is {ours}"));
        return Because::of(reason, text.unwrap_or_else(|| "the ids differ".to_owned()));
    }
    let Some(source) = source.filter(|_| reason == Reason::AccountUntold) else { return reason.into() };
    let file = source.account_file.as_ref().unwrap_or(&source.path).display();
    let nobody = || format!("{file} names no account any more");
    Because::of(reason, source.untold.clone().unwrap_or_else(nobody))
}

/// The exit code that an item asks for. `None` where a problem has the code already, or no source is bound. `acts`: the
/// run is a `sync` or a `refresh`.
pub fn code(item: &Item<'_>, now: i64, acts: bool) -> Option<Code> {
    if item.outcome == Outcome::Failed {
        return None;
    }
    let Some((profile, decision)) = item.decided() else {
        // A profile to create or link that is not there yet.
        return (matches!(item.action, Action::Create | Action::Link) && item.outcome == Outcome::Planned)
            .then_some(Code::Drift);
    };
    if (decision.judgement.reason, item.action) == (Reason::Restored, Action::Update) {
        return Some(if item.outcome == Outcome::Done { Code::Ok } else { Code::Drift });
    }
    match item.source {
        Some(_) if acts && item.outcome == Outcome::Refused && item.because.reason.is_of_database() => {
            Some(Code::Incomplete)
        }
        Some(source) => Some(outcome::code(&decision.judgement, item.outcome, &source.state, profile, now, acts)),
        None => outcome::code_without_source(decision.judgement, profile, now),
    }
}

/// Notes that a profile was written.
pub fn note_written(item: &mut Item<'_>, written: &Written, sources: &[Source]) {
    item.outcome = Outcome::Done;
    item.verdict = Some(written.verdict);
    item.cooldown_lifted = written.lifted;
    if written.after.is_some() {
        item.after.clone_from(&written.after);
    }
    let Some(source) = written.source.map(|source| &sources[source]) else { return };
    if let (Some((profile, decision)), Some(login)) = (item.decided(), source.login()) {
        let judgement = Judgement { verdict: written.verdict, ..decision.judgement };
        let after = change::after(source.kind, judgement, profile, login, written.shape);
        item.after = Some(Arc::new(after));
    }
}
