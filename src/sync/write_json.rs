//! Writes one JSON store: takes OpenClaw's lock, reads the store again, decides again, and replaces the file.
//!
//! Some of OpenClaw's own writers ignore the lock: a login, an import, and the fallback when OpenClaw could not get
//! the lock. So if the store has changed since it was read, it is read once more.

use std::path::PathBuf;
use std::sync::Arc;

use crate::core::change;
use crate::core::decide::Decider;
use crate::model::decision::Decision;
use crate::model::exit::Code;
use crate::model::inventory::StoreRef;
use crate::model::item::Written;
use crate::model::json_edit::{self, Change};
use crate::model::json_text::Malformed;
use crate::model::kept::Kept;
use crate::model::policy::When;
use crate::model::problem::Problem;
use crate::model::profile::Profile;
use crate::model::source::Source;
use crate::model::verdict::Verdict;
use crate::model::zeroizing::Zeroizing;
use crate::openclaw::install::era::has_database;
use crate::openclaw::json::store;
use crate::openclaw::json::store_text;
use crate::openclaw::lock::{self, Lock, Payloads, Protocol, Request};
use crate::settings::options::Options;
use crate::sync::lift_cooldowns::{Lifter, malformed};
use crate::sync::refuse_foreign::refuse_foreign;
use crate::sync::replaced::Place;
use crate::sys::fs::obstacle::obstacle;
use crate::sys::fs::replace::{self, Expect, NotReplaced};
use crate::sys::locked::Blocked;

/// How often a store is read again because another program has written it meanwhile.
const TRIES: u32 = 3;

/// A store to be written.
#[derive(Clone, Debug)]
pub struct Job<'a> {
    /// The store.
    pub at: StoreRef<'a>,
    /// The sources whose default profile is to be added.
    pub create: Vec<usize>,
    /// The logins to put back, by profile.
    pub restore: Vec<(String, Arc<Kept>)>,
}

/// Brings one store in step. The lock uses one of `payloads`, which it shares with the locks of other stores. All
/// that was written is on the disk when this returns.
///
/// # Errors
/// [`Blocked`]. The store is as it was, but `auth-state.json` beside it may have been written.
pub fn apply(
    job: &Job<'_>,
    decider: &Decider<'_>,
    sources: &[Source],
    options: &Options,
    payloads: &Payloads,
) -> Result<Vec<Written>, Blocked> {
    let path = job.at.agent().store();
    let request = Request {
        store: &path,
        protocol: Protocol::of(job.at.dir().version),
        container: job.at.dir().border.container,
        deadline: options.deadline,
    };
    let lock = lock::acquire(&request, payloads)?;
    let writer = Writer { job, path, decider, sources, options, lock: &lock };
    for _ in 0..TRIES {
        match writer.write() {
            Err(NotReplaced::Changed) => {}
            Err(NotReplaced::Stopped) if crate::sys::signal::received() => return Err(Blocked::Interrupted),
            Err(NotReplaced::Stopped) => return Err(writer.transient("its lock was taken over")),
            Err(NotReplaced::Failed(problem)) => return Err(Blocked::Failed(problem)),
            Ok(written) => return Ok(written),
        }
    }
    Err(writer.transient("another program keeps writing it"))
}

/// The new text of a store.
struct Edited {
    document: Zeroizing<String>,
    written: Vec<Written>,
    /// The logins that it replaces. They are kept before it is written.
    keeps: Vec<Keep>,
}

/// A login to keep.
struct Keep {
    profile: String,
    login: Kept,
    /// Another one that is kept is to stay the newest.
    below: bool,
}

/// One store under its lock.
struct Writer<'a> {
    job: &'a Job<'a>,
    path: PathBuf,
    decider: &'a Decider<'a>,
    sources: &'a [Source],
    options: &'a Options,
    lock: &'a Lock,
}

