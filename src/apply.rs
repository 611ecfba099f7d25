//! Writing one store: under OpenClaw's lock, read again, decided again, replaced.
//!
//! Several of OpenClaw's own writers ignore the lock (a login, an import, the fallback after a
//! lock that was not had), so a store that has changed since it was read is read once more.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Instant;

use crate::cli::When;
use crate::decide::Decider;
use crate::exit::Code;
use crate::fs::read;
use crate::fs::replace::{self, Expect, NotReplaced};
use crate::lineage::{Shape, Verdict};
use crate::openclaw::edit::Malformed;
use crate::openclaw::layout::{Agent, StateDir};
use crate::openclaw::lock::{self, Lock, NotLocked, Protocol, Request};
use crate::openclaw::{cooldown, json_store};
use crate::options::Options;
use crate::plan::{self, Share};
use crate::problem::Problem;
use crate::source::Source;

/// How often a store that others write meanwhile is read again.
const TRIES: u32 = 3;

/// A store to be written.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// Its installation.
    pub state_dir: &'a StateDir,
    /// Its agent.
    pub agent: &'a Agent,
    /// Its path, as the journal knows it.
    pub key: &'a str,
    /// The sources whose default profile is to be added.
    pub create: &'a [usize],
}

/// A profile that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its id.
    pub profile: String,
    /// The source.
    pub source: usize,
    /// The verdict it was written for.
    pub verdict: Verdict,
    /// In which form.
    pub shape: Shape,
}

/// Why a store was not written.
#[derive(Debug)]
pub enum NotWritten {
    /// Somebody holds its lock; what tells this lock from another.
    Busy(String),
    /// The run was told to stop.
    Interrupted,
    /// It could not be done.
    Failed(Problem),
}

/// Brings one store in step. What was written is on the disk when this returns.
///
/// # Errors
/// [`NotWritten`]; the store is as it was, and so is `auth-state.json` unless it alone was done.
pub fn apply(
    job: &Job<'_>,
    decider: &Decider<'_>,
    sources: &[Source],
    options: &Options,
    deadline: Instant,
) -> Result<Vec<Written>, NotWritten> {
    let store = job.agent.store();
    let request = Request {
        store: &store,
        protocol: Protocol::of(job.state_dir.version),
        container: job.state_dir.container,
        deadline,
    };
    let lock = lock::acquire(&request).map_err(|error| match error {
        NotLocked::Busy(identity) => NotWritten::Busy(identity),
        NotLocked::Interrupted => NotWritten::Interrupted,
        NotLocked::Failed(problem) => NotWritten::Failed(problem),
    })?;
    for _ in 0..TRIES {
        match once(job, &store, decider, sources, options, &lock) {
            Err(NotReplaced::Changed) => {}
            Err(NotReplaced::Stopped) if crate::signal::received() => return Err(NotWritten::Interrupted),
            Err(NotReplaced::Stopped) => {
                return Err(NotWritten::Failed(transient(&store, "its lock was taken over")));
            }
            Err(NotReplaced::Failed(problem)) => return Err(NotWritten::Failed(problem)),
            Ok(written) => return Ok(written),
        }
    }
    Err(NotWritten::Failed(transient(&store, "somebody keeps writing it")))
}

fn transient(store: &Path, why: &str) -> Problem {
    Problem::error(Code::Busy, "busy", format!("{}: {why}", store.display()), "the next run tries again")
}

