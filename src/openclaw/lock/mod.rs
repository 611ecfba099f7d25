//! The one function that takes OpenClaw's lock on a store or on a profile, and the guard that gives it back.
//!
//! Up to 2026.2.12 the lock is a directory, made at the resolved path of the store; its holder
//! touches it every 15 s, and after 30 s without that it is stale (proper-lockfile's protocol).
//! From 2026.2.17 on it is a file beside the store's name, in the resolved directory. OpenClaw
//! 2026.5.28 waits for ever for an empty one, so it is written elsewhere, synced and linked into
//! place: nobody ever sees it unfinished, not even after a power cut. It is held for
//! milliseconds; no network call and no child process happens meanwhile.
//!
//! What one run writes into its locks is the same for all of them, and to sync it costs as much as a third of a
//! store: so it is written once ([`Payloads`]), and the locks are links to it.

pub mod holder;
pub mod judge;
pub mod of_profile;
pub mod sweep;

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::model::problem::Problem;
use crate::model::version::Version;
use crate::openclaw::lock::holder::Payload;
use crate::openclaw::lock::judge::{LockId, LockState, OWN_DIRECTORY, clear, id, judge};
use crate::sys::clock;
use crate::sys::fs::dir_of;
use crate::sys::fs::temp::{Temp, temp_path};
use crate::sys::locked::Blocked;
use crate::sys::signal;

/// How often a lock that is held is looked at again.
const POLL: Duration = Duration::from_millis(50);
/// So long after it is on the disk a payload is good for another lock. OpenClaw 2026.2.17 to 2026.5.7 takes a lock
/// away that says it was made 30 s ago.
const FRESH: Duration = Duration::from_secs(2);

/// What the lock is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// A directory.
    Directory,
    /// A file that is linked into place; also what to use when the version is unknown, because
    /// every version respects it.
    File,
}

impl Protocol {
    /// The protocol of a version.
    #[must_use]
    pub fn of(version: Option<Version>) -> Self {
        if version.is_some_and(|version| version <= Version::DIRECTORY_LOCK) { Self::Directory } else { Self::File }
    }
}

/// A lock to be taken.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// What it guards: a store, or the name of a profile's lock (`refresh_lock.rs`).
    pub store: &'a Path,
    /// What it is made of.
    pub protocol: Protocol,
    /// The gateway lives in another PID namespace: nobody's pid is judged, and ours is left out.
    pub container: bool,
    /// Wait no longer than until then.
    pub deadline: Instant,
}

/// A lock that is held. Dropping it gives it back.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    id: LockId,
    directory: bool,
}

impl Lock {
    /// Whether it is still there and ours: asked right before a write.
    #[must_use]
    pub fn is_held(&self) -> bool {
        fs::symlink_metadata(&self.path).is_ok_and(|meta| id(&meta) == self.id)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if self.is_held() {
            let _ = if self.directory { fs::remove_dir(&self.path) } else { fs::remove_file(&self.path) };
        }
    }
}

/// The lock's place. The directory is resolved; the file too where the lock is a directory.
fn place(store: &Path, protocol: Protocol) -> io::Result<PathBuf> {
    let whole = (protocol == Protocol::Directory).then(|| fs::canonicalize(store).ok()).flatten();
    let resolved = match whole {
        Some(resolved) => resolved,
        None => fs::canonicalize(dir_of(store))?.join(store.file_name().unwrap_or_default()),
    };
    let mut name = resolved.into_os_string();
    name.push(".lock");
    Ok(name.into())
}

/// What locks that are taken one soon after the other say: one file on the disk, to which they are links.
/// Dropping it takes away the file, and none of the locks.
#[derive(Debug, Default)]
pub struct Payloads(Mutex<Option<Arc<Written>>>);

#[derive(Debug)]
struct Written {
    temp: Temp,
    since: Instant,
    container: bool,
    owner: Option<(u32, u32)>,
}

impl Payloads {
    /// A payload that is good for a lock at `path`: the one that is there, else a new one beside the lock.
    fn get(&self, path: &Path, request: &Request<'_>) -> io::Result<Arc<Written>> {
        let owner = owner(request)?;
        let mut there = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_good = |written: &&Arc<Written>| {
            written.since.elapsed() < FRESH && (written.container, written.owner) == (request.container, owner)
        };
        if let Some(written) = there.as_ref().filter(is_good) {
            return Ok(written.clone());
        }
        let written = Arc::new(write_payload(path, request.container, owner)?);
        Ok(there.insert(written).clone())
    }
}

/// Takes OpenClaw's lock on a store or a profile.
///
/// # Errors
/// [`Blocked`]; nothing is left behind then.
pub fn acquire(request: &Request<'_>) -> Result<Lock, Blocked> {
    acquire_one_of(request, &Payloads::default())
}

