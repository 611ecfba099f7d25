//! Writes one row of SQLite under the lock on its profile: reads the row again, decides again, and replaces it in one
//! transaction.
//!
//! The locks are taken in OpenClaw's order: first the lock of the profile (`write_sqlite`), then the coordinator if it is
//! the state database, then SQLite's own lock. Only one profile of the row is edited. The other rows stay as they are, also
//! the one in which OpenClaw keeps what it has learnt of its profiles.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use crate::core::change;
use crate::model::decision::Decision;
use crate::model::exit::Code;
use crate::model::inventory::StoreRef;
use crate::model::item::Written;
use crate::model::json_edit::{self, Change};
use crate::model::json_text::{self, Malformed};
use crate::model::kept::Kept;
use crate::model::problem::Problem;
use crate::model::profile::Profile;
use crate::model::reason::Reason;
use crate::model::verdict::Verdict;
use crate::model::zeroizing::Zeroizing;
use crate::openclaw::json::store_text;
use crate::openclaw::sqlite::claims::{Claims, Owner};
use crate::openclaw::sqlite::connection::Cell;
use crate::openclaw::sqlite::coordinator;
use crate::openclaw::sqlite::open::{self, Access};
use crate::openclaw::sqlite::tables;
use crate::openclaw::sqlite::write::{self, Timing};
use crate::sync::replaced::Place;
use crate::sync::sqlite_jobs::{Context, Job};
use crate::sys::fs::obstacle::obstacle;
use crate::sys::fs::spot::Spot;
use crate::sys::fs::target::{refuse_open_dir, refuse_unsafe};
use crate::sys::locked::Blocked;

/// Device and inode of a database.
pub type Inode = (u64, u64);

/// Brings one profile in step. It does nothing if OpenClaw or another run has done so meanwhile. `file` is the database
/// that was there before the lock on the profile was taken; `may_go_on` says whether that lock is still held.
///
/// # Errors
/// [`Blocked`]. The row is as it was.
pub fn write(
    job: &Job<'_>,
    file: Inode,
    context: Context<'_>,
    deadline: Instant,
    may_go_on: impl FnOnce() -> Result<(), Blocked>,
) -> Result<Vec<Written>, Blocked> {
    let path = &job.path;
    // An agent's own database is written without the coordinator, by OpenClaw as well. So nothing is waited for.
    let access = if job.owner.is_some() { Access::AloneIfFree } else { Access::Shared };
    let database = open::open(path, access)?;
    let coordinator = match job.owner {
        Some(_) => None,
        None => match coordinator::find(path, &job.dir.border) {
            Some(found) => Some(coordinator::acquire(&found, deadline)?),
            None => return Err(moved(job, "OpenClaw's lock on it is gone")),
        },
    };
    // Anyone who replaced the file had to hold that lock.
    if refuse_place(path)? != file {
        return Err(moved(job, "another file has come in its place"));
    }
    let writer = Writer { job, context };
    let mut written = None;
    let edit = |claims: &Claims, cell: &Cell| {
        let (text, what) = writer.edit(claims, cell)?.unzip();
        written = what;
        Ok(text)
    };
    let when = Timing { now: context.options.moment(), deadline };
    write::exchange(database, &tables::row(job.home), when, edit, may_go_on)?;
    // It is given back before the lock on the profile.
    drop(coordinator);
    Ok(written.into_iter().collect())
}

/// Returns the device and inode of the database. Refuses a database that another user owns or could have put there,
/// and one with a second name.
///
/// # Errors
/// Why it is refused.
pub fn refuse_place(path: &Path) -> Result<Inode, Problem> {
    let cannot_look = |error: &std::io::Error| obstacle("cannot look at", path, error);
    let target = Spot::at_end_of(path).map_err(|error| cannot_look(&error))?;
    let id = target.look().map_err(|error| cannot_look(&error))?;
    refuse_unsafe(&target, id)?;
    let dir = target.dir.metadata().map_err(|error| cannot_look(&error))?;
    refuse_open_dir(&target.dir.path, &dir)?;
    let is_ours = id.uid == rustix::process::geteuid().as_raw();
    if id.is_file() && is_ours {
        return Ok(id.inode);
    }
    let message = format!("{} is no file, or belongs to another user", path.display());
    Err(Problem::error(Code::Permission, "wrong-owner", message, "run ocsync as the user who owns it"))
}

/// The problem of a profile that has changed since the plan was made.
pub fn moved(job: &Job<'_>, why: &str) -> Blocked {
    let message = format!("{}: {} is left alone: {why}", job.path.display(), job.profile.id);
    Blocked::Failed(Problem::busy(message, "the next run looks again"))
}

/// Edits one profile inside the transaction.
struct Writer<'a> {
    job: &'a Job<'a>,
    context: Context<'a>,
}

