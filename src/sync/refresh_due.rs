//! Refreshes the CLIs' own logins that are due, before the stores are brought in step.
//!
//! A run may be killed while it works. So before it touches a CLI's file, it notes in the journal which directories
//! it works in. It does the same for the stores.

use crate::core::decide::Decider;
use crate::core::due::{self, Due};
use crate::model::attempts::Attempts;
use crate::model::exit::Code;
use crate::model::item::{Attempt, Outcome};
use crate::model::journal::Journal;
use crate::model::login::Login;
use crate::model::policy::Via;
use crate::model::problem::{Problem, Severity};
use crate::model::reason::Reason;
use crate::model::secret::{Fingerprint, fingerprint};
use crate::model::source::{Source, SourceKind, SourceState};
use crate::refresh::one_login::{self, Step};
use crate::refresh::{RefreshOutcome, owner, wording};
use crate::settings::options::Options;
use crate::source::LastReads;
use crate::sync::gather::{gather, sources};
use crate::sync::opening::Opening;
use crate::sync::remember;
use crate::sync::state_file::JournalFile;

/// Refreshes every login that is due.
pub fn run(options: &Options, memory: &mut JournalFile, opening: &mut Opening) {
    let sources = sources(options, &mut LastReads::default());
    let is_due = |source: &Source| {
        let due = source.login().map(|login| judge(source, login, false, &memory.journal, options));
        matches!(due, Some(Due::Now))
    };
    // The stores can show that OpenClaw has spent a refresh token. They are read only if a login is due.
    if !sources.iter().any(is_due) {
        for source in &sources {
            one(source, false, options, memory, opening);
        }
        return;
    }
    let inventory = gather(options, &memory.journal.stores);
    remember::sources(&mut memory.journal, &inventory, &options.policy);
    let known = memory.journal.clone();
    let decider = Decider::new(&inventory, &known, &options.policy);
    for (index, source) in inventory.sources.iter().enumerate() {
        one(source, decider.is_spent(index), options, memory, opening);
    }
}

fn judge(source: &Source, login: &Login, spent: bool, journal: &Journal, options: &Options) -> Due {
    let attempts = journal.refreshes.get(&*source.path.to_string_lossy());
    due::judge(login, options.refresh.threshold(source.id()), spent, attempts, options.policy.now)
}

/// Refreshes the login of one source if it is due, and notes the result.
fn one(source: &Source, spent: bool, options: &Options, memory: &mut JournalFile, opening: &mut Opening) {
    let (id, via) = (source.id(), options.refresh.via(source.id()).name());
    // `take_up` has handled this source: an earlier run had left tokens that were not saved.
    if opening.attempts.iter().any(|(of, _)| *of == id) {
        return;
    }
    let Some(login) = source.login() else {
        if matches!(source.state, SourceState::LoggedOut) {
            let reason = Reason::LoggedOut.pattern().to_owned();
            opening.attempts.push((id, Attempt { via, program: None, result: Outcome::None, reason }));
        }
        return;
    };
    if id.kind != SourceKind::Qwen {
        opening.problems.extend(options.refresh.too_slow(id));
    }
    let due = judge(source, login, spent, &memory.journal, options);
    if due == Due::NotYet {
        forget(source, &mut memory.journal, options.policy.now);
    }
    let now = options.policy.now;
    let (outcome, result, because, program) = match &due {
        Due::Now if id.kind == SourceKind::Qwen => (None, Outcome::Refused, Reason::ServiceEnded.into(), None),
        Due::Now if options.dry_run => (None, Outcome::Planned, wording::left(login, now), None),
        Due::Now => {
            let step = match refuse_foreign(source, options) {
                Ok(()) => attempt(source, login, options, memory, opening),
                Err(problem) => Step { outcome: RefreshOutcome::Failed(problem), program: None },
            };
            let (result, because) = wording::outcome(&step.outcome);
            let because = because.unwrap_or_else(|| wording::left(login, now));
            (Some(step.outcome), result, because, step.program)
        }
        due => (None, Outcome::None, wording::reason(due, login, now), None),
    };
    opening.problems.extend(wording::standing(source, &due));
    opening.problems.extend((result == Outcome::Planned).then(|| wording::planned(source)));
    opening.problems.extend(outcome.as_ref().and_then(|outcome| wording::problem(id, &source.path, outcome)));
    match (&due, &outcome, result) {
        (Due::Dead(_) | Due::OnlyLogin, ..) | (_, Some(RefreshOutcome::Dead(_)), _) => {
            opening.tally.outcome(Code::LoginNeeded);
        }
        (Due::Spent, ..) | (_, _, Outcome::Planned) => opening.tally.outcome(Code::Drift),
        _ => {}
    }
    let reason = because.text().into_owned();
    opening.attempts.push((id, Attempt { via, program, result, reason }));
}