/// [`acquire`] for one lock among many.
///
/// # Errors
/// As there; `payloads` leaves nothing behind when it is dropped.
pub fn acquire_one_of(request: &Request<'_>, payloads: &Payloads) -> Result<Lock, Blocked> {
    let failed = |error: &io::Error| Blocked::Failed(Problem::io("cannot lock", request.store, error));
    let path = place(request.store, request.protocol).map_err(|error| failed(&error))?;
    loop {
        match make(&path, request, payloads) {
            Ok(lock) => return Ok(lock),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(&error)),
        }
        let identity = match judge(&path, request.container) {
            LockState::Gone => continue,
            LockState::Dead(id) if clear(&path, id).map_err(|error| failed(&error))? => continue,
            LockState::Dead((_, inode, modified, _)) => format!("{inode}:{modified}"),
            LockState::Held(identity) => identity,
        };
        if signal::received() {
            return Err(Blocked::Interrupted);
        }
        if Instant::now() >= request.deadline {
            return Err(Blocked::Busy(identity));
        }
        std::thread::sleep(POLL);
    }
}

fn make(path: &Path, request: &Request<'_>, payloads: &Payloads) -> io::Result<Lock> {
    let held = |directory| match fs::symlink_metadata(path) {
        Ok(meta) => Ok(Lock { path: path.to_owned(), id: id(&meta), directory }),
        Err(error) => {
            let _ = if directory { fs::remove_dir(path) } else { fs::remove_file(path) };
            Err(error)
        }
    };
    if request.protocol == Protocol::Directory {
        DirBuilder::new().mode(OWN_DIRECTORY).create(path)?;
        return held(true);
    }
    if fs::symlink_metadata(path).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let link = |payloads: &Payloads| fs::hard_link(&payloads.get(path, request)?.temp.path, path);
    match link(payloads) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            // It may be on another file system, or have as many links as there can be.
            link(&Payloads::default())?;
        }
        linked => linked?,
    }
    held(false)
}

/// Whose a lock is to be: as root over another user's store, OpenClaw must be able to read who holds it.
fn owner(request: &Request<'_>) -> io::Result<Option<(u32, u32)>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let dir = fs::metadata(dir_of(request.store))?;
    Ok(Some((dir.uid(), dir.gid())))
}

