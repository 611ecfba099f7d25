//! The one function that takes OpenClaw's lock on a store or on a profile.
//!
//! OpenClaw 2026.5.28 waits for ever for a lock file that is empty. So the file is written elsewhere, synced and
//! linked into place: no process ever sees it unfinished, not even after a power cut. ocsync holds a lock for
//! milliseconds; no network call and no child process happens meanwhile.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::model::exit::Code;
use crate::model::problem::Problem;
use crate::openclaw::lock::clear::clear;
use crate::openclaw::lock::guard::Lock;
use crate::openclaw::lock::judge::{LockState, OWN_DIRECTORY, judge};
use crate::openclaw::lock::payloads::Payloads;
use crate::openclaw::lock::protocol::Protocol;
use crate::sys::fs::new_name::has_no_links;
use crate::sys::fs::obstacle::{is_immutable, obstacle};
use crate::sys::fs::spot::Spot;
use crate::sys::locked::Blocked;
use crate::sys::signal;

/// How often a lock that is held is looked at again.
const POLL: Duration = Duration::from_millis(50);
/// How often a lock that has just gone is tried again at once.
const QUICK_TRIES: u32 = 20;

/// A lock to be taken.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// What the lock guards: a store, or the name of a profile's lock (`of_profile.rs`).
    pub store: &'a Path,
    /// What the lock is made of.
    pub protocol: Protocol,
    /// The gateway runs in another PID namespace: no pid is judged, and this run's pid is left out.
    pub container: bool,
    /// When to stop waiting.
    pub deadline: Instant,
}

/// Takes OpenClaw's lock on a store or a profile. It shares `payloads` with other locks of this run.
///
/// # Errors
/// [`Blocked`]; then nothing is left behind, once `payloads` is dropped.
pub fn acquire(request: &Request<'_>, payloads: &Payloads) -> Result<Lock, Blocked> {
    let failed = |error: &io::Error| Blocked::Failed(obstacle("cannot lock", request.store, error));
    let spot = request.protocol.place(request.store).map_err(|error| failed(&error))?;
    // The first try, and one after each dead lock that was taken away, need no time.
    let mut quick = 0..QUICK_TRIES;
    loop {
        if signal::received() {
            return Err(Blocked::Interrupted);
        }
        match make(&spot, request, payloads) {
            Ok(lock) => return Ok(lock),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) if has_no_links(&error) && is_linkless(&spot) => return Err(linkless(&spot).into()),
            Err(error) => return Err(failed(&error)),
        }
        let (identity, is_free) = match judge(&spot, request.container) {
            LockState::Gone => ("gone".to_owned(), true),
            LockState::Dead(id, identity) => (identity, clear(&spot, id).map_err(|error| failed(&error))?),
            LockState::Held(identity) => (identity, false),
            LockState::Stuck(what) => return Err(stuck(&spot.path(), what).into()),
        };
        if is_free && quick.next().is_some() {
            continue;
        }
        if Instant::now() >= request.deadline {
            return Err(Blocked::Busy(identity));
        }
        std::thread::sleep(POLL);
    }
}

/// The problem of something at the place of a lock that no waiting removes.
fn stuck(path: &Path, what: &str) -> Problem {
    let message = format!("cannot lock: {} {what}", path.display());
    Problem::error(
        Code::Incomplete,
        "stuck-lock",
        message,
        "remove it while no gateway runs: OpenClaw waits for it too",
    )
}

/// The problem of a file system on which the lock cannot be made: it must be whole as soon as it is there.
fn linkless(spot: &Spot) -> Problem {
    let message = format!("cannot lock: {} is on a file system without hard links", spot.dir.path.display());
    Problem::error(Code::Incomplete, "no-links", message, "move OpenClaw's state directory to another file system")
}

/// Whether a link that failed tells of the file system: nothing is in its place, and the directory may be changed.
fn is_linkless(spot: &Spot) -> bool {
    spot.metadata().is_err() && !is_immutable(&spot.dir.path)
}

