//! `--write-back`: where OpenClaw is proven to have spent the CLI's refresh token, what it got for it
//! goes into the CLI's file, so that both have the living tokens.
//!
//! Only a proof will do (the profile was last seen with the CLI's token, and holds one that nobody
//! has ever held): otherwise an older copy could end the login. What cannot be done is said, with
//! every run: somebody has asked for it.

use crate::command::{observe, refresh};
use crate::core::decide::Decider;
use crate::model::exit::Code;
use crate::model::inventory::{Inventory, Store};
use crate::model::item::Outcome;
use crate::model::journal::Journal;
use crate::model::lineage::{Dates, is_newer};
use crate::model::problem::{Problem, Severity};
use crate::model::profile::Profile;
use crate::model::secret::fingerprint;
use crate::model::source::{Source, SourceKind, SourceState};
use crate::model::verdict::Decision;
use crate::model::verdict::Verdict;
use crate::openclaw::json::store;
use crate::refresh::{RefreshOutcome, write_back};
use crate::settings::options::Options;
use crate::sync::before::Before;
use crate::sync::gather;
use crate::sync::state_file::Loaded;

/// A profile whose tokens went into the CLI's file, or should have.
#[derive(Clone, Debug)]
pub struct WroteBack {
    /// Its store, as the journal knows it.
    pub store: String,
    /// Its id.
    pub profile: String,
    /// What came of it.
    pub result: Outcome,
    /// Why, in a few words.
    pub reason: String,
}

/// A profile and its place.
type Found<'a> = (&'a Store, &'a Profile);

/// Writes back what is proven; in a dry run only says what it would.
pub fn run(options: &Options, loaded: &mut Loaded, before: &mut Before) {
    let inventory = gather::gather(options);
    observe(&mut loaded.journal, &inventory, options.prefer_source);
    let known = loaded.journal.clone();
    let decider = Decider::new(&inventory, &known, options);
    for (index, source) in inventory.sources.iter().enumerate() {
        // New tokens of an earlier run that still wait to be saved come first.
        let waits = before.attempts.iter().any(|(kind, of)| *kind == source.kind && of.result == Outcome::Failed);
        let proving = proofs(index, &inventory, &decider);
        let Some(newest) = newest(&proving).filter(|_| !waits) else { continue };
        let (result, reason) = match refusal(source, newest, &inventory, options) {
            Some(why) => {
                before.problems.push(refused(source.kind, &why));
                before.tally.outcome(Code::Drift);
                (Outcome::Refused, why)
            }
            None if options.dry_run => (Outcome::Planned, "OpenClaw has spent the CLI's refresh token".to_owned()),
            None => {
                let problem = one(source, newest, &inventory, options, loaded, before);
                let result = if problem.is_none() { Outcome::Done } else { Outcome::Failed };
                let reason = problem.as_ref().map(|problem| problem.message.clone());
                before.problems.extend(problem);
                (result, reason.unwrap_or_else(|| "OpenClaw had spent the CLI's refresh token".to_owned()))
            }
        };
        before.problems.extend(others(source.kind, newest, &proving, &inventory));
        let (store, profile) = (newest.0.key.clone(), newest.1.id.clone());
        before.wrote_back.push(WroteBack { store, profile, result, reason });
    }
    lost(&inventory, &known, &decider, options, before);
}

/// Every profile, with what was decided about it.
fn all<'a>(inventory: &'a Inventory, decider: &'a Decider<'_>) -> impl Iterator<Item = (Found<'a>, &'a Decision)> {
    inventory.stores.iter().enumerate().flat_map(|(index, store)| {
        let decided = store.profiles.iter().zip(decider.decisions(index));
        decided.map(move |(profile, decision)| ((store, &**profile), &**decision))
    })
}

/// The profiles that prove that a source's token is spent.
fn proofs<'a>(source: usize, inventory: &'a Inventory, decider: &'a Decider<'_>) -> Vec<Found<'a>> {
    let proves = |decision: &Decision| decision.judgement.proven && decision.source == Some(source);
    all(inventory, decider).filter(|(_, decision)| proves(decision)).map(|(found, _)| found).collect()
}

fn newest<'a>(proving: &[Found<'a>]) -> Option<Found<'a>> {
    let newer = |a: &Found<'_>, b: &Found<'_>| is_newer(&Dates::of_profile(a.1), &Dates::of_profile(b.1));
    proving.iter().copied().reduce(|best, other| if newer(&other, &best) { other } else { best })
}

fn refusal(source: &Source, newest: Found<'_>, inventory: &Inventory, options: &Options) -> Option<String> {
    let file = options.env.login_file(source.kind);
    match write_back::refusal(source, &file, newest.1) {
        Some(why) => Some(why.to_owned()),
        None if newest.0.selected => None,
        None => Some(format!("the newest tokens are agent {}'s, which --agent leaves out", agent(newest, inventory))),
    }
}

fn agent<'a>((store, _): Found<'_>, inventory: &'a Inventory) -> &'a str {
    &inventory.state_dirs[store.state_dir].agents[store.agent].id
}

/// What is told of profiles with other new tokens than the newest: one refresh token was spent
/// twice, and only one of the results can be the CLI's.
fn others(kind: SourceKind, newest: Found<'_>, proving: &[Found<'_>], inventory: &Inventory) -> Option<Problem> {
    let token = |found: &Found<'_>| fingerprint(found.1.refresh.as_ref());
    let others = proving.iter().filter(|found| token(found) != token(&newest));
    let others: Vec<String> = others.map(|found| format!("{} {}", agent(*found, inventory), found.1.id)).collect();
    let message = format!(
        "{}: {} {} other new tokens than {} {}, whose are the newest: sync decides about the rest by date",
        kind.name(),
        others.join(", "),
        if others.len() == 1 { "has" } else { "have" },
        agent(newest, inventory),
        newest.1.id
    );
    (!others.is_empty()).then(|| Problem::note("write-back", message, ""))
}