/// As root, refuses a login of another user. A CLI in a container writes it as that user.
fn refuse_foreign(source: &Source, options: &Options) -> Result<(), Problem> {
    let refresh = &options.refresh;
    let inside = refresh.via(source.id()) == Via::Cli && refresh.container(source.id()).is_some();
    if inside { Ok(()) } else { owner::refuse_foreign(source.kind, &source.path) }
}

/// Forgets the failures of a login that is fresh again. Otherwise the next failure of the same kind would not be
/// reported. A pause that is still running stays. A dead refresh token stays known too: its login is never `NotYet`.
fn forget(source: &Source, journal: &mut Journal, now: i64) {
    let key = source.path.to_string_lossy();
    if journal.refreshes.get(&*key).is_some_and(|known| known.waits_until(now).is_none()) {
        journal.refreshes.remove(&*key);
    }
}

/// Refreshes one login that is due, and notes the result in the journal.
fn attempt(
    source: &Source,
    login: &Login,
    options: &Options,
    memory: &mut JournalFile,
    opening: &mut Opening,
) -> Step {
    let work = || one_login::run(source, login, &options.refresh, options);
    let mut step = match memory.at_work(&source.path, work) {
        Ok(step) => step,
        // Without a note in the journal no refresh begins.
        Err(problem) => return Step { outcome: RefreshOutcome::Failed(problem), program: None },
    };
    opening.unsaved = true;
    let journal = &mut memory.journal;
    let key = source.path.to_string_lossy().into_owned();
    let known = journal.refreshes.remove(&key).unwrap_or_default();
    let next = next(&known, &step.outcome, fingerprint(login.refresh.as_ref()), options.moment());
    // A timer has reported this failure already. It is not reported again with every run.
    if let (Some(next), RefreshOutcome::Failed(problem)) = (&next, &mut step.outcome)
        && next.why == known.why
        && problem.severity == Severity::Error
    {
        problem.severity = Severity::Standing;
    }
    journal.refreshes.extend(next.map(|next| (key, next)));
    step
}

/// What the journal keeps for the next run; `None` after a success, if the end of the new token is known.
fn next(known: &Attempts, outcome: &RefreshOutcome, refresh: Option<Fingerprint>, now: i64) -> Option<Attempts> {
    match outcome {
        RefreshOutcome::Refreshed | RefreshOutcome::Adopted => None,
        RefreshOutcome::Undated => Some(Attempts::undated(now)),
        RefreshOutcome::Dead(why) => refresh.map(|token| Attempts::died(token, why)),
        RefreshOutcome::Refused { why, retry_after } => Some(known.refused(why, *retry_after, now)),
        RefreshOutcome::Passing { why, retry_after } => Some(known.failed(why, *retry_after, now)),
        RefreshOutcome::Failed(problem) => Some(Attempts { why: problem.message.clone(), ..known.clone() }),
        RefreshOutcome::Busy(_) | RefreshOutcome::Interrupted | RefreshOutcome::Unsaved(_) => {
            Some(known.clone()).filter(|known| *known != Attempts::default())
        }
    }
}
