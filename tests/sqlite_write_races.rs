//! `--sqlite-write` beside others: who holds a lock is waited for, who has been quicker is respected, nothing of theirs is
//! lost; and a run that is killed leaves the old row or the new one.

#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods
)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use common::sqlite::{Coordinator, Holder, MAIN, STATE, change, put_rows, rows, text};
use common::sqlite_write::{WRITE, fence, is_clean, is_delivered, shared};
use common::strace::{self, Call, calls, killed_at};
use common::{CLAUDE, DEAD_PID, Home, at, claude_json, hours, iso, now, oauth, put, setting, store};
use rusqlite::Connection;
use serde_json::{Value, json};

/// The name of the lock on Claude's profile: of all versions but 2026.6.5, and of that.
const LOCKS: [&str; 2] = [
    ".openclaw/locks/oauth-refresh/lock-d86ff71f0416cea6738a705bf801262d.lock",
    ".openclaw/locks/oauth-refresh/sha256-3ca41129fe4df4051f8cd238745d9783c6bef528402e728a4e7c5f3485af52a5.lock",
];

#[test]
#[ignore = "a process that others start"]
fn holder() {
    common::sqlite::hold();
}

/// A lock on Claude's profile, held by this process.
fn lock(home: &Home, name: &str, pid: u32, age: i64) -> PathBuf {
    let path = home.path(name);
    common::put(&path, &json!({ "pid": pid, "createdAt": iso(now() - age) }).to_string());
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
        home.run(&["sync", "--sqlite-write", "--wait", "1"]).code(75).says("is locked by OpenClaw");
        let took = start.elapsed();
        assert!(took >= Duration::from_millis(950) && took < Duration::from_secs(4), "{took:?}");
        home.run(&["sync", "--sqlite-write", "--wait", "0"]).code(75);
        home.run(&["sync", "--sqlite-write", "--wait", "0"]).code(4).says(".lock has stood in the way for 3 runs");
        assert_eq!(text(&home.path(MAIN)), before);
        fs::remove_file(held).unwrap();
        lock(&home, name, DEAD_PID, 200_000);
        home.run(&["sync", "--sqlite-write", "--wait", "0"]).code(0).prints("updated main anthropic:default");
        is_clean(&home);
        assert!(!home.state()["stores"].as_object().unwrap().keys().any(|key| key.contains("locks")));
    }
    // Another profile's is no matter; nor is this one's in the name of another version.
    let home = Home::per_agent();
    lock(&home, LOCKS[1], std::process::id(), 0);
    home.run(WRITE).code(0);
}

