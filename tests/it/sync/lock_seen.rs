//! What others see of a lock while ocsync holds it. OpenClaw 2026.5.28 waits for ever for an empty
//! lock file, and earlier ones take a lock whose pid is not theirs to judge.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::home::{self, Home, Stop, at, hours};
use serde_json::{Value, json};

/// The CLI rotates its token, and the store gets it.
fn rotate_and_sync(home: &Home, number: usize) {
    let name = format!("rotated-{number}");
    let expires = hours(8) + i64::try_from(number).unwrap() * 1000;
    home::put(&home.path(".claude/.credentials.json"), &home::claude_json(&name, expires));
    home.run(&["sync", "--reload", "never"]).code(0);
    assert_eq!(home.access("main"), at(&name));
}

/// What a watcher sees in the lock file while the store is brought in step so many times.
fn watched(home: &Home, runs: usize) -> Vec<String> {
    let (lock, done) = (home.lock_path("main"), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut seen = Vec::new();
            while !done.load(Ordering::Relaxed) {
                if let Ok(text) = fs::read_to_string(&lock)
                    && seen.last() != Some(&text)
                {
                    seen.push(text);
                }
            }
            seen
        });
        let stop = Stop(&done);
        for run in 0..runs {
            rotate_and_sync(home, run);
            home.nothing_left();
        }
        drop(stop);
        watcher.join().unwrap()
    })
}

#[test]
fn a_lock_file_is_never_seen_empty_and_says_all_that_openclaw_asks_for() {
    let home = Home::stale();
    let seen = watched(&home, 100);
    assert!(seen.len() > 10, "only {} locks were seen", seen.len());
    for text in &seen {
        let payload: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text:?}"));
        assert!(payload["pid"].as_u64().is_some() && payload["starttime"].as_u64().is_some(), "{text}");
        assert!(payload["createdAt"].as_str().unwrap().ends_with('Z') && text.ends_with('\n'), "{text}");
    }
}

#[test]
fn up_to_2026_2_12_the_lock_is_a_directory_and_never_a_file() {
    let home = Home::stale().version("2026.2.12");
    let (lock, done, seen) = (home.lock_path("main"), AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                if let Ok(meta) = fs::symlink_metadata(&lock) {
                    assert!(meta.is_dir());
                    seen.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        let _stop = Stop(&done);
        for run in 0..30 {
            rotate_and_sync(&home, run);
            home.nothing_left();
        }
    });
    assert!(seen.into_inner() > 0, "no run was ever seen at work");
}
#[test]
fn across_a_container_no_pid_is_shown() {
    let home = Home::stale();
    let state_dir = json!({ "path": home.path(".openclaw"), "container": true });
    let home = home.config(&json!({ "state_dirs": [state_dir] }));
    let seen = watched(&home, 20);
    assert!(!seen.is_empty(), "no run was ever seen at work");
    for text in seen {
        let payload: Value = serde_json::from_str(&text).unwrap();
        assert!(payload.get("pid").is_none() && payload.get("starttime").is_none(), "{text}");
        assert_eq!(payload["holder"], "ocsync");
        assert!(payload["createdAt"].is_string() && payload["pidNamespace"].is_string(), "{text}");
    }
}
