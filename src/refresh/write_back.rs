//! What OpenClaw has refreshed, back into the CLI's file, under the CLI's own locks.

use std::path::Path;
use std::time::Instant;

use super::cli_lock::Lock;
use super::login_file::{LoginFile, Posted};
use super::save::{self, Saved};
use super::{Came, Fresh, NotLocked};
use crate::credential::Login;
use crate::openclaw::profile::Profile;
use crate::source::Kind;

/// The tokens of a profile; `None` where it lacks one, or nobody knows when it ends.
#[must_use]
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

/// Writes, if the file still holds the `login` whose refresh token OpenClaw has spent.
#[must_use]
pub fn run((kind, file): (Kind, &Path), login: &Login, fresh: &Fresh, deadline: Instant, now: i64) -> Came {
    let lock = match Lock::acquire(kind, file, deadline) {
        Ok(lock) => lock,
        Err(NotLocked::Busy(which)) => return Came::Busy(which),
        Err(NotLocked::Interrupted) => return Came::Interrupted,
        Err(NotLocked::Failed(problem)) => return Came::Failed(problem),
    };
    let current = match LoginFile::read(kind, file) {
        Ok(Some(current)) if current.holds(login) => current,
        Ok(_) => return Came::Adopted,
        Err(problem) => return Came::Failed(problem),
    };
    let Some(spent) = Posted::of(login) else { return Came::Adopted };
    let prepared = match save::prepare(&lock, file, current.id) {
        Ok(prepared) => prepared,
        Err(problem) => return Came::Failed(problem),
    };
    match save::save((kind, file), &lock, Some(prepared), &spent, fresh, now) {
        Ok(Saved::Done) => Came::Refreshed,
        Ok(Saved::Superseded) => Came::Adopted,
        Err(problem) => Came::Failed(problem),
    }
}