impl Writer<'_> {
    /// The new text of the row, and what it changes; `None` where there is nothing left to do.
    fn edit(&self, claims: &Claims, cell: &Cell) -> Result<Option<(Zeroizing<String>, Written)>, Blocked> {
        let Job { dir, path, owner, profile: planned, .. } = self.job;
        let moved = |why: &str| moved(self.job, why);
        if let Some(why) = claims.refusal(dir.version, Owner::of(*owner, dir.has_shared_store())) {
            return Err(moved(&claims.because(why).text()));
        }
        let Cell::Text(before) = cell else { return Err(moved("its row is gone")) };
        let malformed = |error: Malformed| {
            let message = format!("{}: the profiles: {}", path.display(), error.located(before));
            let hint = "ocsync left it alone; run: openclaw doctor --fix";
            Blocked::Failed(Problem::malformed(message, hint))
        };
        let profiles = store_text::parse(before).map_err(malformed)?;
        let profile = profiles.iter().find(|profile| profile.id == planned.id);
        // OpenClaw makes the name of the lock from the provider as it is written in the row.
        let same = |profile: &&Arc<Profile>| provider(before, &planned.id).as_ref() == Some(&profile.provider);
        let Some(profile) = profile.filter(|profile| profile.provider == planned.provider).filter(same) else {
            return Err(moved("it is gone, or another provider's"));
        };
        if let Some(login) = &self.job.restore {
            return self.put_back(login, before, profile).map(Some);
        }
        let decision = self.decide(profile)?;
        let (Some(source), true) = (decision.source, decision.is_update()) else {
            let settled = decision.judgement.verdict == Verdict::InSync;
            return if settled {
                Ok(None)
            } else {
                Err(moved(decision.refused.unwrap_or(decision.judgement.reason).pattern()))
            };
        };
        let Some(login) = self.context.decider.login(source) else { return Ok(None) };
        let (kind, verdict) = (self.context.sources[source].kind, decision.judgement.verdict);
        let changes = change::all(kind, decision.judgement, profile, login, decision.shape);
        let after = json_edit::apply(before, &["profiles", &profile.id], &changes);
        let after = after.map_err(malformed)?;
        // The new text must read back as the profile that was meant.
        let read = store_text::parse(&after).map_err(malformed)?;
        let meant = change::after(kind, decision.judgement, profile, login, decision.shape);
        if read.len() != profiles.len() || !read.iter().any(|read| **read == meant) {
            let message = format!("{}: {} would not read back as it was written", path.display(), profile.id);
            return Err(Problem::error(Code::Internal, "internal", message, "ocsync left it alone").into());
        }
        if self.context.decider.replaces_another(&decision, profile) {
            self.keep(before, profile, &changes, false)?;
        }
        Ok(Some((after, Written::new(&profile.id, source, verdict, decision.shape))))
    }

    /// The text of the row with a login put back.
    fn put_back(
        &self,
        login: &Kept,
        before: &str,
        profile: &Profile,
    ) -> Result<(Zeroizing<String>, Written), Blocked> {
        let malformed = |error: Malformed| {
            let message = format!("{}: the profiles: {error}", self.job.path.display());
            Blocked::Failed(Problem::malformed(message, "ocsync left it alone"))
        };
        let back = login.put_back(before, &profile.id).map_err(malformed)?;
        let read = store_text::parse(&back).map_err(malformed)?;
        let after = read.into_iter().find(|of| of.id == profile.id && of.provider == profile.provider);
        let Some(after) = after else { return Err(moved(self.job, "what is kept is another provider's")) };
        if *back != *before && self.context.decider.holds_another(profile) {
            self.keep(before, profile, &login.changes().map_err(malformed)?, true)?;
        }
        Ok((back, Written::put_back(after)))
    }

    /// Keeps a login before the row is exchanged. `below`: another one that is kept is to stay the newest.
    fn keep(&self, before: &str, profile: &Profile, changes: &[Change], below: bool) -> Result<(), Blocked> {
        let Some(first) = self.job.stores.first() else { return Err(moved(self.job, Reason::RowDisputed.pattern())) };
        let login = Kept::of(before, &profile.id, changes, self.context.options.policy.now).map_err(|error| {
            let message = format!("{}: the profiles: {error}", self.job.path.display());
            Blocked::Failed(Problem::malformed(message, "ocsync left it alone"))
        })?;
        let (state_file, state_dir) = (&self.context.options.state_file, &self.job.dir.path);
        let place = Place { state_file, state_dir, agent: &first.agent().id, profile: &profile.id };
        place.keep(login, below).map_err(Blocked::Failed)
    }

    /// The decision for every agent that sees the profile. They all get the update, or none of them does.
    fn decide(&self, profile: &Profile) -> Result<Decision, Blocked> {
        let decide =
            |at: &StoreRef<'_>| self.context.decider.decide(self.job.dir, &at.agent().id, &at.store.key, profile);
        let mut all = self.job.stores.iter().map(decide);
        let Some(first) = all.next() else { return Err(moved(self.job, Reason::RowDisputed.pattern())) };
        let alike = |other: Decision| {
            (other.source, other.shape, other.is_update()) == (first.source, first.shape, first.is_update())
        };
        if all.all(alike) { Ok(first) } else { Err(moved(self.job, Reason::RowDisputed.pattern())) }
    }
}

/// The provider of a profile, as it is written in the row.
fn provider(document: &str, id: &str) -> Option<String> {
    let mut value = document;
    for key in ["profiles", id, "provider"] {
        value = json_text::find(&json_text::members(value).ok()?, key).ok()??.value;
    }
    json_text::string(value).map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_database_is_a_file_of_this_user() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("d.sqlite");
        refuse_place(&path).unwrap_err();
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let seen = Spot::of(&path).unwrap().look().unwrap().inode;
        assert_eq!(refuse_place(&path).unwrap(), seen);
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(&path, Some(12_345), None).unwrap();
            assert_eq!(refuse_place(&path).unwrap_err().code, "wrong-owner");
        }
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        refuse_place(&path).unwrap_err();
    }
}
