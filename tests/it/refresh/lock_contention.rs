//! Many at once want the CLIs' own locks, in threads and in processes of their own, some of which are
//! killed: never two are inside, and whoever ends leaves nothing.
//!
//! A process of its own is this test program again, told by a variable what to do.

use std::fs::{self, File, Permissions};
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ocsync::testing::refresh::lock::{claude, codex};
use ocsync::testing::sys::locked::Blocked;
use ocsync::testing::sys::signal;
use rustix::process::{Pid, Signal, kill_process};

use crate::home::alone::again;
use crate::home::users::{NOBODY, copy_for_all, nobody};
use crate::home::{is_root, usual_umask};

const VARIABLE: &str = "OCSYNC_TEST_WORKER";
const WORKERS: usize = 8;
const ROUNDS: usize = 10;

/// A parent with a `home` of either CLI, in which a file counts.
fn place() -> (tempfile::TempDir, PathBuf) {
    usual_umask();
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("home");
    fs::create_dir(&home).unwrap();
    for name in [".credentials.json", "auth.json"] {
        fs::write(home.join(name), "{}").unwrap();
    }
    fs::write(home.join("count"), "0").unwrap();
    (dir, home)
}

fn locks(home: &Path) -> [PathBuf; 2] {
    [home.join(".oauth_refresh.lock"), home.with_extension("lock")]
}

fn nothing_left(home: &Path) {
    let names = |dir: &Path| fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>();
    assert_eq!(names(home.parent().unwrap()), ["home"]);
    assert!(names(home).iter().all(|name| !name.to_str().unwrap().starts_with(".o")), "{:?}", names(home));
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(50)
}

fn claude(home: &Path) -> Result<claude::Lock, Blocked> {
    claude::Lock::acquire(&home.join(".credentials.json"), soon())
}

/// Counts so that two at once would lose one.
fn count(home: &Path) {
    let file = home.join("count");
    let count: usize = fs::read_to_string(&file).unwrap().parse().unwrap();
    std::thread::sleep(Duration::from_millis(2));
    fs::write(&file, (count + 1).to_string()).unwrap();
}

fn counted(home: &Path) -> usize {
    fs::read_to_string(home.join("count")).unwrap().parse().unwrap()
}

/// Starts this program as another process.
fn start(task: &str, home: &Path) -> Command {
    start_by(again(module_path!(), "worker"), task, home)
}

fn start_by(mut command: Command, task: &str, home: &Path) -> Command {
    command.env(VARIABLE, task).current_dir(home).stdout(Stdio::piped());
    command
}

/// Until it has said so.
fn wait_until_ready(child: &mut Child) {
    let (mut said, mut byte) = (String::new(), [0]);
    while !said.ends_with("READY") {
        child.stdout.as_mut().unwrap().read_exact(&mut byte).unwrap();
        said.push(byte[0] as char);
    }
}

fn ends_well(mut child: Child) {
    let mut rest = String::new();
    child.stdout.take().unwrap().read_to_string(&mut rest).unwrap();
    assert!(child.wait().unwrap().success() && rest.contains("1 passed"), "{rest}");
}

