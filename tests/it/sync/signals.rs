//! A run that is told to stop, or shot, at any moment. SIGTERM and SIGINT leave no lock and no
//! temporary file; after SIGKILL every store is the old one or the new one, and the next run
//! finishes the work and leaves nothing of the dead run behind. Both lock protocols.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::home::{self, Home, Run, at, claude_store, hours, random, setting};
use rustix::process::Signal;
use serde_json::json;

const VERSIONS: [&str; 2] = ["2026.2.12", "2026.5.28"];
const AGENTS: usize = 20;

fn agent(number: usize) -> String {
    if number == 0 { "main".to_owned() } else { format!("agent-{number:02}") }
}

fn home(version: &str) -> Home {
    let empty = Home::new().version(version).claude("gen-0", hours(2));
    let home = (0..AGENTS).fold(empty, |home, number| home.agent(&agent(number), &claude_store("gen-0", hours(2))));
    home.run(&["sync", "--reload", "never"]).code(0);
    home
}

/// The CLI rotates; then a run that a signal hits at a random moment.
/// `longest` is in microseconds.
fn struck(home: &Home, generation: u64, longest: u64, signal: Signal) -> Run {
    let expires = hours(2) + i64::try_from(generation).unwrap() * 1000;
    let login = home::claude_json(&format!("gen-{generation}"), expires);
    home::put(&home.path(".claude/.credentials.json"), &login);
    let run = home.start(home.command(&["sync", "--reload", "never"]));
    std::thread::sleep(Duration::from_micros(random(longest)));
    run.signal(signal);
    run.end()
}

/// How many microseconds a whole run lasts here, alone on the machine or nearly so.
fn measure(home: &Home) -> u64 {
    let start = Instant::now();
    let login = home::claude_json("measured", hours(2) + 500);
    home::put(&home.path(".claude/.credentials.json"), &login);
    home.run(&["sync", "--reload", "never"]).code(0);
    u64::try_from((start.elapsed() * 5 / 4).as_micros()).unwrap()
}

/// Strikes `total` times, in homes side by side; `check` looks at
/// each. Returns how many were hit before they ended,
/// and of how many.
fn strike(versions: &[&str], total: u64, signals: &[Signal], check: impl Fn(&Home, u64, &Run) + Sync) -> (u64, u64) {
    let hit = AtomicU64::new(0);
    // After a kill a lock directory has to be waited for, for seconds: many side by side.
    let lanes = if versions == [VERSIONS[0]] { 24 } else { 6 };
    // Runs last longer or shorter with what else the machine does, these lanes most of all: what one learns is of use to
    // the others. Two of three are to be hit.
    let longest = AtomicU64::new(measure(&home(versions[0])));
    std::thread::scope(|scope| {
        for lane in 0..lanes {
            let (hit, longest, check) = (&hit, &longest, &check);
            scope.spawn(move || {
                let home = home(versions[usize::try_from(lane).unwrap() % versions.len()]);
                for generation in 1..=total.div_ceil(lanes) {
                    let signal = signals[usize::try_from(generation).unwrap() % signals.len()];
                    let run = struck(&home, generation, longest.load(Ordering::Relaxed), signal);
                    let learn =
                        |by: fn(u64) -> u64| longest.store(by(longest.load(Ordering::Relaxed)), Ordering::Relaxed);
                    match run.signal {
                        Some(number) => {
                            assert_eq!(number, signal.as_raw());
                            hit.fetch_add(1, Ordering::Relaxed);
                            learn(|longest| longest * 26 / 25);
                        }
                        None => {
                            run.code(0);
                            learn(|longest| longest * 10 / 11);
                        }
                    }
                    check(&home, generation, &run);
                }
            });
        }
    });
    (hit.into_inner(), total.div_ceil(lanes) * lanes)
}

/// Every store is whole, and holds the last generation or one before it.
fn stores_are_whole(home: &Home, generation: u64) -> u64 {
    let name = |number: usize| home.access(&agent(number));
    let newest = at(&format!("gen-{generation}"));
    (0..AGENTS)
        .map(name)
        .inspect(|held| assert!(held.starts_with(&at("")), "{held}"))
        .filter(|held| *held == newest)
        .count() as u64
}

#[test]
fn sigterm_and_sigint_leave_no_lock_and_no_temporary_file() {
    let total = setting("OCSYNC_SIGNALS", 300);
    let (hit, total) = strike(&VERSIONS, total, &[Signal::TERM, Signal::INT], |home, generation, _| {
        home.nothing_left();
        stores_are_whole(home, generation);
    });
    println!("{hit} of {total} runs were hit before they ended");
    assert!(hit > total / 4, "only {hit} of {total} runs were hit before they ended");
}

#[test]
fn after_sigkill_stores_are_whole_and_the_next_run_leaves_no_lock_file_behind() {
    after_sigkill(VERSIONS[1]);
}

#[test]
fn after_sigkill_stores_are_whole_and_the_next_run_leaves_no_lock_directory_behind() {
    after_sigkill(VERSIONS[0]);
}

