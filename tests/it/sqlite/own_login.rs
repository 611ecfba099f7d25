//! A profile in SQLite that OpenClaw renews by itself keeps its refresh token, whatever the CLI's login is worth.

use std::fs;

use crate::home::sqlite::{MAIN, put_rows, text, value};
use crate::home::{CLAUDE, Home, at, hours, oauth, rt, store};
use rusqlite::Connection;
use serde_json::json;

/// OpenClaw writes this profile.
fn openclaw_writes(home: &Home, name: &str, expires: i64) {
    put_rows(&Connection::open(home.path(MAIN)).unwrap(), &store(&[(CLAUDE, oauth(name, expires))]));
}

#[test]
fn it_is_left_alone_as_long_as_openclaw_renews_it() {
    let home = Home::per_agent();
    // The journal sees what the profile holds, and whether OpenClaw exchanges it.
    home.run(&["sync", "--sqlite-write", "never"]).code(3);
    for (name, left) in [("own", 1), ("own-2", 2), ("own-3", 0)] {
        openclaw_writes(&home, name, hours(left));
        for _ in 0..2 {
            let report = home.look(&["sync", "--json"]).code(0).json();
            assert_eq!(value(&report, "main", CLAUDE, "verdict"), "own-login", "{name}");
        }
    }
    let home = home.claude("newer", hours(9));
    home.look(&["sync"]).code(0).silent();
    home.look(&["status"]).code(0);
    // It has not been renewed for an hour, so nobody's agents live on it.
    openclaw_writes(&home, "own-3", hours(-1) - 1000);
    let before = text(&home.path(MAIN));
    home.run(&["sync"]).code(0).prints("updated main anthropic:default");
    assert!(before != text(&home.path(MAIN)));
    home.look(&["sync"]).code(0).silent();
}

#[test]
fn one_that_a_delivery_has_replaced_is_no_login_of_its_own_when_it_is_put_back() {
    let home = Home::per_agent();
    let before = text(&home.path(MAIN));
    home.run(&["sync"]).code(0).prints("updated");
    put_rows(&Connection::open(home.path(MAIN)).unwrap(), &before);
    home.run(&["sync"]).code(0).prints("reverted");
    assert!(before != text(&home.path(MAIN)));
}

#[test]
fn one_that_was_never_seen_to_change_is_judged_by_its_dates() {
    let home = Home::per_agent();
    openclaw_writes(&home, "own", hours(2));
    home.run(&["sync"]).code(0).prints("updated main anthropic:default");
}

#[test]
fn a_login_that_is_put_back_is_told_from_others_of_its_provider() {
    let home = Home::per_agent();
    let setup = json!({ "type": "token", "provider": "anthropic", "token": "sk-ant-oat01-canary-setup" });
    let before = store(&[("anthropic:another", setup), (CLAUDE, oauth("old", hours(1)))]);
    put_rows(&Connection::open(home.path(MAIN)).unwrap(), &before);
    home.run(&["sync"]).code(0).prints("replaces another login");
    home.run(&["sync", "--restore", "main/anthropic:default"]).code(0).prints("restored main anthropic:default");
    assert_eq!(fs::read_dir(home.state_dir().join("replaced")).unwrap().count(), 0, "the CLI has its own");
    // From now on it is left alone.
    home.run(&["sync"]).code(0);
    assert_eq!(text(&home.path(MAIN)), before);
}

#[test]
fn a_login_that_comes_in_between_is_kept_when_the_older_one_is_put_back() {
    let home = Home::per_agent();
    home.run(&["sync"]).code(0).prints("replaces another login");
    openclaw_writes(&home, "second", hours(3));
    home.run(&["sync", "--restore", "main/anthropic:default"]).code(0).prints("restored main anthropic:default");
    assert!(text(&home.path(MAIN)).contains(&at("old")));
    let kept: Vec<String> = fs::read_dir(home.state_dir().join("replaced"))
        .unwrap()
        .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    assert!(kept.len() == 1 && kept[0].contains(&rt("second")), "{} files", kept.len());
}
