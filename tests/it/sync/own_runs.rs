//! Runs of ocsync with one state file exclude each other: a timer, cron and a person at once. The
//! second waits for the first, finds the work done, and a killed one stands in nobody's way.

use std::fs;
use std::time::{Duration, Instant};

use crate::home::{Home, at, iso, now};
use rustix::process::Signal;
use serde_json::json;

/// A home in which a run stays at work: somebody else holds the lock of the store.
fn held() -> Home {
    let home = Home::stale();
    let payload = json!({ "pid": std::process::id(), "createdAt": iso(now()) });
    fs::write(home.lock_path("main"), payload.to_string()).unwrap();
    home
}

#[test]
fn a_second_run_says_busy_within_its_wait() {
    let home = held();
    let first = home.start(home.command(&["sync", "--wait", "30"]));
    std::thread::sleep(Duration::from_millis(400));
    for (wait, least) in [("0", 0), ("1", 950)] {
        let start = Instant::now();
        home.run(&["sync", "--wait", wait]).code(75).says("another run of ocsync");
        let took = start.elapsed();
        assert!(took >= Duration::from_millis(least) && took < Duration::from_millis(least + 1500), "{took:?}");
    }
    // Whoever only looks waits for nobody.
    home.run(&["status"]).code(3);
    home.run(&["sync", "--dry-run"]).code(3);
    fs::remove_file(home.lock_path("main")).unwrap();
    first.end().code(0).prints("updated main");
    home.nothing_left();
}

#[test]
fn of_many_runs_at_once_one_does_the_work() {
    let home = Home::stale();
    let runs: Vec<_> = (0..12).map(|_| home.start(home.command(&["sync", "--wait", "30"]))).collect();
    let printed = runs.into_iter().map(|run| run.end().code(0).stdout.clone()).filter(|out| !out.is_empty()).count();
    assert_eq!((printed, home.access("main")), (1, at("new")));
    home.nothing_left();
}

#[test]
fn a_killed_run_stands_in_nobodys_way() {
    let home = held();
    let first = home.start(home.command(&["sync", "--wait", "30"]));
    std::thread::sleep(Duration::from_millis(300));
    first.signal(Signal::KILL);
    first.end();
    fs::remove_file(home.lock_path("main")).unwrap();
    home.run(&["sync", "--wait", "0"]).code(0).prints("updated main");
    home.nothing_left();
}

#[test]
fn a_run_that_waits_for_another_stops_at_once() {
    let home = held();
    let first = home.start(home.command(&["sync", "--wait", "30"]));
    std::thread::sleep(Duration::from_millis(300));
    let second = home.start(home.command(&["sync", "--wait", "30"]));
    std::thread::sleep(Duration::from_millis(300));
    for run in [second, first] {
        let start = Instant::now();
        run.signal(Signal::TERM);
        assert_eq!(run.end().signal, Some(Signal::TERM.as_raw()));
        assert!(start.elapsed() < Duration::from_secs(2));
    }
}
