//! `--write-back`: if OpenClaw is proven to have spent the CLI's refresh token, the tokens that it got go into the
//! CLI's file. Then both have live tokens.
//!
//! It needs a proof: the profile was last seen with the CLI's token, and now holds one that was never seen before.
//! Without a proof an older copy could end the login. A write-back that is not possible is reported with every run,
//! because the operator has asked for it.

use std::path::Path;

use crate::core::decide::Decider;
use crate::model::because::Because;
use crate::model::decision::Decision;
use crate::model::exit::Code;
use crate::model::inventory::{Inventory, StoreRef};
use crate::model::item::Outcome;
use crate::model::journal::Journal;
use crate::model::lineage::{Dates, is_newer};
use crate::model::problem::{Problem, Severity};
use crate::model::profile::Profile;
use crate::model::reason::Reason;
use crate::model::secret::fingerprint;
use crate::model::source::{Source, SourceKind, SourceState};
use crate::model::source_id::SourceId;
use crate::model::verdict::Verdict;
use crate::openclaw::json::store;
use crate::refresh::{RefreshOutcome, write_back};
use crate::settings::options::Options;
use crate::sync::gather::gather;
use crate::sync::opening::{Opening, WroteBack};
use crate::sync::remember;
use crate::sync::state_file::JournalFile;

/// A profile and its store.
type Found<'a> = (StoreRef<'a>, &'a Profile);

/// Writes back the newest proven tokens of each source. A dry run only plans it.
pub fn run(options: &Options, memory: &mut JournalFile, opening: &mut Opening) {
    let inventory = gather(options, &memory.journal.stores);
    remember::sources(&mut memory.journal, &inventory, &options.policy);
    let known = memory.journal.clone();
    let decider = Decider::new(&inventory, &known, &options.policy);
    for (index, source) in inventory.sources.iter().enumerate() {
        // Tokens that an earlier run could not save still wait. They go first.
        let waits = opening.attempts.iter().any(|(id, of)| *id == source.id() && of.result == Outcome::Failed);
        let proving = proofs(index, &inventory, &decider);
        let Some(newest) = newest(&proving).filter(|_| !waits) else { continue };
        let (outcome, because) = match refusal(source, newest, options) {
            Some(why) => {
                opening.problems.push(refused(source.id(), &source.path, &why.text()));
                opening.tally.outcome(Code::Drift);
                (Outcome::Refused, why)
            }
            None if options.dry_run => (Outcome::Planned, Reason::Spent.into()),
            None => match one(source, newest, options, memory, opening) {
                Some(problem) => {
                    let because = Because::of(Reason::WriteBackFailed, problem.message.as_str());
                    opening.problems.push(problem);
                    (Outcome::Failed, because)
                }
                None => (Outcome::Done, Reason::HadSpent.into()),
            },
        };
        opening.problems.extend(other_results(source.name, newest, &proving));
        let (store, profile) = (newest.0.store.key.clone(), newest.1.id.clone());
        opening.wrote_back.push(WroteBack { store, profile, outcome, because });
    }
    lost(&inventory, &known, &decider, options, opening);
}

/// Every profile of the inventory, with the decision about it.
fn all<'a>(inventory: &'a Inventory, decider: &'a Decider<'_>) -> impl Iterator<Item = (Found<'a>, &'a Decision)> {
    inventory.stores().flat_map(|at| {
        let decided = at.store.profiles.iter().zip(decider.decisions(at.store));
        decided.map(move |(profile, decision)| ((at, &**profile), &**decision))
    })
}

/// The profiles that prove that a source's refresh token is spent.
fn proofs<'a>(source: usize, inventory: &'a Inventory, decider: &'a Decider<'_>) -> Vec<Found<'a>> {
    let proves = |decision: &Decision| decision.judgement.is_proven() && decision.source == Some(source);
    all(inventory, decider).filter(|(_, decision)| proves(decision)).map(|(found, _)| found).collect()
}

fn newest<'a>(proving: &[Found<'a>]) -> Option<Found<'a>> {
    let newer = |a: &Found<'_>, b: &Found<'_>| is_newer(&Dates::of_profile(a.1), &Dates::of_profile(b.1));
    proving.iter().copied().reduce(|best, other| if newer(&other, &best) { other } else { best })
}

fn refusal(source: &Source, newest: Found<'_>, options: &Options) -> Option<Because> {
    let file = options.env.login_file(source.id());
    match write_back::refusal(source, &file, newest.1) {
        Some(why) => Some(why.into()),
        None if newest.0.store.selected => None,
        None => Some(Because::of(Reason::NewestLeftOut, &*newest.0.agent().id)),
    }
}

/// The note about profiles that have other new tokens than the newest one. One refresh token was spent twice, and the
/// CLI's file can get only one of the results.
fn other_results(name: &str, newest: Found<'_>, proving: &[Found<'_>]) -> Option<Problem> {
    let token = |found: &Found<'_>| fingerprint(found.1.refresh.as_ref());
    let others = proving.iter().filter(|found| token(found) != token(&newest));
    let others: Vec<String> = others.map(|found| format!("{} {}", found.0.agent().id, found.1.id)).collect();
    let message = format!(
        "{}: {} {} other new tokens than {} {}, which has the newest: sync decides about the others by date",
        name,
        others.join(", "),
        if others.len() == 1 { "has" } else { "have" },
        newest.0.agent().id,
        newest.1.id
    );
    (!others.is_empty()).then(|| Problem::note("write-back", message, ""))
}

