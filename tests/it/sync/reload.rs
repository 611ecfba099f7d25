//! A gateway works on a snapshot and must be told of an edit. A run that is killed before it has
//! told, or whose call fails, leaves a debt; the next run pays it though nothing has changed.
//! Gateways of 2026.2.26 to 3.22 put the old store back until they are told.

use std::fs;
use std::time::{Duration, Instant};

use crate::home::{self, CLAUDE, Home, at, claude_store, hours, iso, now};
use rustix::process::Signal;
use serde_json::{Value, json};

const OK: &str = r#"echo '{"ok":true,"warningCount":0}'"#;

/// A stale home with a gateway that has run for an hour.
fn home(script: &str) -> Home {
    Home::stale().gateway(now() - 3_600_000).openclaw(script)
}

fn verdict(report: &Value) -> &str {
    report["profiles"][0]["verdict"].as_str().unwrap()
}

fn codes(report: &Value) -> Vec<&str> {
    report["problems"].as_array().unwrap().iter().filter_map(|problem| problem["code"].as_str()).collect()
}

/// Waits for something that another process does.
fn until(what: &str, done: impl Fn() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(20), "waited for: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_change_is_told_once_per_installation_and_no_change_is_not_told() {
    let home = home(OK).agent("ops", &claude_store("old", hours(1))).agent("dev", &claude_store("old", hours(1)));
    home.run(&["sync"]).code(0);
    assert_eq!(home.calls(), 1);
    home.run(&["sync"]).code(0).silent();
    assert_eq!(home.calls(), 1);
    let home = home.claude("newer", hours(9));
    home.run(&["sync"]).code(0);
    assert_eq!((home.calls(), home.access("ops")), (2, at("newer")));
}

#[test]
fn a_dry_run_and_status_tell_nobody() {
    let home = home(OK);
    home.run(&["sync", "--dry-run"]).code(3);
    home.run(&["status"]).code(3);
    assert_eq!((home.calls(), home.access("main")), (0, at("old")));
}

#[test]
fn a_call_that_fails_is_paid_by_the_next_run_though_nothing_changed() {
    for failing in ["exit 1", "echo '{\"ok\":false}'", "echo nonsense", "echo '{\"ok\":true}'; exit 1"] {
        let home = home(failing);
        home.run(&["sync"]).code(4).prints("updated main").says("ocsync could not tell the gateway");
        assert_eq!(home.access("main"), at("new"));
        home.run(&["sync"]).code(4);
        assert_eq!(home.calls(), 2);
        let home = home.openclaw(OK);
        home.run(&["sync"]).code(0);
        assert_eq!(home.calls(), 3);
        home.run(&["sync"]).code(0).silent();
        assert_eq!(home.calls(), 3);
    }
}

#[test]
fn a_missing_command_is_a_debt_as_well() {
    let home = Home::stale().gateway(now() - 1000);
    // An openclaw of this machine would be found in the usual places.
    let home = home.config(&json!({ "openclaw": ["openclaw-that-is-not-there"] }));
    home.run(&["sync"]).code(4).says("openclaw-that-is-not-there is not found");
    fs::remove_file(home.path(".config/ocsync/config.json")).unwrap();
    let home = home.openclaw(OK);
    home.run(&["sync"]).code(0);
    assert_eq!(home.calls(), 1);
}

#[test]
fn a_run_killed_between_rename_and_reload_is_followed_by_one_that_pays() {
    for signal in [Signal::KILL, Signal::TERM] {
        let home = home("exec /bin/sleep 5");
        let run = home.start(home.command(&["sync"]));
        until("the call", || home.root().join("calls").exists() && home.calls() == 1);
        assert_eq!(home.access("main"), at("new"));
        run.signal(signal);
        assert_eq!(run.end().signal, Some(signal.as_raw()));
        home.nothing_left();
        let home = home.openclaw(OK);
        home.run(&["sync"]).code(0);
        assert_eq!(home.calls(), 2);
        home.run(&["sync"]).code(0).silent();
        assert_eq!(home.calls(), 2);
    }
}

#[test]
fn a_gateway_that_starts_after_the_delivery_has_read_the_new_store() {
    let home = Home::stale().openclaw(OK);
    home.run(&["sync"]).code(0);
    std::thread::sleep(std::time::Duration::from_millis(5));
    let home = home.gateway(now());
    home.run(&["sync"]).code(0).silent();
    assert_eq!(home.calls(), 0);
    // The debt is struck out: an hour later the same gateway is still not called.
    home.run(&["sync"]).code(0).silent();
    assert_eq!(home.calls(), 0);
}

#[test]
fn a_gateway_from_the_future_strikes_nothing_out() {
    let home = Home::stale().openclaw(OK);
    home.run(&["sync"]).code(0);
    let home = home.gateway(now() + 3_600_000);
    home.run(&["sync"]).code(0).silent();
    assert_eq!(home.calls(), 1);
}

#[test]
fn a_gateway_that_starts_while_the_run_waits_for_the_lock_has_read_the_old_store() {
    let home = Home::stale().openclaw(OK);
    fs::write(home.lock_path("main"), json!({ "pid": std::process::id(), "createdAt": iso(now()) }).to_string())
        .unwrap();
    let run = home.start(home.command(&["sync", "--wait", "20"]));
    std::thread::sleep(Duration::from_millis(600));
    assert_eq!(home.access("main"), at("old"));
    let home = home.gateway(now());
    std::thread::sleep(Duration::from_millis(50));
    fs::remove_file(home.lock_path("main")).unwrap();
    run.end().code(0).prints("updated main");
    assert_eq!(home.calls(), 1);
}

