//! What happened lately: a run notes it in the journal, and `status --history` lists it.

use std::fs;

use crate::home::{Home, chmod, claude_json, claude_store, hours, put};
use serde_json::Value;

const STATE: &str = ".local/state/ocsync/state.json";

/// The events, oldest to newest: kind, login, profile, and how many others.
fn events(home: &Home) -> Vec<(String, String, String, u64)> {
    let report = home.run(&["status", "--history", "1000", "--json"]).json();
    let text = |event: &Value, key: &str| event[key].as_str().unwrap_or("-").to_owned();
    let all = report["history"].as_array().unwrap().iter().rev();
    all.map(|event| {
        (text(event, "event"), text(event, "source"), text(event, "profile"), event["more"].as_u64().unwrap())
    })
    .collect()
}

fn brief(home: &Home) -> Vec<String> {
    events(home)
        .into_iter()
        .map(|(kind, source, profile, more)| format!("{kind} {source} {profile} {more}"))
        .collect()
}

#[test]
fn a_delivery_to_many_agents_is_one_event_and_a_run_in_step_notes_nothing() {
    let mut home = Home::new().claude("new", hours(8));
    for number in 0..30 {
        home = home.agent(&format!("a{number:02}"), &claude_store("old", hours(1)));
    }
    home.run(&["sync"]).code(0);
    let expected = ["first-seen claude - 0", "delivered claude a00/anthropic:default 29"];
    assert_eq!(brief(&home), expected);
    let before = fs::read(home.path(STATE)).unwrap();
    home.run(&["sync"]).code(0);
    assert_eq!(fs::read(home.path(STATE)).unwrap(), before);
    put(&home.path(".claude/.credentials.json"), &claude_json("newer", hours(9)));
    home.run(&["sync"]).code(0);
    let since = ["rotated claude - 0", "delivered claude a00/anthropic:default 29"];
    assert_eq!(brief(&home)[2..], since);
    let run = home.run(&["status", "a07/anthropic:default"]);
    run.code(0).prints("lineage").prints("rotated").prints("<- the login, the profile, delivered").prints("s ago");
}

#[test]
fn a_failure_is_noted_once_while_it_lasts_and_the_next_success_ends_it() {
    let home = Home::stale();
    let dir = home.path(".openclaw/agents/main/agent");
    chmod(&dir, 0o777);
    for _ in 0..3 {
        home.run(&["sync"]).code(77);
    }
    let failed = || brief(&home).iter().filter(|event| event.starts_with("failed - main")).count();
    assert_eq!(failed(), 1, "{:?}", brief(&home));
    chmod(&dir, 0o755);
    home.run(&["sync"]).code(0);
    assert!(brief(&home).last().unwrap().starts_with("delivered claude main/anthropic:default"));
}

#[test]
fn the_end_of_a_login_is_an_event() {
    let home = Home::stale();
    home.run(&["sync"]).code(0);
    fs::remove_file(home.path(".claude/.credentials.json")).unwrap();
    home.run(&["sync", "--wait", "0"]).code(1);
    home.run(&["sync", "--wait", "0"]).code(1);
    assert_eq!(brief(&home).iter().filter(|event| event.as_str() == "ended claude - 0").count(), 1);
}

#[test]
fn what_another_version_of_ocsync_keeps_stays_and_an_old_journal_gets_a_history() {
    let home = Home::stale().file(STATE, r#"{"version":1,"sources":{},"later":{"a":[1,2]}}"#);
    home.run(&["sync"]).code(0);
    let state: Value = serde_json::from_slice(&fs::read(home.path(STATE)).unwrap()).unwrap();
    assert_eq!(state["later"]["a"][1], 2);
    assert_eq!(state["history"].as_array().unwrap().len(), 2);
}