fn make(spot: &Spot, request: &Request<'_>, payloads: &Payloads) -> io::Result<Lock> {
    if request.protocol == Protocol::Directory {
        spot.make_dir(OWN_DIRECTORY)?;
        return Lock::of(spot.clone(), true);
    }
    if spot.look().is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let link = |payloads: &Payloads| payloads.get(spot, request.container)?.temp.spot.link_to(spot);
    match link(payloads) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            // The shared payload may be on another file system, or may have as many links as there can be.
            link(&Payloads::default())?;
        }
        linked => linked?,
    }
    Lock::of(spot.clone(), false)
}

#[cfg(test)]
pub(super) mod tests {
    use std::fs::OpenOptions;
    use std::os::unix::fs::MetadataExt;
    use std::path::PathBuf;

    use super::*;
    use crate::model::time;
    use crate::openclaw::lock::holder::Payload;
    use crate::sys::clock;

    pub(in crate::openclaw::lock) fn request(store: &Path, protocol: Protocol) -> Request<'_> {
        Request { store, protocol, container: false, deadline: Instant::now() }
    }

    pub(in crate::openclaw::lock) fn take(request: &Request<'_>) -> Result<Lock, Blocked> {
        acquire(request, &Payloads::default())
    }

    pub(in crate::openclaw::lock) fn is_busy(store: &Path, protocol: Protocol) -> bool {
        matches!(take(&request(store, protocol)), Err(Blocked::Busy(_)))
    }

    pub(in crate::openclaw::lock) fn store() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let store = dir.path().join("auth-profiles.json");
        std::fs::write(&store, "{}").unwrap();
        let lock = dir.path().join("auth-profiles.json.lock");
        (dir, store, lock)
    }

    pub(in crate::openclaw::lock) fn names(dir: &Path) -> usize {
        std::fs::read_dir(dir).unwrap().count()
    }

    #[test]
    fn a_lock_excludes_and_is_given_back_by_both_protocols() {
        let (dir, store, lock) = store();
        for protocol in [Protocol::File, Protocol::Directory] {
            let held = take(&request(&store, protocol)).unwrap();
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
    fn a_file_lock_says_who_holds_it() {
        let (_dir, store, lock) = store();
        let held = take(&request(&store, Protocol::File)).unwrap();
        let payload: Payload = serde_json::from_slice(&std::fs::read(&lock).unwrap()).unwrap();
        assert_eq!(payload.pid, Some(i64::from(std::process::id())));
        assert!(payload.start_time.is_some() && payload.created().is_some());
        drop(held);
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
        let Err(Blocked::Busy(identity)) = take(&request(&store, Protocol::File)) else { panic!() };
        assert_eq!(identity, format!("{inode}:0"));
        file.set_modified(std::time::UNIX_EPOCH + Duration::from_millis(1_700_000_000_567)).unwrap();
        let Err(Blocked::Busy(identity)) = take(&request(&store, Protocol::File)) else { panic!() };
        assert_eq!(identity, format!("{inode}:1700000000567"), "as a lock that is held");
        drop(file);
        assert!(!is_busy(&store, Protocol::File));
    }

    #[test]
    fn what_is_no_lock_is_named_at_once() {
        for protocol in [Protocol::File, Protocol::Directory] {
            let (_dir, store, lock) = store();
            std::os::unix::fs::symlink("nowhere", &lock).unwrap();
            let request = Request { deadline: Instant::now() + Duration::from_secs(60), ..request(&store, protocol) };
            let Err(Blocked::Failed(problem)) = take(&request) else { panic!() };
            assert!(problem.message.ends_with(".json.lock is a symbolic link"), "{}", problem.message);
            assert_eq!((problem.code, problem.failure), ("stuck-lock", Some(Code::Incomplete)));
        }
    }

    #[test]
    fn a_lock_that_cannot_be_made_is_reported() {
        let (dir, store, _) = store();
        assert!(!is_linkless(&Spot::of(&store).unwrap()), "something is there");
        let long = dir.path().join("a".repeat(254));
        for store in [long.as_path(), &dir.path().join("none/auth-profiles.json")] {
            for protocol in [Protocol::File, Protocol::Directory] {
                let Err(Blocked::Failed(problem)) = take(&request(store, protocol)) else { panic!() };
                assert!(problem.message.starts_with("cannot lock"), "{}", problem.message);
                assert_ne!(problem.code, "no-links", "{}", problem.message);
            }
        }
        assert_eq!(names(dir.path()), 1);
    }
}