fn after_sigkill(version: &str) {
    let total = setting("OCSYNC_KILLS", 300) / 2;
    let (left, half) = (AtomicU64::new(0), AtomicU64::new(0));
    let (hit, total) = strike(&[version], total, &[Signal::KILL], |home, generation, _| {
        let done = stores_are_whole(home, generation);
        half.fetch_add(u64::from(done > 0 && done < AGENTS as u64), Ordering::Relaxed);
        let leftovers = home.leftovers();
        left.fetch_add(u64::from(!leftovers.is_empty()), Ordering::Relaxed);
        home.run(&["sync", "--reload", "never"]).code(0);
        assert_eq!(stores_are_whole(home, generation), AGENTS as u64);
        assert_eq!(home.leftovers(), Vec::<std::path::PathBuf>::new(), "the killed run had left {leftovers:?}");
    });
    let (left, half) = (left.into_inner(), half.into_inner());
    println!(
        "{hit} of {total} runs were killed; {half} in the middle of the stores; {left} left something for the next"
    );
    assert!(hit > total / 4 && left > 0, "{hit} killed, {left} left something");
}

/// A home in step, as a run leaves it that is killed right after the rename.
fn killed_after_the_rename(version: &str) -> Home {
    let home = Home::new().version(version).claude("new", hours(8)).agent("main", &claude_store("new", hours(8)));
    home.run(&["sync"]).code(0);
    let path = home.state_dir().join("state.json");
    let mut state = home.state();
    state["in_flight"] = json!([home.store_path("main").parent().unwrap()]);
    home::put(&path, &state.to_string());
    home
}

#[test]
fn a_lock_that_outlived_its_killed_run_goes_with_the_next_though_nothing_is_to_be_written() {
    let home = killed_after_the_rename("2026.5.28");
    let here = ocsync::testing::sys::process::host::own();
    let lock = json!({ "pid": home::DEAD_PID, "createdAt": home::iso(home::now()), "starttime": 1, "holder": "ocsync",
        "holderPid": home::DEAD_PID, "pidNamespace": here.namespace, "machine": here.machine, "boot": here.boot });
    fs::write(home.lock_path("main"), lock.to_string()).unwrap();
    home.run(&["sync"]).code(0);
    home.nothing_left();
}

#[test]
fn a_lock_directory_that_outlived_its_killed_run_goes_as_well() {
    let home = killed_after_the_rename("2026.2.12");
    let lock = home.lock_path("main");
    fs::create_dir(&lock).unwrap();
    home::chmod(&lock, 0o1700);
    home.run(&["sync"]).code(0);
    // It cannot be told from a living one at once; but it must not be forgotten.
    std::thread::sleep(Duration::from_millis(3200));
    home.run(&["sync"]).code(0);
    home.nothing_left();
}

/// What a killed run calls the temporary file of a store, and that run's pid.
fn name_of_a_temporary_file() -> (u32, String) {
    let home = home(VERSIONS[1]);
    for number in 1..1000 {
        home::put(&home.path(".claude/.credentials.json"), &home::claude_json("next", hours(2) + number * 1000));
        let run = home.start(home.command(&["sync", "--reload", "never"]));
        std::thread::sleep(Duration::from_micros(random(40_000)));
        run.signal(Signal::KILL);
        let pid = run.child.id();
        run.end();
        let names = home.leftovers().into_iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned());
        let own =
            |name: &String| name.starts_with(".auth-profiles.json.ocsync-") && name.contains(&format!("-{pid}-"));
        if let Some(name) = names.into_iter().find(own) {
            return (pid, name);
        }
    }
    panic!("no killed run has left a temporary file");
}

#[test]
fn a_temporary_file_of_a_dead_run_is_swept_where_pids_repeat() {
    // In a container every run may have the same pid: the dead run's is then the sweeper's own.
    let unshare = "/usr/bin/unshare";
    let can = fs::exists(unshare).unwrap()
        && std::process::Command::new(unshare)
            .args(["-pf", "--mount-proc", "true"])
            .status()
            .is_ok_and(|s| s.success());
    if !can {
        println!("SKIPPED: unshare cannot make a PID namespace here");
        return;
    }
    let home = killed_after_the_rename("2026.5.28");
    let (pid, name) = name_of_a_temporary_file();
    let name = name.replacen(&format!("-{pid}-"), "-1-", 1);
    let temp = home.store_path("main").with_file_name(name);
    home::put(&temp, &claude_store("new", hours(8)));
    let mut command = std::process::Command::new(unshare);
    home.dress(&mut command).args(["-pf", "--mount-proc", home::OCSYNC, "sync"]);
    home.start(command).end().code(0);
    home.nothing_left();
}

#[test]
fn a_run_that_waits_for_a_lock_stops_at_once() {
    let home = Home::stale();
    let lock = json!({ "pid": std::process::id(), "createdAt": home::iso(home::now()) }).to_string();
    fs::write(home.lock_path("main"), &lock).unwrap();
    let run = home.start(home.command(&["sync", "--wait", "60"]));
    std::thread::sleep(Duration::from_millis(300));
    let start = Instant::now();
    run.signal(Signal::TERM);
    assert_eq!(run.end().signal, Some(Signal::TERM.as_raw()));
    assert!(start.elapsed() < Duration::from_secs(2));
    assert_eq!(fs::read_to_string(home.lock_path("main")).unwrap(), lock);
    assert_eq!(home.leftovers(), [home.lock_path("main")]);
}