fn tell(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

#[test]
#[ignore = "a process that others start"]
fn worker() {
    let Ok(task) = std::env::var(VARIABLE) else { return };
    let home = &std::env::current_dir().unwrap();
    match task.as_str() {
        "claude" => {
            for _ in 0..ROUNDS {
                let lock = claude(home).unwrap();
                let write = lock.for_write(soon()).unwrap();
                count(home);
                assert!(lock.is_held() && write.is_held());
            }
        }
        "codex" => {
            for _ in 0..ROUNDS {
                let lock = codex::Lock::acquire(&home.join("auth.json"), soon()).unwrap();
                let write = lock.for_write(soon()).unwrap();
                count(home);
                assert!(lock.is_held() && write.is_held());
            }
        }
        "hold" => {
            signal::listen().unwrap();
            let lock = claude(home).unwrap();
            println!("READY");
            while !signal::received() {
                std::thread::sleep(Duration::from_millis(5));
            }
            assert!(lock.is_held());
        }
        "wait" => {
            signal::listen().unwrap();
            println!("READY");
            assert!(matches!(claude(home), Err(Blocked::Interrupted)));
            let codex = codex::Lock::acquire(&home.join("auth.json"), soon());
            assert!(matches!(codex, Err(Blocked::Interrupted)));
        }
        "alone" => {
            let lock = claude(home).unwrap();
            let [a, b] = locks(home);
            assert!(lock.is_held() && a.is_dir() && !b.exists());
            drop(lock.for_write(soon()).unwrap());
        }
        _ => unreachable!(),
    }
}

#[test]
fn eight_processes_lose_no_count_even_after_one_that_was_killed() {
    for task in ["claude", "codex"] {
        let (_dir, home) = place();
        if task == "claude" {
            let mut killed = start("hold", &home).spawn().unwrap();
            wait_until_ready(&mut killed);
            killed.kill().unwrap();
            killed.wait().unwrap();
            for path in locks(&home) {
                let then = SystemTime::now() - Duration::from_secs(61);
                File::open(path).unwrap().set_modified(then).unwrap();
            }
        }
        let start = |_| start(task, &home).spawn().unwrap();
        let children: Vec<Child> = (0..WORKERS).map(start).collect();
        children.into_iter().for_each(ends_well);
        assert_eq!(counted(&home), WORKERS * ROUNDS);
        if task == "claude" {
            nothing_left(&home);
        }
    }
}

#[test]
fn a_signal_ends_a_wait_and_a_hold_and_nothing_is_left() {
    let (_dir, home) = place();
    let mut holds = start("hold", &home).spawn().unwrap();
    wait_until_ready(&mut holds);
    let codex = codex::Lock::acquire(&home.join("auth.json"), soon()).unwrap();
    let mut waits = start("wait", &home).spawn().unwrap();
    wait_until_ready(&mut waits);
    std::thread::sleep(Duration::from_millis(200));
    let begin = Instant::now();
    tell(&waits, Signal::TERM);
    ends_well(waits);
    assert!(locks(&home).iter().all(|path| path.is_dir()), "it was not theirs");
    tell(&holds, Signal::INT);
    ends_well(holds);
    assert!(begin.elapsed() < Duration::from_secs(2));
    drop(codex);
    nothing_left(&home);
}

#[test]
fn where_the_parent_may_not_be_written_the_first_lock_is_enough() {
    let (dir, home) = place();
    let program = dir.path().join("worker");
    copy_for_all(&std::env::current_exe().unwrap(), &program);
    fs::set_permissions(dir.path(), Permissions::from_mode(0o555)).unwrap();
    let command = if is_root() {
        chown(&home, Some(NOBODY), Some(NOBODY)).unwrap();
        nobody(&program)
    } else {
        Some(Command::new(&program))
    };
    let Some(mut command) = command else { return };
    command.args(again(module_path!(), "worker").get_args());
    ends_well(start_by(command, "alone", &home).spawn().unwrap());
    fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
    fs::remove_file(program).unwrap();
    nothing_left(&home);
}

/// One of its directories, as Claude Code 2.1.328 takes it: stale after 60 s, dated at the next full second
/// and 5 ms. It touches it every 5 s, which is longer than it is held here.
fn taken_as_claude_code_does(path: &Path) -> bool {
    loop {
        if fs::create_dir(path).is_ok() {
            let second = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 1;
            let at = UNIX_EPOCH + Duration::from_millis(second * 1000 + 5);
            let _ = File::open(path).unwrap().set_modified(at);
            return true;
        }
        let Ok(modified) = fs::metadata(path).and_then(|meta| meta.modified()) else { continue };
        if modified.elapsed().is_ok_and(|age| age > Duration::from_secs(60)) {
            let _ = fs::remove_dir(path);
            continue;
        }
        return false;
    }
}

#[test]
fn claude_code_and_ocsync_are_never_both_inside() {
    let (_dir, home) = place();
    let (inside, ours, theirs) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let end = Instant::now() + Duration::from_secs(5);
    let work = |done: &AtomicUsize| {
        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two are inside");
        count(&home);
        inside.fetch_sub(1, Ordering::SeqCst);
        done.fetch_add(1, Ordering::SeqCst);
    };
    std::thread::scope(|scope| {
        for n in 0..2 {
            scope.spawn(|| {
                while Instant::now() < end {
                    let lock = claude(&home).unwrap();
                    work(&ours);
                    assert!(lock.is_held());
                }
            });
            let (home, work, theirs) = (&home, &work, &theirs);
            scope.spawn(move || {
                let [a, b] = locks(home);
                while Instant::now() < end {
                    // Now and then one that knows only the second, as versions to 2.1.112.
                    let first = n == 0 || taken_as_claude_code_does(&a);
                    if first && taken_as_claude_code_does(&b) {
                        work(theirs);
                        fs::remove_dir(&b).unwrap();
                    }
                    if n == 1 && first {
                        fs::remove_dir(&a).unwrap();
                    }
                    std::thread::sleep(Duration::from_millis(10 + 15 * n));
                }
            });
        }
    });
    let (ours, theirs) = (ours.into_inner(), theirs.into_inner());
    println!("ocsync {ours}, Claude Code {theirs}");
    assert!(ours > 2 && theirs > 20, "ocsync {ours}, Claude Code {theirs}");
    assert_eq!(counted(&home), ours + theirs);
    nothing_left(&home);
}