fn once(
    job: &Job<'_>,
    path: &Path,
    decider: &Decider<'_>,
    sources: &[Source],
    options: &Options,
    lock: &Lock,
) -> Result<Vec<Written>, NotReplaced> {
    let failed = NotReplaced::Failed;
    let mut buffer = Vec::new();
    let store = json_store::read(path, &mut buffer).map_err(failed)?;
    if store.is_none() && job.create.is_empty() {
        return Ok(Vec::new());
    }
    let expect = store.as_ref().map_or(Expect::Absent, |store| Expect::Unchanged(store.id));
    if let Some(store) = &store {
        refuse_foreign(job, path, store.id.uid).map_err(failed)?;
    }
    let malformed = |error: Malformed| {
        failed(Problem::error(Code::Data, "malformed", format!("{}: {error}", path.display()), "it was left alone"))
    };
    let before = json_store::text(&buffer).map_err(malformed)?;
    let mut document = before.to_owned();
    let mut written = Vec::new();
    for profile in store.iter().flat_map(|store| &store.profiles) {
        let decision = decider.decide(job.state_dir, &job.agent.id, job.key, profile);
        let Some(source) = decision.source.filter(|_| decision.is_update()) else { continue };
        let Some(login) = decider.login(source) else { continue };
        let Decision { judgement, shape, .. } = decision;
        let changes = plan::changes(sources[source].kind, judgement.verdict, profile, login, shape);
        document = json_store::with_changes(&document, &["profiles", &profile.id], &changes).map_err(malformed)?;
        written.push(Written { profile: profile.id.clone(), source, verdict: judgement.verdict, shape });
    }
    for &source in job.create {
        let (kind, Some(login)) = (sources[source].kind, decider.login(source)) else { continue };
        let shape = if options.share == Share::Access { Shape::Token } else { Shape::OAuth };
        let id = kind.ids()[0];
        let there = store.iter().flat_map(|store| &store.profiles).any(|profile| profile.id == id);
        if !there {
            document =
                json_store::with_profile(&document, id, &plan::new_entry(kind, login, shape)).map_err(malformed)?;
            written.push(Written { profile: id.to_owned(), source, verdict: Verdict::SourceNewer, shape });
        }
    }
    document = lift_cooldowns(job, path, &document, &written, decider, options, lock)?;
    // What is about to be written must read back as a store.
    json_store::parse(&document).map_err(malformed)?;
    if document.as_bytes() != buffer {
        replace::replace(path, document.as_bytes(), expect, &|| may_go_on(lock))?;
    }
    crate::wipe(&mut buffer);
    crate::wipe(&mut document.into_bytes());
    Ok(written)
}

use crate::decide::Decision;

/// Lifts the cooldowns of profiles that have been updated (with `always`, of all that are in
/// step) in `auth-state.json`, which is written here, and in the store itself, which is returned.
fn lift_cooldowns(
    job: &Job<'_>,
    path: &Path,
    document: &str,
    written: &[Written],
    decider: &Decider<'_>,
    options: &Options,
    lock: &Lock,
) -> Result<String, NotReplaced> {
    let new_credential = |written: &&Written| written.verdict != Verdict::Metadata;
    let mut ids: Vec<String> = match options.clear_cooldown {
        When::Never => return Ok(document.to_owned()),
        When::Auto | When::Always => {
            written.iter().filter(new_credential).map(|written| written.profile.clone()).collect()
        }
    };
    let malformed = |path: &Path, error: &Malformed| {
        let message = format!("{}: {error}", path.display());
        NotReplaced::Failed(Problem::error(Code::Data, "malformed", message, "it was left alone"))
    };
    if options.clear_cooldown == When::Always {
        let profiles = json_store::parse(document).map_err(|error| malformed(path, &error))?;
        let in_step = profiles.iter().filter(|profile| {
            decider.decide(job.state_dir, &job.agent.id, job.key, profile).judgement.verdict == Verdict::InSync
        });
        ids.extend(in_step.map(|profile| profile.id.clone()));
    }
    let lifted = |path: &Path, document: &str| {
        ids.iter()
            .try_fold(document.to_owned(), |document, id| {
                let changes = cooldown::lift(&document, id)?;
                json_store::with_changes(&document, &["usageStats", id], &changes)
            })
            .map_err(|error| malformed(path, &error))
    };
    if ids.is_empty() {
        return Ok(document.to_owned());
    }
    let state_path = job.agent.dir.join("auth-state.json");
    let state = read::read(&state_path).map_err(|error| unreadable(&state_path, &error))?;
    if let Some((bytes, id)) = state {
        let text = json_store::text(&bytes).map_err(|error| malformed(&state_path, &error))?;
        let edited = lifted(&state_path, text)?;
        if edited != text {
            replace::replace(&state_path, edited.as_bytes(), Expect::Unchanged(id), &|| may_go_on(lock))?;
        }
    }
    lifted(path, document)
}

fn unreadable(path: &Path, error: &io::Error) -> NotReplaced {
    NotReplaced::Failed(Problem::io("cannot read", path, error))
}

/// Asked right before a rename.
fn may_go_on(lock: &Lock) -> bool {
    lock.is_held() && !crate::signal::received()
}

/// As root, a store must belong to the owner of the installation: a link in a user's directory
/// must not lead root to another user's file.
fn refuse_foreign(job: &Job<'_>, path: &Path, owner: u32) -> Result<(), Problem> {
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let dir = &job.state_dir.path;
    let expected = std::fs::metadata(dir).map_err(|error| Problem::io("cannot look at", dir, &error))?.uid();
    if expected == owner {
        return Ok(());
    }
    let message = format!("{} belongs to uid {owner}, its state directory to uid {expected}", path.display());
    Err(Problem::error(Code::Permission, "wrong-owner", message, "give it to the owner of the state directory"))
}
