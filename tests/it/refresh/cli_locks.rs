//! Claude Code's own locks, from outside: what ocsync takes, what it waits for, what it says, and that
//! nothing of it is left: a lock that is left behind keeps Claude Code from refreshing.
//! `codex_locks.rs` has those of Codex, `lock_contention.rs` many processes at once.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use crate::home::usual_umask;
use ocsync::testing::model::exit::Code;
use ocsync::testing::refresh::lock::claude;
use ocsync::testing::sys::locked::Blocked;

/// A parent with a configuration directory of Claude Code's in it.
struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        usual_umask();
        let place = Self { dir: tempfile::tempdir().unwrap() };
        fs::create_dir(place.at("claude")).unwrap();
        fs::write(place.claude(), "{}").unwrap();
        place
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn claude(&self) -> PathBuf {
        self.at("claude/.credentials.json")
    }

    /// Where A, B and C are.
    fn locks(&self) -> [PathBuf; 3] {
        ["claude/.oauth_refresh.lock", "claude.lock", "claude/.storage-write.lock"].map(|name| self.at(name))
    }

    #[track_caller]
    fn nothing_left(&self) {
        let names = |dir: &Path| fs::read_dir(dir).unwrap().count();
        assert_eq!((names(self.dir.path()), names(&self.at("claude"))), (1, 1), "something is left");
    }
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

fn take(place: &Place) -> claude::Lock {
    claude::Lock::acquire(&place.claude(), soon()).unwrap()
}

/// Dates a lock so many seconds back.
fn age(path: &Path, seconds: u64) {
    File::open(path).unwrap().set_modified(SystemTime::now() - Duration::from_secs(seconds)).unwrap();
}

fn is_busy<T>(result: Result<T, Blocked>, path: &Path) -> bool {
    matches!(result, Err(Blocked::Busy(said)) if Path::new(&said) == path)
}

fn code<T>(result: Result<T, Blocked>) -> (&'static str, Option<Code>) {
    let Err(Blocked::Failed(problem)) = result else { panic!("not a failure") };
    assert!(!problem.hint.is_empty(), "{problem:?}");
    (problem.code, problem.failure)
}

#[test]
fn all_three_are_taken_in_their_places_and_given_back() {
    let place = Place::new();
    let [a, b, c] = place.locks();
    let owner = place.at("claude/.oauth_refresh.lock.owner");
    fs::write(&owner, "Claude Code's").unwrap();
    let link = place.at("link");
    symlink("claude", &link).unwrap();
    let lock = claude::Lock::acquire(&link.join(".credentials.json"), soon()).unwrap();
    assert!(lock.is_held() && a.is_dir() && b.is_dir() && !c.exists());
    lock.check_write_lock().unwrap();
    let write = lock.for_write(soon()).unwrap();
    assert!(write.is_held() && c.is_dir());
    lock.check_write_lock().unwrap();
    assert!(is_busy(lock.for_write(Instant::now()), &c));
    assert!(is_busy(claude::Lock::acquire(&place.claude(), Instant::now()), &a));
    drop(write);
    assert!(!c.exists() && lock.is_held());
    drop(lock);
    assert_eq!(fs::read(&owner).unwrap(), b"Claude Code's");
    fs::remove_file(owner).unwrap();
    fs::remove_file(link).unwrap();
    place.nothing_left();
}

#[test]
fn a_heartbeat_keeps_both_young_and_ends_with_the_lock() {
    let place = Place::new();
    let [a, b, _] = place.locks();
    let lock = take(&place);
    for path in [&a, &b] {
        age(path, 55);
    }
    std::thread::sleep(Duration::from_millis(2500));
    for path in [&a, &b] {
        let modified = fs::metadata(path).unwrap().modified().unwrap();
        assert!(modified.elapsed().unwrap() < Duration::from_secs(2), "{}", path.display());
    }
    let start = (lock.is_held().then(Instant::now)).unwrap();
    drop(lock);
    assert!(start.elapsed() < Duration::from_secs(1), "the thread ends at once");
    place.nothing_left();
}

