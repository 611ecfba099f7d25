//! Profiles in SQLite and the locks of others: who holds one is waited for, and who has been quicker is respected.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::home::sqlite::{MAIN, STATE, change, put_rows, rows, text};
use crate::home::sqlite_write::{WRITE, fence, is_clean, is_delivered, shared};
use crate::home::{self, CLAUDE, DEAD_PID, Home, at, hours, iso, now, oauth, store};
use rusqlite::Connection;
use rustix::process::Signal;
use serde_json::json;

use super::holder::Holder;

/// The name of the lock on Claude's profile: of all versions but 2026.6.5, and of that.
const LOCKS: [&str; 2] = [
    ".openclaw/locks/oauth-refresh/lock-d86ff71f0416cea6738a705bf801262d.lock",
    ".openclaw/locks/oauth-refresh/sha256-3ca41129fe4df4051f8cd238745d9783c6bef528402e728a4e7c5f3485af52a5.lock",
];

/// A lock on Claude's profile, held by this process.
fn lock(home: &Home, name: &str, pid: u32, age: i64) -> PathBuf {
    let path = home.path(name);
    home::put(&path, &json!({ "pid": pid, "createdAt": iso(now() - age) }).to_string());
    let then = std::time::SystemTime::now() - Duration::from_millis(age as u64);
    fs::File::open(&path).unwrap().set_modified(then).unwrap();
    path
}

#[test]
fn the_lock_of_the_profile_is_waited_for_and_a_dead_one_taken() {
    for (version, name) in [("2026.6.5", LOCKS[1]), ("2026.6.5", LOCKS[0]), ("2026.6.10", LOCKS[0])] {
        let home = Home::per_agent().version(version);
        let held = lock(&home, name, std::process::id(), 200_000);
        let start = Instant::now();
        let before = text(&home.path(MAIN));
        home.run(&["sync", "--wait", "1"]).code(75).says("is locked by OpenClaw");
        let took = start.elapsed();
        assert!(took >= Duration::from_millis(950) && took < Duration::from_secs(4), "{took:?}");
        home.run(&["sync", "--wait", "0"]).code(75);
        home.run(&["sync", "--wait", "0"]).code(4).says(".lock has blocked 3 runs");
        assert_eq!(text(&home.path(MAIN)), before);
        fs::remove_file(held).unwrap();
        lock(&home, name, DEAD_PID, 200_000);
        home.run(&["sync", "--wait", "0"]).code(0).prints("updated main anthropic:default");
        is_clean(&home);
        assert!(!home.state()["stores"].as_object().unwrap().keys().any(|key| key.contains("locks")));
    }
    // Another profile's is no matter; nor is this one's in the name of another version.
    let home = Home::per_agent();
    lock(&home, LOCKS[1], std::process::id(), 0);
    home.run(WRITE).code(0);
}

