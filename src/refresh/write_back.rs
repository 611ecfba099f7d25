//! Puts tokens that OpenClaw refreshed back into the CLI's file, under the CLI's own locks.

use std::path::Path;
use std::time::Instant;

use crate::model::exit::Code;
use crate::model::lineage::{Dates, is_newer};
use crate::model::login::Login;
use crate::model::problem::Problem;
use crate::model::profile::Profile;
use crate::model::reason::Reason;
use crate::model::source::{Source, SourceKind};
use crate::refresh::lock::Locked;
use crate::refresh::login_file::{LoginFile, Posted};
use crate::refresh::save::{self, Saved};
use crate::refresh::{Fresh, RefreshOutcome};

/// The tokens of a profile; `None` where it lacks one, or its expiry is unknown.
pub fn of_profile(profile: &Profile) -> Option<Fresh> {
    Some(Fresh {
        access: profile.access.clone()?,
        refresh: Some(profile.refresh.clone()?),
        id_token: None,
        expires: Some(profile.expires.known()?),
        deadline: None,
        scopes: None,
        account: None,
    })
}

/// A profile proves that a CLI's refresh token is spent. Why its tokens may not go into that CLI's `file`;
/// `None` where they may. Pure.
pub fn refusal(source: &Source, file: &Path, profile: &Profile) -> Option<Reason> {
    if !matches!(source.kind, SourceKind::Claude | SourceKind::Codex) {
        return Some(Reason::NoLockToWriteUnder);
    }
    if source.path != file {
        return Some(Reason::LoginNotInFile);
    }
    if of_profile(profile).is_none() {
        return Some(Reason::ProfileIncomplete);
    }
    // A refresh brings tokens that end later. Tokens that do not are a copy from before ocsync was here.
    let newer = |login: &Login| is_newer(&Dates::of_profile(profile), &Dates::of_login(login));
    (!source.login().is_some_and(newer)).then_some(Reason::OlderCopy)
}

/// Writes, if the file still holds the `login` whose refresh token OpenClaw has spent, and if the profile
/// `still` holds the tokens that are written: a spent token must not replace another.
pub fn run(
    (kind, file): (SourceKind, &Path),
    login: &Login,
    fresh: &Fresh,
    still: &dyn Fn() -> bool,
    deadline: Instant,
    now: i64,
) -> RefreshOutcome {
    let lock = match Locked::acquire(kind, file, deadline) {
        Ok(lock) => lock,
        Err(error) => return error.into(),
    };
    let current = match LoginFile::read(kind, file) {
        Ok(Some(current)) if current.holds(login) => current,
        Ok(_) => return RefreshOutcome::Adopted,
        Err(problem) => return RefreshOutcome::Failed(problem),
    };
    let Some(spent) = Posted::of(login) else { return RefreshOutcome::Adopted };
    let prepared = match save::prepare(&lock, current.id) {
        Ok(prepared) => prepared,
        Err(problem) => return RefreshOutcome::Failed(problem),
    };
    if !still() {
        let message = "OpenClaw has changed the profile meanwhile";
        return RefreshOutcome::Failed(Problem::error(
            Code::Incomplete,
            "write-back",
            message,
            "the next run decides again",
        ));
    }
    match save::save(&lock, Some(prepared), &spent, fresh, now) {
        Ok(Saved::Done) => RefreshOutcome::Refreshed,
        Ok(Saved::Superseded) => RefreshOutcome::Adopted,
        Err(problem) => RefreshOutcome::Failed(problem),
    }
}