#[test]
fn a_gateway_that_was_out_of_sight_is_told_when_it_is_seen() {
    let home = Home::stale().openclaw(OK);
    home.run(&["sync"]).code(0);
    assert_eq!(home.calls(), 0);
    let home = home.gateway(now() - 3_600_000);
    home.run(&["sync"]).code(0);
    assert_eq!(home.calls(), 1);
}

#[test]
fn never_is_never_and_always_needs_no_hint() {
    let home = home(OK);
    home.run(&["sync", "--reload", "never"]).code(0).prints("updated");
    home.run(&["sync", "--reload", "never"]).code(0).silent();
    assert_eq!(home.calls(), 0);
    home.run(&["sync"]).code(0);
    assert_eq!(home.calls(), 1, "the debt of a run that was not to tell");
    let home = Home::stale().openclaw(OK);
    home.run(&["sync", "--reload", "always"]).code(0);
    assert_eq!(home.calls(), 1);
}

#[test]
fn a_version_that_reads_the_file_every_time_is_not_told() {
    let home = home(OK).version("2026.2.12");
    home.run(&["sync"]).code(0).prints("updated");
    assert_eq!(home.calls(), 0);
}

#[test]
fn a_pending_approval_is_named_with_what_to_type() {
    let home = home("echo 'gateway closed (1008): scope upgrade pending approval' >&2; exit 1");
    home.run(&["sync"]).code(4).says("openclaw devices approve");
}

/// Puts the old store back, and forgets how.
fn revert(home: &Home, count: u32) -> String {
    let (backup, store, tally) = (home.root().join("backup"), home.store_path("main"), home.root().join("tally"));
    let temp = store.with_file_name("gateway-save");
    format!(
        "PATH=/usr/bin:/bin\necho >>{t}\nif [ $(wc -l <{t}) -le {count} ]; then cp {b} {n} && mv {n} {s}; fi\n{OK}",
        t = tally.display(),
        b = backup.display(),
        n = temp.display(),
        s = store.display()
    )
}

/// A home whose CLI has rotated since ocsync first saw it, and the store as it was before.
fn rotated() -> (Home, String) {
    let home = Home::new().version("2026.3.11").claude("old", hours(1)).agent("main", &claude_store("old", hours(1)));
    home.run(&["sync"]).code(0);
    let old = home.store_text("main");
    home::put(&home.root().join("backup"), &old);
    (home.claude("new", hours(8)).gateway(now() - 3_600_000), old)
}

#[test]
fn a_gateway_that_puts_the_old_store_back_before_it_answers_is_outlasted() {
    let (home, _) = rotated();
    let script = revert(&home, 1);
    let home = home.openclaw(&script);
    home.run(&["sync"]).code(0).prints("updated main");
    assert_eq!((home.access("main"), home.calls()), (at("new"), 2));
    home.run(&["sync"]).code(0).silent();
    home.nothing_left();
}

#[test]
fn a_gateway_that_never_stops_putting_it_back_is_told_of() {
    let (home, _) = rotated();
    let script = revert(&home, 1000);
    let home = home.openclaw(&script);
    home.run(&["sync"]).code(4).says("keeps putting old credentials back");
}

fn is_found_reverted_and_repaired(home: &Home, old: &str) {
    home.run(&["sync"]).code(0);
    assert_eq!(home.access("main"), at("new"));
    let calls = home.calls();
    home::put(&home.store_path("main"), old);
    let report = home.run(&["status", "--json"]).code(3).json();
    assert_eq!(verdict(&report), "reverted");
    assert_eq!(report["profiles"][0]["profile"], CLAUDE);
    assert!(!codes(&report).contains(&"damaged-journal"));
    home.run(&["sync"]).code(0).prints("reverted");
    assert_eq!((home.access("main"), home.calls()), (at("new"), calls + 1));
    home.run(&["sync"]).code(0).silent();
}

#[test]
fn a_store_that_is_put_back_between_two_runs_is_reverted_and_repaired() {
    let (home, old) = rotated();
    is_found_reverted_and_repaired(&home.openclaw(OK), &old);
}

#[test]
fn a_store_that_is_put_back_after_the_first_delivery_is_reverted_as_well() {
    let home = home(OK);
    let old = home.store_text("main");
    is_found_reverted_and_repaired(&home, &old);
}

/// The pid and the hint of a gateway in a container say nothing on this side: it is asked each time, and only a
/// container that does not run is no failure.
#[test]
fn a_gateway_in_a_container_is_told_though_nothing_here_shows_that_it_runs() {
    let home = Home::stale().openclaw(OK);
    let place = json!({ "path": home.path(".openclaw"), "container": true });
    let home = home.config(&json!({ "state_dirs": [place] }));
    home.run(&["sync"]).code(0).prints("updated main");
    assert_eq!(home.calls(), 1);
    let down = "echo 'Error response from daemon: Container 3f2a is not running' >&2; exit 1";
    let home = home.openclaw(down).claude("newer", hours(9));
    home.run(&["sync"]).code(0).prints("updated main");
    assert_eq!(home.calls(), 2);
    let home = home.openclaw("echo 'Error response from daemon: No such container: gw' >&2; exit 1");
    home.run(&["sync"]).code(4).says("ocsync could not tell the gateway");
    let home = home.openclaw(OK);
    home.run(&["sync"]).code(0).silent();
    assert_eq!(home.calls(), 4);
    home.run(&["sync"]).code(0).silent();
    assert_eq!(home.calls(), 4);
}
