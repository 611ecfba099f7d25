//! Claude Code's login in the macOS Keychain, through a stand-in for `security`: what it is
//! asked, what its exit codes mean, and which of two logins wins.

use crate::home::{Home, at, chmod, claude_json, claude_store, hours, put};
use serde_json::{Value, json};

/// A stale agent, the Keychain turned on, and a `security` that does this after it has noted
/// its arguments.
fn home(script: &str) -> Home {
    let home = Home::new().agent("main", &claude_store("old", hours(1))).config(&json!({ "keychain": "always" }));
    let home = home.var("USER", "ann");
    let (program, log) = (home.root().join("bin/security"), home.root().join("asked"));
    put(&program, &format!("#!/bin/sh\necho \"$*\" >>{}\n{script}\n", log.display()));
    chmod(&program, 0o755);
    home
}

fn answer(name: &str, hours_left: i64) -> String {
    format!("echo '{}'", claude_json(name, hours(hours_left)))
}

#[test]
fn the_item_is_asked_for_by_account_and_service_and_delivered() {
    let home = home(&answer("keychain", 8));
    home.run(&["sync"]).code(0);
    assert_eq!(home.access("main"), at("keychain"));
    let asked = std::fs::read_to_string(home.root().join("asked")).unwrap();
    assert_eq!(asked, "find-generic-password -a ann -w -s Claude Code-credentials\n");
}

#[test]
fn the_newest_of_file_and_keychain_wins_and_a_difference_is_told() {
    for (in_file, expected) in [(9, "file"), (7, "keychain")] {
        let home = home(&answer("keychain", 8)).claude("file", hours(in_file));
        home.run(&["sync"]).code(0);
        assert_eq!(home.access("main"), at(expected));
        let run = home.run(&["status"]);
        assert!(run.stderr.contains("hold different logins"), "{}", run.stderr);
    }
}

#[test]
fn the_exit_codes_of_security_have_their_meanings() {
    for (code, hint, expected) in [(36, "unlock-keychain", 77), (128, "allow it", 77), (1, "terminal", 69)] {
        let home = home(&format!("exit {code}"));
        let run = home.run(&["sync"]);
        run.code(expected);
        assert!(run.stderr.contains(hint), "{}", run.stderr);
        assert_eq!(home.access("main"), at("old"));
    }
    let not_found = home("exit 44");
    not_found.run(&["sync"]).code(66);
    not_found.claude("file", hours(8)).run(&["sync"]).code(0);
    let garbage = home("echo garbage");
    assert!(garbage.run(&["sync"]).code(65).stderr.contains("line 1"));
}

#[test]
fn without_being_told_to_a_timer_never_asks() {
    let home = home(&answer("keychain", 8)).config(&json!({})).claude("file", hours(7));
    home.run(&["sync"]).code(0);
    assert_eq!(home.access("main"), at("file"));
    assert!(!home.root().join("asked").exists());
    let report: Value = serde_json::from_str(&home.run(&["status", "--json"]).stdout).unwrap();
    assert_eq!(report["sources"][0]["source"], "claude");
}
