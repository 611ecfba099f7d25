//! The wrong OpenClaw, or none, is never "all is well": a home that does not exist, a link that leads nowhere.

use std::os::unix::fs::symlink;

use serde_json::json;

use crate::home::{Home, at, hours, put};

/// The arguments of every command that a timer runs.
const COMMANDS: [&[&str]; 5] =
    [&["sync"], &["sync", "--dry-run"], &["refresh"], &["status"], &["check-expiry", "--within", "2h"]];

#[test]
fn a_home_that_does_not_exist_is_66_and_is_not_made() {
    for command in COMMANDS {
        let home = Home::stale();
        let (gone, named) = (home.path("gone/me"), home.path("named"));
        let before = home.tree();
        let args = [command, &["--home", named.to_str().unwrap()]].concat();
        home.run(&args).code(66).says("named does not exist");
        let home = home.var("HOME", gone.to_str().unwrap());
        home.run(command).code(66).says("gone/me does not exist");
        assert_eq!(home.tree(), before, "{command:?}");
    }
}

#[test]
fn provide_answers_nothing_in_a_home_that_does_not_exist() {
    let home = Home::stale();
    let gone = home.path("gone");
    home.run(&["provide", "--home", gone.to_str().unwrap()]).code(66).says("gone does not exist");
    assert!(!gone.exists());
}

#[test]
fn a_hook_hears_of_a_home_that_does_not_exist_and_the_home_is_not_made() {
    let home = Home::stale();
    let told = home.root().join("told");
    let hook = home.root().join("bin/hook");
    put(&hook, &format!("#!/bin/sh\necho $OCSYNC_EVENT $OCSYNC_EXIT >>{}\n", told.display()));
    crate::home::chmod(&hook, 0o755);
    let gone = home.path("gone");
    for _ in 0..2 {
        home.run(&["sync", "--home", gone.to_str().unwrap(), "--on-problem", hook.to_str().unwrap()]).code(66);
    }
    // Nothing can be noted there, so it is told each time.
    assert_eq!(std::fs::read_to_string(told).unwrap(), "problem 66\nproblem 66\n");
    assert!(!gone.exists());
}

#[test]
fn a_configuration_of_openclaws_that_leads_nowhere_is_named_and_nothing_is_written() {
    for (name, command, code) in
        [("openclaw.json", "sync", 78), ("clawdbot.json", "refresh", 78), ("openclaw.json", "check-expiry", 4)]
    {
        let home = Home::stale();
        std::fs::remove_file(home.path(".openclaw/openclaw.json")).unwrap();
        symlink("/gone/oc.json", home.path(".openclaw").join(name)).unwrap();
        let text = home.store_text("main");
        home.run(&[command]).code(code).says(&format!("{name} is a link to /gone/oc.json, which does not exist"));
        assert_eq!(home.store_text("main"), text);
    }
    let home = Home::stale().var("OPENCLAW_CONFIG_PATH", "~/link.json");
    symlink("gone.json", home.path("link.json")).unwrap();
    home.run(&["sync"]).code(78).says("link.json is a link to gone.json, which does not exist");
    // A link that leads to the configuration is as good as the file.
    put(&home.path("gone.json"), &json!({ "meta": { "lastTouchedVersion": "2026.5.28" } }).to_string());
    home.run(&["sync"]).code(0);
    assert_eq!(home.access("main"), at("new"));
}

#[test]
fn a_store_that_links_lead_to_from_two_state_directories_is_written_once() {
    let home = Home::stale().file("second/openclaw.json", r#"{"meta":{"lastTouchedVersion":"2026.4.5"}}"#);
    symlink("../.openclaw/agents", home.path("second/agents")).unwrap();
    let dirs = [".openclaw", "second"].map(|name| home.path(name).to_str().unwrap().to_owned());
    let run = home.run(&["sync", "--json", "--state-dir", &dirs[0], "--state-dir", &dirs[1]]);
    assert_eq!((run.code, run.json()["changed"].as_u64()), (Some(0), Some(1)));
    assert_eq!(home.access("main"), at("new"));
    let status = home.run(&["status", "--json", "--state-dir", &dirs[1], "--state-dir", &dirs[0]]);
    let json = status.json();
    assert_eq!(json["profiles"].as_array().unwrap().len(), 1);
    assert!(json["problems"].as_array().unwrap().iter().all(|problem| problem["code"] != "no-store"));
    // Two stores of their own count twice.
    std::fs::remove_file(home.path("second/agents")).unwrap();
    let home = home.file("second/agents/main/agent/auth-profiles.json", &crate::home::claude_store("old", hours(1)));
    let run = home.run(&["sync", "--json", "--state-dir", &dirs[0], "--state-dir", &dirs[1]]);
    assert_eq!((run.code, run.json()["changed"].as_u64()), (Some(0), Some(1)));
}
