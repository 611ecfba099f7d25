//! Writes one profile in SQLite: takes every lock that OpenClaw takes for it, reads the row again, decides again, and
//! replaces the row in one transaction.
//!
//! The locks are taken in OpenClaw's order: first the lock of the profile, then the coordinator if it is the state
//! database, then SQLite's own lock. Only one profile of the row is edited. The other rows stay as they are, also the
//! one in which OpenClaw keeps what it has learnt of its profiles.

use std::path::PathBuf;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::core::change;
use crate::core::decide::Decider;
use crate::model::decision::Decision;
use crate::model::exit::Code;
use crate::model::installation::StateDir;
use crate::model::inventory::{RowHome, StoreRef};
use crate::model::item::{Action, Item, Outcome, Written};
use crate::model::json_edit::{self, Change};
use crate::model::json_text;
use crate::model::json_text::Malformed;
use crate::model::kept::Kept;
use crate::model::problem::Problem;
use crate::model::profile::Profile;
use crate::model::reason::Reason;
use crate::model::source::Source;
use crate::model::verdict::Verdict;
use crate::openclaw::json::store_text;
use crate::openclaw::lock::{self, Lock, Protocol, Request, of_profile};
use crate::openclaw::sqlite::claims::{Claims, Owner};
use crate::openclaw::sqlite::connection::Cell;
use crate::openclaw::sqlite::coordinator;
use crate::openclaw::sqlite::tables;
use crate::openclaw::sqlite::view;
use crate::openclaw::sqlite::write::{self, Timing};
use crate::settings::options::Options;
use crate::sync::replaced::Place;
use crate::sync::restore::{self, Restoration};
use crate::sys::fs::dir::Spot;
use crate::sys::fs::obstacle::obstacle;
use crate::sys::fs::read::FileId;
use crate::sys::fs::target::{refuse_open_dir, refuse_unsafe};
use crate::sys::locked::Blocked;

/// A profile to write, with the row that it is in.
#[derive(Clone, Debug)]
pub struct Job<'a> {
    /// Its installation.
    pub dir: &'a StateDir,
    /// Its row.
    pub home: &'a RowHome,
    /// The profile as it was read.
    pub profile: &'a Profile,
    /// The stores of the agents that see it in this row.
    pub stores: Vec<StoreRef<'a>>,
    /// The login to put back.
    pub restore: Option<Arc<Kept>>,
}

impl Job<'_> {
    /// The paths that OpenClaw's locks on the profile guard.
    pub fn locks(&self) -> Vec<PathBuf> {
        let Profile { id, provider, .. } = self.profile;
        of_profile::paths(&self.dir.path, self.dir.version, provider, id)
    }
}

/// The profiles to write, each one once, however many agents see it.
pub fn jobs<'a>(items: &[Item<'a>], restorations: &[Restoration]) -> Vec<Job<'a>> {
    let mut jobs: Vec<Job<'a>> = Vec::new();
    let planned = items.iter().filter(|item| item.outcome == Outcome::Planned && item.action == Action::Update);
    for item in planned.filter(|item| item.at.is_sqlite()) {
        let (at, Some(id)) = (item.at, item.id()) else { continue };
        let mut all = at.store.profiles.iter().zip(&at.store.homes);
        let Some((profile, home)) = all.find(|(profile, _)| profile.id == id) else { continue };
        if !jobs.iter().any(|job| job.profile.id == id && job.home.is_same(home)) {
            let stores = at.seers(home, id).map(|(at, _)| at).collect();
            let restore = restore::of(restorations, at, id).map(|of| of.login.clone());
            jobs.push(Job { dir: at.dir(), home, profile, stores, restore });
        }
    }
    jobs
}

/// Brings one profile in step. It does nothing if OpenClaw or another run has done so meanwhile.
///
/// # Errors
/// [`Blocked`]. The row is as it was. `Busy` is about the lock on the profile.
pub fn apply(
    job: &Job<'_>,
    sources: &[Source],
    decider: &Decider<'_>,
    options: &Options,
) -> Result<Vec<Written>, Blocked> {
    let file = refuse_place(job)?;
    of_profile::prepare(&job.dir.path)?;
    let container = job.dir.border.container;
    let take = |store: &PathBuf| {
        lock::acquire(&Request { store, protocol: Protocol::File, container, deadline: options.deadline })
    };
    let locks = job.locks().iter().map(take).collect::<Result<Vec<Lock>, _>>()?;
    // The plan may be seconds old. OpenClaw's refreshes wait for this lock now, so the answer holds from here on.
    if let Some(why) = view::forbids(job.dir, options.moment(), options.deadline)? {
        return Err(moved(job, why.pattern()));
    }
    let database = write::open(&job.home.path)?;
    let coordinator = match (&job.home.agent, coordinator::find(&job.home.path, &job.dir.border)) {
        (Some(_), _) => None,
        (None, Some(path)) => Some(coordinator::acquire(&path, options.deadline)?),
        (None, None) => return Err(moved(job, "OpenClaw's lock on it is gone")),
    };
    // Anyone who replaced the file had to hold that lock.
    if refuse_place(job)? != file {
        return Err(moved(job, "another file has come in its place"));
    }
    let writer = Writer { job, sources, decider, options };
    let mut written = None;
    let edit = |claims: &Claims, cell: &Cell| {
        let (text, what) = writer.edit(claims, cell)?.unzip();
        written = what;
        Ok(text)
    };
    let may_go_on = || {
        if crate::sys::signal::received() {
            return Err(Blocked::Interrupted);
        }
        if locks.iter().all(Lock::is_held) { Ok(()) } else { Err(moved(job, "its lock was taken over")) }
    };
    let when = Timing { now: options.moment(), deadline: options.deadline };
    write::exchange(database, &tables::row(job.home), when, edit, may_go_on)?;
    // The locks are given back in the reverse order.
    drop(coordinator);
    drop(locks);
    Ok(written.into_iter().collect())
}

