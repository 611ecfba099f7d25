//! OpenClaw's lock, from outside: who is waited for, and who is taken for dead.
//!
//! A lock that is stolen from a living gateway costs a login; one that is left behind stops OpenClaw's own refresh for ever.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use crate::home::{DEAD_PID, Home, at, claude_store, hours, iso, now};
use serde_json::json;

const DIRECTORY: &str = "2026.2.12";
const FILE: &str = "2026.5.28";

fn age(path: &Path, seconds: u64) {
    let then = SystemTime::now() - Duration::from_secs(seconds);
    fs::File::open(path).unwrap().set_modified(then).unwrap();
}

/// A home with this lock in the way.
fn home(version: &str, lock: &str) -> Home {
    let home = Home::stale().version(version);
    let path = home.lock_path("main");
    match version {
        DIRECTORY => fs::create_dir(path).unwrap(),
        _ => fs::write(path, lock).unwrap(),
    }
    home
}

fn foreign(pid: u32, created: i64) -> String {
    json!({ "pid": pid, "createdAt": iso(created) }).to_string()
}

fn namespace() -> String {
    fs::read_link("/proc/self/ns/pid").unwrap().to_str().unwrap().to_owned()
}

fn start_time(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat.rsplit_once(')').unwrap().1.split_whitespace().nth(19).unwrap().parse().unwrap()
}

/// The lock stays, the store stays, 75 within the wait.
#[track_caller]
fn is_respected(home: &Home) {
    let before = home.store_text("main");
    let start = Instant::now();
    home.run(&["sync", "--wait", "0"]).code(75).says("auth-profiles.json is locked");
    assert!(start.elapsed() < Duration::from_secs(2));
    assert_eq!(home.store_text("main"), before);
    let lock = home.lock_path("main");
    assert_eq!(home.leftovers(), [lock]);
}

/// The lock is dead: the store is brought in step, and nothing is left.
#[track_caller]
fn is_taken(home: &Home, wait: &str) {
    home.run(&["sync", "--wait", wait]).code(0).prints("updated main anthropic:default");
    assert_eq!(home.access("main"), at("new"));
    home.nothing_left();
}

#[test]
fn a_live_lock_is_waited_for_and_then_reported_busy_within_the_wait() {
    for version in [DIRECTORY, FILE] {
        let home = home(version, &foreign(std::process::id(), now()));
        let start = Instant::now();
        home.run(&["sync", "--wait", "1"]).code(75).says("auth-profiles.json is locked");
        let took = start.elapsed();
        assert!(took >= Duration::from_millis(950) && took < Duration::from_millis(2500), "{took:?}");
        assert_eq!(home.access("main"), at("old"));
        assert_eq!(home.leftovers(), [home.lock_path("main")]);
    }
}

#[test]
fn a_lock_that_is_released_while_waiting_is_had() {
    for version in [DIRECTORY, FILE] {
        let home = home(version, &foreign(std::process::id(), now()));
        let run = home.start(home.command(&["sync", "--wait", "20"]));
        std::thread::sleep(Duration::from_millis(700));
        assert_eq!(home.access("main"), at("old"));
        let lock = home.lock_path("main");
        fs::remove_dir(&lock).or_else(|_| fs::remove_file(&lock)).unwrap();
        run.end().code(0).prints("updated main");
        assert_eq!(home.access("main"), at("new"));
        home.nothing_left();
    }
}

#[test]
fn a_lock_file_is_judged_by_its_process_and_never_by_its_age_alone() {
    let me = std::process::id();
    let old = now() - 181_000;
    let with_start = |start: u64| json!({ "pid": me, "createdAt": iso(old), "starttime": start }).to_string();
    for (text, dead) in [
        (foreign(DEAD_PID, old), true),
        (foreign(DEAD_PID, now() - 179_000), false),
        (foreign(me, 0), false),
        (with_start(1), true),
        (with_start(start_time(me)), false),
        (json!({ "createdAt": iso(0) }).to_string(), false),
        (json!({ "pid": null, "createdAt": iso(0) }).to_string(), false),
        (json!({ "pid": "2147483646", "createdAt": iso(0) }).to_string(), false),
        (String::new(), false),
        ("\0\0\0".to_owned(), false),
        ("{\"pid\":2147483646".to_owned(), false),
        ("[]".to_owned(), false),
    ] {
        let home = home(FILE, &text);
        age(&home.lock_path("main"), if text.contains("createdAt") { 181 } else { 1_000_000 });
        if dead { is_taken(&home, "0") } else { is_respected(&home) }
    }
}

#[test]
fn a_dead_process_whose_lock_file_was_touched_lately_is_waited_for() {
    // Both times must say that no refresh lasts so long.
    let home = home(FILE, &foreign(DEAD_PID, now() - 1_000_000));
    is_respected(&home);
}

#[test]
fn a_lock_directory_is_judged_by_its_heartbeat() {
    for (seconds, dead) in [(0, false), (28, false), (33, true)] {
        let home = home(DIRECTORY, "");
        age(&home.lock_path("main"), seconds);
        if dead { is_taken(&home, "0") } else { is_respected(&home) }
    }
}