/// Writes one back; `None` when that is done.
fn one(
    source: &Source,
    (store, profile): Found<'_>,
    inventory: &Inventory,
    options: &Options,
    loaded: &mut Loaded,
    before: &mut Before,
) -> Option<Problem> {
    let (fresh, login) = (write_back::of_profile(profile)?, source.login()?);
    refresh::note_in_flight(&source.path, options, loaded);
    let noted = loaded.save(&options.state_file);
    loaded.journal.in_flight.clear();
    if let Err(problem) = noted {
        // Without a journal nothing is begun.
        return Some(problem);
    }
    before.unsaved = true;
    let path = inventory.state_dirs[store.state_dir].agents[store.agent].store();
    let still = || {
        let mut buffer = Vec::new();
        let now = store::read(&path, &mut buffer).ok().flatten();
        crate::sys::wipe(&mut buffer);
        let held = now.and_then(|now| now.profiles.into_iter().find(|held| held.id == profile.id));
        held.is_some_and(|held| held.refresh == profile.refresh && held.access == profile.access)
    };
    let target = (source.kind, source.path.as_path());
    let came = write_back::run(target, login, &fresh, &still, options.deadline, options.moment());
    let name = source.kind.name();
    let said = |why: &str| format!("{name}: not written back: {why}");
    match came {
        RefreshOutcome::Refreshed => {
            // From here on the profile is in step, whatever OpenClaw does to it next; and what was
            // remembered of refreshing the old login is over.
            let record = loaded.journal.record_mut(&store.key, &profile.id);
            record.seen = fingerprint(profile.refresh.as_ref());
            loaded.journal.refreshes.remove(&*source.path.to_string_lossy());
            None
        }
        RefreshOutcome::Busy(lock) => {
            Some(Problem::error(Code::Busy, "busy", said(&format!("{lock} is held")), "the next run tries again"))
        }
        RefreshOutcome::Failed(problem) | RefreshOutcome::Unsaved(problem) => {
            Some(Problem { message: said(&problem.message), ..problem })
        }
        _ => {
            let why = format!("the login in {} has changed meanwhile", source.path.display());
            Some(Problem::error(Code::Incomplete, "write-back", said(&why), "the next run decides again"))
        }
    }
}

fn refused(kind: SourceKind, why: &str) -> Problem {
    let message = format!("{}: not written back: {why}", kind.name());
    Problem { severity: Severity::Error, ..Problem::drift("write-back", message, kind.login_command()) }
}

/// The CLIs whose login is not there to be replaced, while a profile went on from the one they had:
/// what is gone is never brought back, and another account is none of this one's business.
fn lost(inventory: &Inventory, journal: &Journal, decider: &Decider<'_>, options: &Options, before: &mut Before) {
    for kind in [SourceKind::Claude, SourceKind::Codex].into_iter().filter(|kind| options.kinds.contains(kind)) {
        let file = options.env.login_file(kind);
        let source = inventory.sources.iter().find(|source| source.kind == kind);
        let path = source.map_or(&file, |source| &source.path).to_string_lossy();
        let went_on = |(found, _): &(Found<'_>, &Decision)| found.0.selected && went_on(journal, &path, *found);
        let is_other = |(_, decision): (Found<'_>, &Decision)| decision.judgement.verdict == Verdict::OtherAccount;
        let mut gone = all(inventory, decider).filter(went_on);
        let (lost, why) = match source.map(|source| &source.state) {
            Some(SourceState::Live(_)) => (gone.any(is_other), "the CLI is logged in to another account".to_owned()),
            Some(SourceState::LoggedOut) => (gone.next().is_some(), format!("{path} holds no login any more")),
            Some(SourceState::Unreadable(_)) => (gone.next().is_some(), format!("{path} cannot be read")),
            None if file.exists() => (gone.next().is_some(), format!("{path} holds no such login any more")),
            None => (gone.next().is_some(), format!("{path} is gone")),
        };
        if lost {
            // A profile was judged, so the run has reached something.
            before.tally.reached();
            let live = matches!(source.map(|source| &source.state), Some(SourceState::Live(_)));
            before.tally.outcome(if live { Code::Drift } else { Code::Ok });
            let failure = (!live).then_some(Code::Incomplete);
            before.problems.push(Problem { failure, ..refused(kind, &why) });
        }
    }
}

/// Whether a profile was last seen with the newest refresh token that a source has had of some
/// account, and now holds one that nobody has ever held.
fn went_on(journal: &Journal, path: &str, (store, profile): Found<'_>) -> bool {
    let entries = journal.sources.get(path).map_or(&[][..], Vec::as_slice);
    let seen = journal.record(&store.key, &profile.id).and_then(|record| record.seen);
    let held = fingerprint(profile.refresh.as_ref());
    let Some(at) = entries.iter().rposition(|entry| seen.is_some() && entry.refresh == seen) else { return false };
    let newest = entries[at + 1..].iter().all(|later| later.account != entries[at].account);
    let held_before = |held| journal.has_seen(held) || entries.iter().any(|entry| entry.refresh == Some(held));
    newest && held.is_some_and(|held| !held_before(held))
}