impl Writer<'_> {
    fn transient(&self, why: &str) -> Blocked {
        let message = format!("{}: {why}", self.path.display());
        Blocked::Failed(Problem::busy(message, "the next run tries again"))
    }

    /// Reads the store, decides, and replaces it.
    fn write(&self) -> Result<Vec<Written>, NotReplaced> {
        // OpenClaw may have been upgraded while this run waited for the lock.
        let agent = self.job.at.agent();
        let moved = has_database(agent);
        if moved.map_err(|error| NotReplaced::Failed(obstacle("cannot look at", &agent.dir(), &error)))? {
            let message = format!("{} has moved to SQLite meanwhile; left alone", self.path.display());
            return Err(NotReplaced::Failed(Problem::error(
                Code::Incomplete,
                "refused",
                message,
                "run ocsync again",
            )));
        }
        let mut buffer = Vec::new();
        let store = store::read(&self.path, &mut buffer).map_err(NotReplaced::Failed)?;
        if store.is_none() && self.job.create.is_empty() {
            return Ok(Vec::new());
        }
        let expect = store.as_ref().map_or(Expect::Absent, |store| Expect::Unchanged(store.id));
        refuse_foreign(self.job.at.dir(), &self.path, store.as_ref())?;
        let profiles = store.map_or_else(Vec::new, |store| store.profiles);
        let before = store_text::text(&buffer).map_err(|error| malformed(&self.path, &error))?;
        let edited = self.edit(before, &profiles).map_err(|error| malformed(&self.path, &error.located(before)))?;
        let Edited { document, mut written, keeps } = edited;
        for Keep { profile, login, below } in keeps {
            self.place(&profile).keep(login, below).map_err(NotReplaced::Failed)?;
        }
        let document = self.lift_cooldowns(document, &profiles, &mut written)?;
        // The new text must read back as a store.
        store_text::parse(&document).map_err(|error| malformed(&self.path, &error.located(&document)))?;
        if *document != *before {
            replace::replace(&self.path, document.as_bytes(), expect, &|| self.may_go_on())?;
        }
        crate::sys::wiped::wipe(&mut buffer);
        Ok(written)
    }

    /// Whether the write may go on. `replace` asks this right before the rename.
    fn may_go_on(&self) -> bool {
        self.lock.is_held() && !crate::sys::signal::received()
    }

    fn decide(&self, profile: &Profile) -> Decision {
        self.decider.decide(self.job.at.dir(), &self.job.at.agent().id, &self.job.at.store.key, profile)
    }

    /// Where a login of a profile is kept.
    fn place<'p>(&'p self, profile: &'p str) -> Place<'p> {
        let at = self.job.at;
        let (state_file, state_dir) = (&self.options.state_file, &at.dir().path);
        Place { state_file, state_dir, agent: &at.agent().id, profile }
    }

    /// The document with every credential delivered that is to be.
    fn edit(&self, before: &str, profiles: &[Arc<Profile>]) -> Result<Edited, Malformed> {
        let mut document = Zeroizing::new(before.to_owned());
        let (mut written, mut keeps) = (Vec::new(), Vec::new());
        let mut keep = |profile: &Profile, changes: &[Change], below| {
            let login = Kept::of(before, &profile.id, changes, self.options.policy.now)?;
            keeps.push(Keep { profile: profile.id.clone(), login, below });
            Ok(())
        };
        for profile in profiles {
            if let Some((_, login)) = self.job.restore.iter().find(|(id, _)| *id == profile.id) {
                let back = login.put_back(&document, &profile.id)?;
                if *back != *document && self.decider.holds_another(profile) {
                    keep(profile, &login.changes()?, true)?;
                }
                document = back;
                let all = store_text::parse(&document)?;
                let after = all.into_iter().find(|of| of.id == profile.id).unwrap_or_else(|| profile.clone());
                written.push(Written::put_back(after));
                continue;
            }
            let decision = self.decide(profile);
            let Some(source) = decision.source.filter(|_| decision.is_update()) else { continue };
            let Some(login) = self.decider.login(source) else { continue };
            let Decision { shape, judgement, .. } = decision;
            let changes = change::all(self.sources[source].kind, judgement, profile, login, shape);
            if self.decider.replaces_another(&decision, profile) {
                keep(profile, &changes, false)?;
            }
            document = json_edit::apply(&document, &["profiles", &profile.id], &changes)?;
            written.push(Written::new(&profile.id, source, judgement.verdict, shape));
        }
        for &source in &self.job.create {
            let (kind, Some(login)) = (self.sources[source].kind, self.decider.login(source)) else { continue };
            let shape = change::new_shape(self.options.policy.share(self.sources[source].id()));
            let id = kind.ids()[0];
            if profiles.iter().all(|profile| profile.id != id) {
                document = store_text::with_profile(&document, id, &change::new_entry(kind, login, shape))?;
                written.push(Written::new(id, source, Verdict::SourceNewer, shape));
            }
        }
        Ok(Edited { document, written, keeps })
    }

    /// Lifts the cooldowns of the profiles that get a new credential, and with `always` also of those that are in
    /// step. It writes `auth-state.json`. It does not write the store but returns its new text.
    fn lift_cooldowns(
        &self,
        document: Zeroizing<String>,
        profiles: &[Arc<Profile>],
        written: &mut Vec<Written>,
    ) -> Result<Zeroizing<String>, NotReplaced> {
        let new = written.iter().filter(|written| written.verdict != Verdict::Metadata);
        let mut ids: Vec<String> = new.map(|written| written.profile.clone()).collect();
        if self.options.clear_cooldown == When::Always {
            for profile in profiles {
                let decision = self.decide(profile);
                if let (Verdict::InSync, Some(source)) = (decision.judgement.verdict, decision.source) {
                    ids.push(profile.id.clone());
                    written.push(Written::new(&profile.id, source, Verdict::InSync, decision.shape));
                }
            }
        }
        if ids.is_empty() || self.options.clear_cooldown == When::Never {
            return Ok(document);
        }
        let mut lifter = Lifter { ids, lifted: Vec::new() };
        lifter.lift_beside(&self.job.at.agent().path("auth-state.json"), &|| self.may_go_on())?;
        let document = lifter.lift_in(&self.path, &document)?;
        written.iter_mut().for_each(|of| of.lifted = lifter.lifted.contains(&of.profile));
        written.retain(|of| of.lifted || of.verdict != Verdict::InSync);
        Ok(document)
    }
}