#[test]
fn the_other_kind_of_lock_is_respected_too() {
    let later = Home::stale();
    fs::create_dir(later.lock_path("main")).unwrap();
    is_respected(&later);
    let earlier = Home::stale().version(DIRECTORY);
    fs::write(earlier.lock_path("main"), foreign(std::process::id(), now())).unwrap();
    is_respected(&earlier);
}

#[test]
fn a_lock_of_our_own_that_is_provably_dead_is_taken_at_once() {
    let here = ocsync::testing::sys::process::host::own();
    let own = |pid: u32, namespace: &str| {
        json!({ "pid": pid, "createdAt": iso(now()), "starttime": 1, "holder": "ocsync", "holderPid": pid,
                "pidNamespace": namespace, "machine": here.machine, "boot": here.boot })
        .to_string()
    };
    is_taken(&home(FILE, &own(DEAD_PID, &namespace())), "0");
    is_taken(&home(FILE, &own(std::process::id(), &namespace())), "0");
    is_respected(&home(FILE, &own(DEAD_PID, "pid:[1]")));
    // Another machine's first namespace has the same number.
    is_respected(&home(
        FILE,
        &own(DEAD_PID, &namespace()).replace(&here.machine, "other").replace(&here.boot, "other"),
    ));
    is_respected(&home(
        FILE,
        &own(DEAD_PID, &namespace()).replace("\"machine\"", "\"m\"").replace("\"boot\"", "\"b\""),
    ));
}

#[test]
fn across_a_container_no_pid_is_judged() {
    let contained = |text: &str| {
        let home = home(FILE, text);
        let state_dir = json!({ "path": home.path(".openclaw"), "container": true });
        home.config(&json!({ "state_dirs": [state_dir] }))
    };
    for text in [foreign(DEAD_PID, 0), foreign(DEAD_PID, now())] {
        let home = contained(&text);
        age(&home.lock_path("main"), 1_000_000);
        is_respected(&home);
    }
}

#[test]
fn a_lock_that_stands_for_three_runs_is_stuck_and_named() {
    for text in [foreign(std::process::id(), now()), String::new()] {
        let home = home(FILE, &text);
        home.run(&["sync", "--wait", "0"]).code(75);
        home.run(&["sync", "--wait", "0"]).code(75);
        let report = home.run(&["sync", "--wait", "0", "--json"]).code(4).says("auth-profiles.json.lock").json();
        let codes: Vec<&str> =
            report["problems"].as_array().unwrap().iter().filter_map(|p| p["code"].as_str()).collect();
        assert!(codes.contains(&"stuck-lock"), "{codes:?}");
        // Another lock is another matter.
        fs::remove_file(home.lock_path("main")).unwrap();
        std::thread::sleep(Duration::from_millis(20));
        fs::write(home.lock_path("main"), foreign(std::process::id(), now())).unwrap();
        home.run(&["sync", "--wait", "0"]).code(75);
        fs::remove_file(home.lock_path("main")).unwrap();
        is_taken(&home, "0");
    }
}

#[test]
fn a_lock_is_stuck_after_two_hours_however_few_the_runs() {
    let home = home(FILE, &foreign(std::process::id(), now()));
    home.run(&["sync", "--wait", "0", "--now", &iso(now() - 7_201_000)]).code(75);
    home.run(&["sync", "--wait", "0"]).code(4).says("auth-profiles.json.lock");
}

#[test]
fn one_locked_store_keeps_no_other_waiting_for_ever() {
    let home = home(FILE, &foreign(std::process::id(), now())).agent("ops", &claude_store("old", hours(1)));
    home.run(&["sync", "--wait", "1"]).code(75).prints("updated ops");
    assert_eq!((home.access("main"), home.access("ops")), (at("old"), at("new")));
    assert_eq!(home.leftovers(), [home.lock_path("main")]);
}

#[test]
fn the_lock_of_a_linked_store_stands_where_openclaw_looks() {
    for (version, beside) in [(FILE, "agents/main/agent"), (DIRECTORY, "elsewhere")] {
        let home = Home::stale().version(version);
        let (link, target) = (home.store_path("main"), home.path(".openclaw/elsewhere/auth-profiles.json"));
        fs::create_dir(target.parent().unwrap()).unwrap();
        fs::rename(&link, &target).unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        let lock = home.path(".openclaw").join(beside).join("auth-profiles.json.lock");
        if version == DIRECTORY {
            fs::create_dir(&lock).unwrap();
        } else {
            fs::write(&lock, foreign(std::process::id(), now())).unwrap();
        }
        home.run(&["sync", "--wait", "0"]).code(75);
        fs::remove_dir(&lock).or_else(|_| fs::remove_file(&lock)).unwrap();
        home.run(&["sync", "--wait", "0"]).code(0);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(fs::read_to_string(&target).unwrap().contains(&at("new")));
        home.nothing_left();
    }
}
