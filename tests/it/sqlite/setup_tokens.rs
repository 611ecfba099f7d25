//! The end of a setup token over the runs of a year: when it is copied to another agent, when OpenClaw moves from JSON
//! to SQLite, and when another one takes its place.

use std::fs;

use crate::home::sqlite::{MAIN, agent_database, put_rows};
use crate::home::{CANARY, Home, Run, hours, iso, store};
use rusqlite::Connection;
use serde_json::json;

const ID: &str = "anthropic:manual";

fn setup(name: &str) -> String {
    let token = format!("sk-ant-oat01-{CANARY}-setup-{name}");
    store(&[(ID, json!({ "type": "token", "provider": "anthropic", "token": token }))])
}

/// A run so many days after the first one.
fn run(home: &Home, day: i64, args: &[&str]) -> Run {
    home.run(&[args, &["--now", &iso(hours(24 * day))]].concat())
}

/// The days that each setup token has left at the most on a day, as `status` says.
fn left(home: &Home, day: i64) -> Vec<i64> {
    let report = run(home, day, &["status", "--json"]).json();
    let rows = report["profiles"].as_array().unwrap().iter().filter(|row| row["setup_token"] == true);
    rows.map(|row| row["expires_in"].as_i64().unwrap() / 86_400).collect()
}

/// How many setup tokens the journal knows.
fn known(home: &Home) -> usize {
    home.state()["setup_tokens"].as_object().map_or(0, serde_json::Map::len)
}

#[test]
fn the_year_of_a_setup_token_goes_on_wherever_it_is_stored() {
    let home = Home::new().version("2026.4.5").agent("main", &setup("one")).claude("new", hours(24 * 400));
    assert_eq!((left(&home, 0), left(&home, 9)), (vec![365], vec![365]), "nobody has noted a day");
    run(&home, 0, &["sync"]).code(0);
    assert_eq!((left(&home, 0), left(&home, 9)), (vec![365], vec![356]));

    // A copy for another agent is no newer.
    let home = home.agent("work", &setup("one"));
    run(&home, 10, &["sync"]).code(0);
    assert_eq!((left(&home, 10), known(&home)), (vec![355, 355], 1));

    // OpenClaw moves to SQLite.
    for agent in ["main", "work"] {
        fs::remove_file(home.store_path(agent)).unwrap();
    }
    let home = home.version("2026.6.10");
    drop(agent_database(&home.path(MAIN), 1, &setup("one")));
    assert_eq!(left(&home, 20), [345]);
    run(&home, 20, &["sync"]).code(0);
    assert_eq!((left(&home, 21), known(&home)), (vec![344], 1));
    run(&home, 364, &["check-expiry", "--within", "3d"]).code(2).prints("1d 0h at the latest");
    run(&home, 366, &["check-expiry"]).code(1).prints("claude setup-token");

    // A new one begins anew, and the old one is forgotten.
    put_rows(&Connection::open(home.path(MAIN)).unwrap(), &setup("two"));
    assert_eq!(left(&home, 366), [365]);
    run(&home, 366, &["sync"]).code(0);
    assert_eq!((left(&home, 376), known(&home)), (vec![355], 1));
}

#[test]
fn the_year_of_one_that_restore_puts_back_goes_on() {
    let home = Home::new().version("2026.4.5").agent("main", &setup("one")).claude("new", hours(24 * 400));
    let home = home.config(&json!({ "bind": { ID: "claude" } }));
    run(&home, 0, &["sync"]).code(0).prints("replaces another login");
    run(&home, 1, &["sync"]).code(0);
    assert_eq!(left(&home, 5), [0_i64; 0], "the profile has the login's token");
    run(&home, 5, &["sync", "--restore", "main/anthropic:manual"]).code(0).prints("restored");
    assert_eq!((left(&home, 5), known(&home)), (vec![360], 1));
    run(&home, 6, &["sync"]).code(0);
    assert_eq!((left(&home, 6), known(&home)), (vec![359], 1));
}