/// Returns the device and inode of the database. Refuses a database that another user owns or could have put there,
/// and one with a second name.
fn refuse_place(job: &Job<'_>) -> Result<(u64, u64), Problem> {
    let path = &job.home.path;
    let cannot_look = |error: &std::io::Error| obstacle("cannot look at", path, error);
    let target = Spot::at_end_of(path).map_err(|error| cannot_look(&error))?;
    let meta = target.metadata().map_err(|error| cannot_look(&error))?;
    let id = FileId::from(&meta);
    refuse_unsafe(&target, id)?;
    let dir = target.dir.metadata().map_err(|error| cannot_look(&error))?;
    refuse_open_dir(&target.dir.path, &dir)?;
    let is_ours = id.uid == rustix::process::geteuid().as_raw();
    if meta.is_file() && is_ours {
        return Ok(id.inode);
    }
    let message = format!("{} is no file, or belongs to another user", path.display());
    Err(Problem::error(Code::Permission, "wrong-owner", message, "run ocsync as the user who owns it"))
}

/// The problem of a profile that has changed since the plan was made.
fn moved(job: &Job<'_>, why: &str) -> Blocked {
    let message = format!("{}: {} is left alone: {why}", job.home.path.display(), job.profile.id);
    Blocked::Failed(Problem::busy(message, "the next run looks again"))
}

/// Edits one profile inside the transaction.
struct Writer<'a> {
    job: &'a Job<'a>,
    sources: &'a [Source],
    decider: &'a Decider<'a>,
    options: &'a Options,
}

impl Writer<'_> {
    /// The new text of the row, and what it changes; `None` where there is nothing left to do.
    fn edit(&self, claims: &Claims, cell: &Cell) -> Result<Option<(Zeroizing<String>, Written)>, Blocked> {
        let Job { dir, home, profile: planned, .. } = self.job;
        let moved = |why: &str| moved(self.job, why);
        if let Some(why) = claims.refusal(dir.version, Owner::of(home, dir.has_shared_store())) {
            return Err(moved(&claims.because(why).text()));
        }
        let Cell::Text(before) = cell else { return Err(moved("its row is gone")) };
        let malformed = |error: Malformed| {
            let message = format!("{}: the profiles: {}", home.path.display(), error.located(before));
            let hint = "it was left alone; openclaw doctor --fix repairs it";
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
        let Some(login) = self.decider.login(source) else { return Ok(None) };
        let (kind, verdict) = (self.sources[source].kind, decision.judgement.verdict);
        let changes = change::all(kind, decision.judgement, profile, login, decision.shape);
        let after = json_edit::apply(before, &["profiles", &profile.id], &changes);
        let after = after.map_err(malformed)?;
        // The new text must read back as the profile that was meant.
        let read = store_text::parse(&after).map_err(malformed)?;
        let meant = change::after(kind, decision.judgement, profile, login, decision.shape);
        if read.len() != profiles.len() || !read.iter().any(|read| **read == meant) {
            let message = format!("{}: {} would not read back", home.path.display(), profile.id);
            return Err(Problem::error(Code::Internal, "internal", message, "it was left alone").into());
        }
        if self.decider.replaces_another(&decision, profile) {
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
            let message = format!("{}: the profiles: {error}", self.job.home.path.display());
            Blocked::Failed(Problem::malformed(message, "it was left alone"))
        };
        let back = login.put_back(before, &profile.id).map_err(malformed)?;
        let read = store_text::parse(&back).map_err(malformed)?;
        let after = read.into_iter().find(|of| of.id == profile.id && of.provider == profile.provider);
        let Some(after) = after else { return Err(moved(self.job, "what is kept is another provider's")) };
        if *back != *before && self.decider.holds_another(profile) {
            self.keep(before, profile, &login.changes().map_err(malformed)?, true)?;
        }
        Ok((back, Written::put_back(after)))
    }

    /// Keeps a login before the row is exchanged. `below`: another one that is kept is to stay the newest.
    fn keep(&self, before: &str, profile: &Profile, changes: &[Change], below: bool) -> Result<(), Blocked> {
        let Some(first) = self.job.stores.first() else { return Err(moved(self.job, Reason::RowDisputed.pattern())) };
        let login = Kept::of(before, &profile.id, changes, self.options.policy.now).map_err(|error| {
            let message = format!("{}: the profiles: {error}", self.job.home.path.display());
            Blocked::Failed(Problem::malformed(message, "it was left alone"))
        })?;
        let (state_file, state_dir) = (&self.options.state_file, &self.job.dir.path);
        let place = Place { state_file, state_dir, agent: &first.agent().id, profile: &profile.id };
        place.keep(login, below).map_err(Blocked::Failed)
    }

    /// The decision for every agent that sees the profile. They all get the update, or none of them does.
    fn decide(&self, profile: &Profile) -> Result<Decision, Blocked> {
        let decide = |at: &StoreRef<'_>| self.decider.decide(self.job.dir, &at.agent().id, &at.store.key, profile);
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