#[test]
fn a_row_that_is_changed_between_plan_and_write_is_decided_again() {
    let later = |to: &str, code: i32, says: &str| {
        let home = Home::per_agent();
        let held = lock(&home, LOCKS[0], std::process::id(), 0);
        let run = home.start(home.command(&["sync", "--sqlite-write", "--wait", "20"]));
        std::thread::sleep(Duration::from_millis(700));
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
        (store(&[(CLAUDE, oauth("later", hours(20)))]), 75, "is left alone: the profile's credential is not older"),
        (store(&[(CLAUDE, fence(false, "old"))]), 75, "is left alone: OpenClaw has fenced it for a refresh"),
        (store(&[("anthropic:setup", json!({}))]), 75, "is left alone: it is gone"),
        (
            store(&[(
                CLAUDE,
                json!({ "type": "oauth", "provider": "Anthropic", "access": at("old"), "expires": 1 }),
            )]),
            75,
            "another provider's",
        ),
        ("{".to_owned(), 65, "EOF while parsing"),
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
fn whoever_writes_is_waited_for_and_not_for_long() {
    let bounded = |home: &Home, says: &str| {
        let start = Instant::now();
        home.run(&["sync", "--sqlite-write", "--wait", "30"]).code(75).says(says);
        let took = start.elapsed();
        assert!(took >= Duration::from_millis(1900) && took < Duration::from_secs(6), "{took:?}");
    };
    let (home, coordinator) = shared();
    let before = text(&home.path(STATE));
    let other = Holder::of(&coordinator.0, "BEGIN EXCLUSIVE");
    bounded(&home, "is held by OpenClaw");
    other.ends();
    let other = Holder::of(&home.path(STATE), "BEGIN IMMEDIATE");
    bounded(&home, "another process is writing it");
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

/// A home of either layout.
fn home(place: &str) -> (Home, Option<Coordinator>) {
    if place == MAIN {
        return (Home::per_agent(), None);
    }
    let (home, coordinator) = shared();
    (home, Some(coordinator))
}

#[test]
fn a_run_killed_before_any_system_call_leaves_the_old_row_or_the_new_one() {
    if let Some(why) = strace::missing() {
        println!("SKIPPED: {why}");
        return;
    }
    for place in [MAIN, STATE] {
        let (dry, _coordinator) = home(place);
        let all = calls(&dry, WRITE, setting("OCSYNC_KILLS", 0) > 0);
        let first = all.iter().position(|call| call.line.contains("oauth-refresh")).unwrap();
        let last = all.iter().rposition(|call| call.line.contains("state.json")).unwrap();
        let points: Vec<&Call> = all[first..=last].iter().collect();
        let (next, old, new) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        let lane = || {
            while let Some(call) = points.get(next.fetch_add(1, Ordering::Relaxed)) {
                let (home, _coordinator) = home(place);
                let before = text(&home.path(place));
                assert!(killed_at(&home, WRITE, call).signal.is_some(), "{call:?}");
                change(&home.path(place), "");
                let is_old = text(&home.path(place)) == before;
                if is_old { &old } else { &new }.fetch_add(1, Ordering::Relaxed);
                home.run(&["sync", "--sqlite-write", "--wait", "0"]).code(0);
                is_delivered(&home, place, &before, "new");
                assert_eq!(home.state()["in_flight"], json!([]), "{call:?}");
            }
        };
        std::thread::scope(|scope| (0..3).for_each(|_| drop(scope.spawn(lane))));
        let (old, new) = (old.into_inner(), new.into_inner());
        println!("{place}: killed before each of {} calls: {old} left the old row, {new} the new one", points.len());
        assert!(old > 10 && new > 5 && old + new == points.len());
    }
}

#[test]
fn two_runs_at_once_that_do_not_know_of_each_other_get_along() {
    for place in [MAIN, STATE] {
        let (home, _coordinator) = home(place);
        let before = text(&home.path(place));
        for round in 0..10 {
            let name = if round == 9 { "new".to_owned() } else { format!("round-{round}") };
            put(&home.path(".claude/.credentials.json"), &claude_json(&name, hours(8) + round * 1000));
            let runs: Vec<_> = ["one", "two"]
                .map(|state| {
                    let mut command = home.command(&["sync", "--sqlite-write", "--reload", "never"]);
                    command.env("XDG_STATE_HOME", home.root().join(state));
                    home.start(command)
                })
                .into_iter()
                .collect();
            let changed = runs.into_iter().map(|run| run.end());
            let updates = changed.filter(|run| run.code(0).stdout.contains("updated main")).count();
            assert!((1..=2).contains(&updates), "{updates}");
            assert!(text(&home.path(place)).contains(&at(&name)), "{name}");
        }
        is_delivered(&home, place, &before, "new");
    }
}

/// OpenClaw's bookkeeping: counts in both rows, each time a transaction that reads, changes and writes.
#[test]
#[ignore = "a process that others start"]
fn bookkeeper() {
    let Ok(path) = std::env::var("OCSYNC_BOOKS") else { return };
    let database = Connection::open(&path).unwrap();
    let stop = std::thread::spawn(|| std::io::stdin().read_to_end(&mut Vec::new()));
    let (mut count, mut waits, mut noise) = (0_u64, Vec::new(), Duration::ZERO);
    while !stop.is_finished() {
        let asked = Instant::now();
        // Asked again at once, so that a wait is the other's doing and not that of a pause.
        database.busy_timeout(Duration::ZERO).unwrap();
        while database.execute_batch("BEGIN IMMEDIATE").is_err() {
            std::thread::sleep(Duration::from_micros(200));
        }
        waits.push(asked.elapsed());
        for (table, key) in [("auth_profile_store", "store"), ("auth_profile_state", "state")] {
            let select = format!("SELECT {key}_json FROM {table} WHERE {key}_key = 'primary'");
            let text: String = database.query_row(&select, [], |row| row.get(0)).unwrap();
            let mut value: Value = serde_json::from_str(&text).unwrap();
            let books = if key == "store" { &mut value["profiles"]["books:x"]["count"] } else { &mut value["count"] };
            *books = json!(books.as_u64().unwrap() + 1);
            let update = format!("UPDATE {table} SET {key}_json = ?1 WHERE {key}_key = 'primary'");
            database.execute(&update, [value.to_string()]).unwrap();
        }
        database.execute_batch("COMMIT").unwrap();
        count += 1;
        let asleep = Instant::now();
        std::thread::sleep(Duration::from_millis(1));
        noise = noise.max(asleep.elapsed() - Duration::from_millis(1));
    }
    waits.sort();
    let of = |share: usize| waits[(waits.len() - 1) * share / 1000].as_micros();
    println!(
        "\nbooks {}",
        json!({ "count": count, "median": of(500), "p99": of(990), "longest": of(1000), "noise": noise.as_micros() })
    );
}

#[test]
fn hundreds_of_updates_beside_a_writer_lose_nothing_and_keep_nobody_waiting() {
    let updates = setting("OCSYNC_UPDATES", 500);
    let home = Home::per_agent();
    let books = json!({ "type": "api_key", "provider": "books", "key": "k", "count": 0 });
    let entries = [(CLAUDE, oauth("old", hours(1))), ("books:x", books)];
    put_rows(&Connection::open(home.path(MAIN)).unwrap(), &store(&entries));
    change(&home.path(MAIN), "INSERT INTO auth_profile_state VALUES ('primary', '{\"count\":0}', 1)");
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "bookkeeper", "--nocapture"]).env("OCSYNC_BOOKS", home.path(MAIN));
    let mut writer = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    for update in 0..updates {
        let login = claude_json(&format!("gen-{update}"), hours(8) + update as i64 * 1000);
        put(&home.path(".claude/.credentials.json"), &login);
        home.run(&["sync", "--sqlite-write"]).code(0).prints("updated main anthropic:default");
    }
    drop(writer.stdin.take());
    let mut said = String::new();
    writer.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(writer.wait().unwrap().success());
    let books = said.lines().find_map(|line| line.strip_prefix("books ")).unwrap();
    println!("{updates} updates; the other writer, in microseconds: {books}");
    let books: BTreeMap<String, u64> = serde_json::from_str(books).unwrap();
    change(&home.path(MAIN), "");
    let after: Value = serde_json::from_str(&text(&home.path(MAIN))).unwrap();
    assert_eq!(after["profiles"]["books:x"]["count"], books["count"]);
    assert_eq!(after["profiles"][CLAUDE]["access"], at(&format!("gen-{}", updates - 1)));
    let state: String = Connection::open(home.path(MAIN))
        .unwrap()
        .query_row("SELECT state_json FROM auth_profile_state", [], |row| row.get(0))
        .unwrap();
    assert_eq!(serde_json::from_str::<Value>(&state).unwrap()["count"], books["count"]);
    assert!(books["count"] > updates, "the other writer did not get on");
    // What this machine took for itself is not ours: the longest that a sleep of 1 ms was late.
    assert!(books["p99"] <= 100_000 && books["longest"] <= 100_000 + books["noise"], "{books:?}");
    is_clean(&home);
}