/// Writes the tokens of one profile back; `None` when that is done.
fn one(
    source: &Source,
    (at, profile): Found<'_>,
    options: &Options,
    memory: &mut JournalFile,
    opening: &mut Opening,
) -> Option<Problem> {
    let (fresh, login) = (write_back::of_profile(profile)?, source.login()?);
    let path = at.agent().store();
    let still = || {
        let mut buffer = Vec::new();
        let now = store::read(&path, &mut buffer).ok().flatten();
        crate::sys::wiped::wipe(&mut buffer);
        let held = now.and_then(|now| now.profiles.into_iter().find(|held| held.id == profile.id));
        held.is_some_and(|held| held.refresh == profile.refresh && held.access == profile.access)
    };
    let target = (source.kind, source.path.as_path());
    let work = || write_back::run(target, login, &fresh, &still, options.deadline, options.moment());
    let outcome = match memory.at_work(&source.path, work) {
        Ok(outcome) => outcome,
        // Without a note in the journal no write begins.
        Err(problem) => return Some(problem),
    };
    opening.unsaved = true;
    let name = source.name;
    let not_written = |why: &str| format!("{name}: not written back: {why}");
    match outcome {
        RefreshOutcome::Refreshed => {
            // The profile is in step now, and the journal must know that before OpenClaw refreshes again. The failed
            // refreshes of the old login do not matter any more.
            let record = memory.journal.record_mut(&at.store.key, &profile.id);
            record.seen = fingerprint(profile.refresh.as_ref());
            memory.journal.refreshes.remove(&*source.path.to_string_lossy());
            None
        }
        RefreshOutcome::Busy(lock) => {
            Some(Problem::busy(not_written(&format!("{lock} is held")), "the next run tries again"))
        }
        RefreshOutcome::Failed(problem) | RefreshOutcome::Unsaved(problem) => {
            Some(Problem { message: not_written(&problem.message), ..problem })
        }
        _ => {
            let why = format!("the login in {} has changed meanwhile", source.path.display());
            Some(Problem::error(Code::Incomplete, "write-back", not_written(&why), "the next run decides again"))
        }
    }
}

fn refused(id: SourceId, file: &Path, why: &str) -> Problem {
    let message = format!("{}: not written back: {why}", id.name);
    Problem { severity: Severity::Error, ..Problem::drift("write-back", message, id.login_command(file)) }
}

/// Reports the CLIs whose login is gone, or is of another account now, while a profile has gone on from the login
/// that they had. A login that is gone is never brought back, and a login of another account is never replaced.
fn lost(inventory: &Inventory, journal: &Journal, decider: &Decider<'_>, options: &Options, opening: &mut Opening) {
    let is_written = |id: &&SourceId| matches!(id.kind, SourceKind::Claude | SourceKind::Codex);
    for id in options.logins.iter().copied().filter(|id| is_written(&id)) {
        let file = options.env.login_file(id);
        let source = inventory.sources.iter().find(|source| source.id() == id);
        let path = source.map_or(&file, |source| &source.path).to_string_lossy();
        let went_on = |(found, _): &(Found<'_>, &Decision)| found.0.store.selected && went_on(journal, &path, *found);
        let is_other = |(_, decision): (Found<'_>, &Decision)| decision.judgement.verdict == Verdict::OtherAccount;
        let mut gone = all(inventory, decider).filter(went_on);
        let (lost, why) = match source.map(|source| &source.state) {
            Some(SourceState::Live(_)) => (gone.any(is_other), "the CLI is logged in to another account".to_owned()),
            Some(SourceState::LoggedOut) => (gone.next().is_some(), format!("{path} holds no login any more")),
            Some(SourceState::Unreadable(_)) => (gone.next().is_some(), format!("{path} cannot be read")),
            None if file.exists() => (gone.next().is_some(), format!("{path} holds no such login any more")),
            Some(SourceState::OutOfReach(how)) => (gone.next().is_some(), format!("{}: {how}", id.name)),
            None | Some(SourceState::Gone) => (gone.next().is_some(), format!("{path} is gone")),
        };
        if lost {
            // A profile was judged, so the run has reached a target.
            opening.tally.reached();
            let live = matches!(source.map(|source| &source.state), Some(SourceState::Live(_)));
            opening.tally.outcome(if live { Code::Drift } else { Code::Ok });
            let failure = (!live).then_some(Code::Incomplete);
            opening.problems.push(Problem { failure, ..refused(id, &file, &why) });
        }
    }
}

/// Whether a profile has gone on from a source's login: it was last seen with the newest refresh token of that
/// login's account, and now holds one that was never seen before.
fn went_on(journal: &Journal, path: &str, (at, profile): Found<'_>) -> bool {
    let entries = journal.sources.get(path).map_or(&[][..], Vec::as_slice);
    let seen = journal.record(&at.store.key, &profile.id).and_then(|record| record.seen);
    let held = fingerprint(profile.refresh.as_ref());
    let Some(at) = entries.iter().rposition(|entry| seen.is_some() && entry.refresh == seen) else { return false };
    let newest = entries[at + 1..].iter().all(|later| later.account != entries[at].account);
    let held_before = |held| journal.has_seen(held) || entries.iter().any(|entry| entry.refresh == Some(held));
    newest && held.is_some_and(|held| !held_before(held))
}
