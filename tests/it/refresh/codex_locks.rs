//! Codex's own locks, from outside: the files that Codex 0.169.0 makes, who is waited for, and what is
//! said of a lock file that Codex could not open: it would lose the tokens it gets, and say nothing.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::home::{is_root, usual_umask};
use ocsync::testing::model::exit::Code;
use ocsync::testing::refresh::lock::codex;
use ocsync::testing::sys::locked::Blocked;

/// A parent with a `CODEX_HOME` in it.
struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        usual_umask();
        let place = Self { dir: tempfile::tempdir().unwrap() };
        fs::create_dir(place.at("codex")).unwrap();
        fs::write(place.file(), "{}").unwrap();
        place
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn file(&self) -> PathBuf {
        self.at("codex/auth.json")
    }
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

fn is_busy<T>(result: Result<T, Blocked>, path: &Path) -> bool {
    matches!(result, Err(Blocked::Busy(said)) if Path::new(&said) == path)
}

fn code<T>(result: Result<T, Blocked>) -> (&'static str, Option<Code>) {
    let Err(Blocked::Failed(problem)) = result else { panic!("not a failure") };
    assert!(!problem.hint.is_empty(), "{problem:?}");
    (problem.code, problem.failure)
}

/// Another process that holds a lock; `None` without `flock`.
fn hold(path: &Path, seconds: &str) -> Option<Child> {
    let mut command = Command::new("flock");
    command.arg("-F").arg(path).args(["sh", "-c", "echo; exec sleep $0", seconds]);
    let mut child = command.stdout(Stdio::piped()).spawn().ok()?;
    std::io::Read::read(child.stdout.as_mut().unwrap(), &mut [0]).unwrap();
    Some(child)
}

#[test]
fn codexs_files_are_made_as_codex_makes_them_and_stay() {
    let place = Place::new();
    fs::create_dir(place.at("elsewhere")).unwrap();
    fs::rename(place.file(), place.at("elsewhere/real.json")).unwrap();
    symlink("../elsewhere/real.json", place.file()).unwrap();
    let lock = codex::Lock::acquire(&place.file(), soon()).unwrap();
    lock.check_write_lock().unwrap();
    let write = lock.for_write(soon()).unwrap();
    assert!(lock.is_held() && write.is_held());
    let first = fs::metadata(place.at("codex/auth.lock")).unwrap();
    let second = fs::metadata(place.at("elsewhere/real.json.lock")).unwrap();
    assert_eq!((first.mode() & 0o600, first.len()), (0o600, 0));
    assert_eq!((second.mode() & 0o777, second.len()), (0o600, 0));
    assert!(is_busy(codex::Lock::acquire(&place.file(), Instant::now()), &place.at("codex/auth.lock")));
    assert!(is_busy(lock.for_write(Instant::now()), &place.at("elsewhere/real.json.lock")));
    drop((write, lock));
    let lock = codex::Lock::acquire(&place.file(), Instant::now()).unwrap();
    fs::remove_file(place.at("codex/auth.lock")).unwrap();
    assert!(!lock.is_held(), "whoever comes now makes another");
}

#[test]
fn codexs_locks_are_waited_for_and_its_own_write_for_five_seconds() {
    let place = Place::new();
    let lock = codex::Lock::acquire(&place.file(), soon()).unwrap();
    lock.check_write_lock().unwrap();
    drop(lock);
    let start = Instant::now();
    let Some(mut child) = hold(&place.at("codex/auth.lock"), "1") else {
        println!("SKIPPED: flock is not installed");
        return;
    };
    assert!(is_busy(codex::Lock::acquire(&place.file(), Instant::now()), &place.at("codex/auth.lock")));
    let lock = codex::Lock::acquire(&place.file(), soon()).unwrap();
    assert!(start.elapsed() > Duration::from_millis(900));
    child.wait().unwrap();
    let mut child = hold(&place.at("codex/auth.json.lock"), "9").unwrap();
    lock.check_write_lock().unwrap();
    let start = Instant::now();
    assert!(is_busy(lock.for_write(soon()), &place.at("codex/auth.json.lock")));
    let took = start.elapsed();
    assert!(took > Duration::from_millis(4900) && took < Duration::from_secs(6), "{took:?}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn what_is_no_lock_file_of_codexs_is_named_and_left_alone() {
    for name in ["codex/auth.lock", "codex/auth.json.lock"] {
        let place = Place::new();
        let path = place.at(name);
        let all = || -> Result<_, Blocked> {
            let lock = codex::Lock::acquire(&place.file(), soon())?;
            assert_eq!(lock.check_write_lock().unwrap_err().code, "stuck-lock");
            lock.for_write(soon())
        };
        let target = place.at("target");
        fs::write(&target, "").unwrap();
        symlink(&target, &path).unwrap();
        assert_eq!(code(all()), ("stuck-lock", Some(Code::Unavailable)));
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert_eq!(code(all()), ("stuck-lock", Some(Code::Unavailable)));
        fs::remove_dir(&path).unwrap();
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        assert_eq!(code(all()), ("stuck-lock", Some(Code::Unavailable)));
        fs::remove_file(&path).unwrap();
        if !is_root() {
            fs::write(&path, "").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
            assert_eq!(code(all()), ("stuck-lock", Some(Code::Unavailable)));
        }
    }
}