#[test]
fn a_lock_that_is_stolen_is_noticed_and_not_given_back() {
    for stolen in 0..2 {
        let place = Place::new();
        let path = &place.locks()[stolen];
        let lock = take(&place);
        fs::remove_dir(path).unwrap();
        assert!(!lock.is_held());
        fs::create_dir(path).unwrap();
        assert!(!lock.is_held(), "it is another one");
        drop(lock);
        fs::remove_dir(path).unwrap();
        place.nothing_left();
    }
}

#[test]
fn what_the_heartbeat_missed_for_a_moment_stays_lost() {
    let place = Place::new();
    let [a, ..] = place.locks();
    let lock = take(&place);
    fs::rename(&a, place.at("aside")).unwrap();
    std::thread::sleep(Duration::from_millis(2500));
    fs::rename(place.at("aside"), &a).unwrap();
    assert!(!lock.is_held());
    drop(lock);
    place.nothing_left();
}

#[test]
fn a_live_lock_is_respected_and_a_dead_one_taken() {
    for (n, limit) in [(0, 60), (1, 60), (2, 15)] {
        let place = Place::new();
        let path = &place.locks()[n];
        let all = || -> Result<_, Blocked> {
            let lock = claude::Lock::acquire(&place.claude(), Instant::now())?;
            let write = lock.for_write(Instant::now())?;
            Ok((write, lock))
        };
        fs::create_dir(path).unwrap();
        age(path, limit - 5);
        assert!(is_busy(all(), path));
        assert!(path.is_dir(), "it is another's");
        File::open(path).unwrap().set_modified(SystemTime::now() + Duration::from_secs(86_400)).unwrap();
        assert!(is_busy(all(), path), "dated ahead");
        age(path, limit + 1);
        drop(all().unwrap());
        place.nothing_left();
    }
}

#[test]
fn the_first_is_not_kept_while_the_second_is_waited_for() {
    let place = Place::new();
    let [a, b, _] = place.locks();
    fs::create_dir(&b).unwrap();
    let start = Instant::now();
    assert!(is_busy(claude::Lock::acquire(&place.claude(), start + Duration::from_millis(1500)), &b));
    assert!(start.elapsed() < Duration::from_secs(2) && !a.exists());
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| take(&place));
        std::thread::sleep(Duration::from_millis(500));
        assert!(!a.exists() && !waiting.is_finished());
        fs::remove_dir(&b).unwrap();
        assert!(waiting.join().unwrap().is_held());
    });
    place.nothing_left();
}

#[test]
fn what_is_no_lock_is_named_and_left_alone() {
    for n in 0..3 {
        let place = Place::new();
        let path = &place.locks()[n];
        let all = || -> Result<_, Blocked> {
            let lock = claude::Lock::acquire(&place.claude(), soon())?;
            assert_eq!(lock.check_write_lock().unwrap_err().code, "stuck-lock");
            lock.for_write(soon())
        };
        fs::write(path, "").unwrap();
        age(path, 900);
        assert_eq!(code(all()), ("stuck-lock", Some(Code::Unavailable)));
        fs::remove_file(path).unwrap();
        symlink("nowhere", path).unwrap();
        assert_eq!(code(all()), ("stuck-lock", Some(Code::Unavailable)));
        fs::remove_file(path).unwrap();
        fs::create_dir_all(path.join("sub")).unwrap();
        age(path, 900);
        assert_eq!(code(all()), ("stuck-lock", Some(Code::Unavailable)));
        assert!(path.join("sub").is_dir());
        fs::remove_dir_all(path).unwrap();
        place.nothing_left();
    }
}

#[test]
fn a_panic_leaves_nothing() {
    let place = Place::new();
    std::thread::scope(|scope| {
        let work = scope.spawn(|| {
            let lock = take(&place);
            let _write = lock.for_write(soon()).unwrap();
            panic!("on purpose");
        });
        assert!(work.join().is_err());
    });
    place.nothing_left();
}