/// Waits until a run has noted where it is at work: so it has planned.
fn planned(home: &Home) {
    let noted =
        || fs::read_to_string(home.state_dir().join("state.json")).is_ok_and(|text| text.contains("oauth-refresh"));
    while !noted() {
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_row_that_is_changed_between_plan_and_write_is_decided_again() {
    let later = |to: &str, code: i32, says: &str| {
        let home = Home::per_agent();
        let held = lock(&home, LOCKS[0], std::process::id(), 0);
        let run = home.start(home.command(&["sync", "--wait", "20"]));
        planned(&home);
        put_rows(&Connection::open(home.path(MAIN)).unwrap(), to);
        fs::remove_file(held).unwrap();
        let run = run.end();
        run.code(code);
        assert!(run.stdout.contains(says) || run.stderr.contains(says), "{run:#?}");
        home
    };
    // What others have done to the rest of the row stays.
    let to = rows("older").replace("canary-setup", "canary-other");
    let home = later(&to, 0, "updated main anthropic:default");
    is_delivered(&home, MAIN, &to, "new");
    // OpenClaw has got newer tokens, or is about to; somebody has been quicker; it is gone.
    for (to, code, says) in [
        (store(&[(CLAUDE, oauth("later", hours(20)))]), 75, "is left alone: the profile's credential is as new"),
        (store(&[(CLAUDE, fence(false, "old"))]), 75, "is left alone: OpenClaw is refreshing it, or was stopped"),
        (store(&[("anthropic:setup", json!({}))]), 75, "is left alone: it is gone"),
        (
            store(&[(
                CLAUDE,
                json!({ "type": "oauth", "provider": "Anthropic", "access": at("old"), "expires": 1 }),
            )]),
            75,
            "another provider's",
        ),
        ("{".to_owned(), 65, "ends within"),
    ] {
        let home = later(&to, code, says);
        assert_eq!(text(&home.path(MAIN)), to);
        is_clean(&home);
    }
    let mut access = oauth("new", hours(8));
    access.as_object_mut().unwrap().remove("refresh");
    let to = store(&[(CLAUDE, access)]);
    assert_eq!(text(&later(&to, 0, "").path(MAIN)), to);
}

#[test]
fn an_installation_that_forbids_it_meanwhile_is_heard() {
    for own in [false, true] {
        let (home, _coordinator) = shared();
        if own {
            put_rows(&Connection::open(home.path(MAIN)).unwrap(), &rows("own"));
        }
        let before = [MAIN, STATE].map(|place| text(&home.path(place)));
        let held = lock(&home, LOCKS[0], std::process::id(), 0);
        let run = home.start(home.command(&["sync", "--wait", "20"]));
        planned(&home);
        change(&home.path(STATE), "INSERT INTO config_machine_state VALUES ('gateway.supervision', '{}', 1)");
        fs::remove_file(held).unwrap();
        run.end().code(75).says("is left alone: the database says that a supervisor manages this OpenClaw");
        assert_eq!([MAIN, STATE].map(|place| text(&home.path(place))), before);
    }
}

#[test]
fn whoever_writes_is_waited_for_and_not_for_long() {
    let bounded = |home: &Home, says: &str| {
        let start = Instant::now();
        home.run(&["sync", "--wait", "30"]).code(75).says(says);
        let took = start.elapsed();
        // Two waits would take four.
        assert!(took >= Duration::from_millis(1900) && took < Duration::from_millis(3900), "{took:?}");
    };
    let (home, coordinator) = shared();
    let before = text(&home.path(STATE));
    let other = Holder::of(&coordinator.0, "BEGIN EXCLUSIVE");
    bounded(&home, "is held by OpenClaw");
    other.ends();
    let other = Holder::of(&home.path(STATE), "BEGIN IMMEDIATE");
    bounded(&home, "another program is writing it");
    other.ends();
    assert_eq!(text(&home.path(STATE)), before);
    is_clean(&home);
    // A gateway that has it open, and does not write, is in nobody's way; its log stays.
    let other = Holder::of(&home.path(STATE), "UPDATE config_machine_state SET updated_at_ms = 2");
    home.run(WRITE).code(0).prints("updated main");
    assert!(home.path(&format!("{STATE}-wal")).exists());
    other.ends();
    is_delivered(&home, STATE, &before, "new");
}

#[test]
fn whoever_writes_is_not_waited_for_with_no_time_and_not_after_a_signal() {
    let (agent, (shared, coordinator)) = (Home::per_agent(), shared());
    for (home, place, held, sql, says) in [
        (&agent, MAIN, None, "BEGIN IMMEDIATE", "openclaw-agent.sqlite: another program is writing it"),
        (&shared, STATE, None, "BEGIN IMMEDIATE", "openclaw.sqlite: another program is writing it"),
        (&shared, STATE, Some(&coordinator.0), "BEGIN EXCLUSIVE", ".lock.sqlite is held by OpenClaw"),
    ] {
        let before = text(&home.path(place));
        let other = Holder::of(held.unwrap_or(&home.path(place)), sql);
        let start = Instant::now();
        home.run(&["sync", "--wait", "0"]).code(75).says(says);
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
        let run = home.start(home.command(&["sync", "--wait", "30"]));
        planned(home);
        std::thread::sleep(Duration::from_millis(150));
        let start = Instant::now();
        run.signal(Signal::TERM);
        assert_eq!(run.end().signal, Some(Signal::TERM.as_raw()));
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
        assert_eq!(text(&home.path(place)), before);
        other.ends();
        is_clean(home);
    }
    for home in [agent, shared] {
        home.run(WRITE).code(0).prints("updated main anthropic:default");
    }
}