fn write_payload(path: &Path, container: bool, owner: Option<(u32, u32)>) -> io::Result<Written> {
    let mut text = serde_json::to_string_pretty(&Payload::own(container))?;
    text.push('\n');
    let temp = Temp { path: temp_path(path), kept: false };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temp.path)?;
    if let Some((uid, gid)) = owner {
        fchown(&file, Some(uid), Some(gid))?;
    }
    // A power cut must not leave an empty lock: the store's own sync takes the link to the disk, and without
    // this one what it leads to stays behind.
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all())?;
    Ok(Written { temp, since: Instant::now(), container, owner })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time;

    fn request(store: &Path, protocol: Protocol) -> Request<'_> {
        Request { store, protocol, container: false, deadline: Instant::now() }
    }

    fn is_busy(store: &Path, protocol: Protocol) -> bool {
        matches!(acquire(&request(store, protocol)), Err(Blocked::Busy(_)))
    }

    fn store() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let store = dir.path().join("auth-profiles.json");
        std::fs::write(&store, "{}").unwrap();
        let lock = dir.path().join("auth-profiles.json.lock");
        (dir, store, lock)
    }

    fn names(dir: &Path) -> usize {
        std::fs::read_dir(dir).unwrap().count()
    }

    #[test]
    fn a_lock_excludes_and_is_given_back_by_both_protocols() {
        let (dir, store, lock) = store();
        for protocol in [Protocol::File, Protocol::Directory] {
            let held = acquire(&request(&store, protocol)).unwrap();
            assert!(held.is_held());
            assert_eq!(names(dir.path()), 2);
            assert!(is_busy(&store, Protocol::File));
            assert!(is_busy(&store, Protocol::Directory));
            drop(held);
            assert!(!lock.exists());
        }
        assert_eq!(names(dir.path()), 1);
    }

    #[test]
    fn many_locks_say_the_same_and_each_goes_by_itself() {
        let (one, other) = (store(), store());
        let take = |(_, store, _): &(_, PathBuf, _), payloads: &Payloads| {
            acquire_one_of(&request(store, Protocol::File), payloads).unwrap()
        };
        let inode = |(_, _, lock): &(_, _, PathBuf)| fs::metadata(lock).unwrap().ino();
        let payloads = Payloads::default();
        let (first, second) = (take(&one, &payloads), take(&other, &payloads));
        assert_eq!(inode(&one), inode(&other));
        drop(first);
        assert!(second.is_held() && is_busy(&other.1, Protocol::File));
        drop(payloads);
        assert!(second.is_held() && !one.2.exists());
        assert_eq!((names(one.0.path()), names(other.0.path())), (1, 2));
    }

    #[test]
    fn what_a_lock_says_is_fresh_and_its_own_where_no_other_will_do() {
        let (one, other, third) = (store(), store(), store());
        let payloads = Payloads::default();
        let take =
            |(_, store, _): &(_, PathBuf, _)| acquire_one_of(&request(store, Protocol::File), &payloads).unwrap();
        let there = || payloads.0.lock().unwrap().clone().unwrap();
        let first = take(&one);
        fs::remove_file(&there().temp.path).unwrap();
        let second = take(&other);
        assert!(first.is_held() && second.is_held());
        assert_ne!(first.id, second.id);
        let old = Arc::into_inner(payloads.0.lock().unwrap().take().unwrap()).unwrap();
        let since = Instant::now().checked_sub(FRESH).unwrap();
        *payloads.0.lock().unwrap() = Some(Arc::new(Written { since, ..old }));
        let last = take(&third);
        assert!(last.is_held() && there().since > since);
        drop((payloads, first, second, last));
        assert_eq!([&one, &other, &third].map(|(dir, ..)| names(dir.path())), [1; 3]);
    }

    #[test]
    fn a_file_lock_says_who_holds_it() {
        let (_dir, store, lock) = store();
        let held = acquire(&request(&store, Protocol::File)).unwrap();
        let payload: Payload = serde_json::from_slice(&std::fs::read(&lock).unwrap()).unwrap();
        assert_eq!(payload.pid, Some(i64::from(std::process::id())));
        assert!(payload.start_time.is_some() && payload.created().is_some());
        drop(held);
    }

    #[test]
    fn a_lock_that_another_has_taken_over_is_not_given_back() {
        let (_dir, store, lock) = store();
        let held = acquire(&request(&store, Protocol::File)).unwrap();
        std::fs::remove_file(&lock).unwrap();
        std::fs::write(&lock, "other").unwrap();
        assert!(!held.is_held());
        drop(held);
        assert_eq!(std::fs::read(&lock).unwrap(), b"other");
    }

    #[test]
    fn dead_locks_are_taken_by_rule_and_all_others_waited_for() {
        let (dir, store, lock) = store();
        let long_ago = std::time::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let me = std::process::id();
        let old = "\"createdAt\":\"2020-01-01T00:00:00.000Z\"";
        for (text, dead) in [
            (String::new(), false),
            ("garbage".to_owned(), false),
            (format!("{{{old}}}"), false),
            (format!("{{\"pid\":{me},{old}}}"), false),
            (format!("{{\"pid\":2147483646,{old}}}"), true),
            (format!("{{\"pid\":2147483646,\"createdAt\":\"{}\"}}", time::iso(clock::now())), false),
            (format!("{{\"pid\":{me},\"starttime\":1,{old}}}"), true),
        ] {
            std::fs::write(&lock, &text).unwrap();
            OpenOptions::new().write(true).open(&lock).unwrap().set_modified(long_ago).unwrap();
            assert_eq!(is_busy(&store, Protocol::File), !dead, "{text}");
            let _ = std::fs::remove_file(&lock);
        }
        std::fs::create_dir(&lock).unwrap();
        assert!(is_busy(&store, Protocol::Directory));
        std::fs::File::open(&lock).unwrap().set_modified(long_ago).unwrap();
        assert!(!is_busy(&store, Protocol::Directory));
        assert_eq!(names(dir.path()), 1);
    }

    #[test]
    fn a_lock_that_another_run_is_taking_away_is_waited_for() {
        let (_dir, store, lock) = store();
        std::fs::write(&lock, r#"{"pid":2147483646,"createdAt":"2020-01-01T00:00:00.000Z"}"#).unwrap();
        let file = std::fs::File::open(&lock).unwrap();
        file.set_modified(std::time::UNIX_EPOCH).unwrap();
        rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive).unwrap();
        let inode = file.metadata().unwrap().ino();
        let Err(Blocked::Busy(identity)) = acquire(&request(&store, Protocol::File)) else { panic!() };
        assert_eq!(identity, format!("{inode}:0"));
        drop(file);
        assert!(!is_busy(&store, Protocol::File));
    }

    #[test]
    fn a_lock_that_cannot_be_made_is_told() {
        let (dir, _, _) = store();
        let long = dir.path().join("a".repeat(254));
        for store in [long.as_path(), &dir.path().join("none/auth-profiles.json")] {
            for protocol in [Protocol::File, Protocol::Directory] {
                let Err(Blocked::Failed(problem)) = acquire(&request(store, protocol)) else { panic!() };
                assert!(problem.message.starts_with("cannot lock"), "{}", problem.message);
            }
        }
        assert_eq!(names(dir.path()), 1);
    }

    #[test]
    fn a_directory_is_the_lock_up_to_the_version_that_made_it_a_file() {
        for (version, protocol) in [
            (Some(Version(2026, 2, 1)), Protocol::Directory),
            (Some(Version(2026, 2, 12)), Protocol::Directory),
            (Some(Version(2026, 2, 13)), Protocol::File),
            (None, Protocol::File),
        ] {
            assert_eq!(Protocol::of(version), protocol, "{version:?}");
        }
    }

    #[test]
    fn the_lock_stands_beside_the_link_or_beside_the_file() {
        let (dir, store, _) = store();
        let link = dir.path().join("link.json");
        std::os::unix::fs::symlink(&store, &link).unwrap();
        let real = std::fs::canonicalize(dir.path()).unwrap();
        assert_eq!(place(&link, Protocol::File).unwrap(), real.join("link.json.lock"));
        assert_eq!(place(&link, Protocol::Directory).unwrap(), real.join("auth-profiles.json.lock"));
    }
}
