//! One profile of one row is exchanged, access token alone, in the layouts that are covered; all else
//! stays, byte for byte, and so does everything where a doubt is left.

use std::fs;

use crate::home::sqlite::{Coordinator, MAIN, STATE, agent_database, change, put_rows, rows, text, value};
use crate::home::sqlite_write::{NIGHT, WRITE, fence, is_clean, is_delivered, is_refused, shared};
use crate::home::{CLAUDE, Home, at, hours, now, oauth, rt, store};
use rusqlite::Connection;
use serde_json::{Value, json};

#[test]
fn a_profile_of_the_first_layout_is_updated_and_nothing_else_is() {
    for version in ["2026.6.5", "2026.6.10", "2026.7.35"] {
        let home = Home::per_agent().version(version).openclaw("exit 9").gateway(now() - 3_600_000);
        let state = r#"{"version":1,"usageStats":{"anthropic:default":{"cooldownUntil":9,"cooldownReason":"auth"}}}"#;
        change(&home.path(MAIN), &format!("INSERT INTO auth_profile_state VALUES ('primary', '{state}', 5)"));
        let before = text(&home.path(MAIN));
        home.look(&["sync", "--dry-run"]).code(3).prints("would update main anthropic:default");
        home.look(&["status"]).code(3);
        let start = now();
        home.run(WRITE).code(0).prints("updated main anthropic:default");
        is_delivered(&home, MAIN, &before, "new");
        let database = Connection::open(home.path(MAIN)).unwrap();
        let of =
            |sql| database.query_row(sql, [], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))).unwrap();
        assert!(of("SELECT store_key, updated_at FROM auth_profile_store").1 >= start);
        assert_eq!(of("SELECT state_json, updated_at FROM auth_profile_state"), (state.to_owned(), 5));
        drop(database);
        // A gateway of this era reads the row again by itself. And a run with nothing to do opens nothing to write.
        home.look(WRITE).code(0).silent();
        assert_eq!(home.calls(), 0);
        assert_eq!(home.state()["in_flight"], json!([]));
        let delivered = &home.state()["stores"][home.path(MAIN).to_str().unwrap()]["profiles"][CLAUDE];
        assert!(delivered["delivered"]["access"].is_string() && delivered["delivered"]["refresh"].is_null());
        assert_eq!(delivered["seen"], delivered["delivered"]["access"]);
        // The next rotation follows.
        let home = home.claude("newer", hours(9));
        home.run(WRITE).code(0).prints("updated main anthropic:default");
        assert!(text(&home.path(MAIN)).contains(&at("newer")));
    }
}

#[test]
fn what_the_real_programs_wrote_is_updated_and_reads_back() {
    const CLOCK: [&str; 2] = ["--now", "2026-11-20T10:00:00Z"];
    let others = |text: &str| {
        let mut value: Value = serde_json::from_str(text).unwrap();
        let profiles = value["profiles"].as_object_mut().unwrap();
        let claude = profiles.remove(CLAUDE).unwrap();
        profiles.remove("anthropic:claude-cli");
        (value, claude)
    };
    let old = Home::linked("2026.6.10").with_fixture("2026.6.10-agent.sqlite", MAIN);
    let new = Home::linked("2026.9.6").with_fixture("2026.9.6-state.sqlite", STATE);
    let new = new.with_fixture("2026.9.6-agent.sqlite", ".openclaw/agents/work/agent/openclaw-agent.sqlite");
    let _coordinator = Coordinator::of(&new.path(STATE));
    for (home, place, agent) in [(&old, MAIN, "main"), (&new, STATE, "main")] {
        let before = text(&home.path(place));
        let run = home.run(&["sync", "--reload", "never", CLOCK[0], CLOCK[1]]);
        run.prints(&format!("updated {agent} {CLAUDE}"));
        change(&home.path(place), "");
        let ((rest, was), (after, is)) = (others(&before), others(&text(&home.path(place))));
        assert_eq!(rest, after);
        assert_eq!((&is["access"], &is["refresh"]), (&json!(at("new")), &Value::Null));
        let fields = |entry: &Value| entry.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(fields(&is), fields(&was).into_iter().filter(|key| key != "refresh").collect::<Vec<_>>());
        is_clean(home);
    }
    // Where the agent has a row of its own, that is what it sees.
    assert!(text(&new.path(".openclaw/agents/work/agent/openclaw-agent.sqlite")).contains(&at("new")));
}

#[test]
fn it_can_be_switched_off_and_status_says_what_it_would_do() {
    let never = "main anthropic:default (claude): sqlite_write is \"never\"";
    let off = [json!({ "sqlite_write": "never" }), json!({ "sqlite_write": false })];
    for config in off {
        let home = Home::per_agent().config(&config);
        home.look(&["status", "-v"]).code(3).says("sqlite_write: never").says(never);
        home.look(&["sync"]).code(3).says(never).says("hint: ocsync sync --sqlite-write auto");
        home.run(&["sync", "--sqlite-write", "auto"]).code(0).prints("updated main anthropic:default");
        home.look(&["sync"]).code(0).silent();
    }
    for words in [&["--sqlite-write", "never"][..], &["--sqlite-write=false"]] {
        let home = Home::per_agent().config(&json!({ "sqlite_write": true, "share": "lineage" }));
        home.look(&["status", "-v"]).code(3).says("sqlite_write: auto").prints("ocsync sync");
        home.look(&[&["sync"], words].concat()).code(3).says(never);
        home.run(&["sync", "--sqlite-write"]).code(0).prints("updated main anthropic:default");
        is_clean(&home);
        home.look(&["status"]).code(0);
        home.look(&["check-expiry"]).code(0);
    }
    Home::per_agent().config(&json!({ "sqlite_write": "always" })).look(&["sync"]).code(78).says("sqlite_write: ");
}

#[test]
fn a_shared_row_is_updated_under_the_coordinator_and_the_gateway_is_told_once() {
    let (home, coordinator) = shared();
    let home = home.openclaw("echo '{\"ok\":true}'").gateway(now() - 3_600_000);
    // The link of the fixture owes one of its own.
    home.run(&["sync", "--sqlite-write", "never"]).code(3);
    let before = text(&home.path(STATE));
    home.look(&["sync", "--dry-run"]).code(3).prints("would update main anthropic:default");
    home.run(WRITE).code(0).prints("updated main anthropic:default");
    is_delivered(&home, STATE, &before, "new");
    assert_eq!(home.calls(), 2);
    home.look(WRITE).code(0).silent();
    assert_eq!(home.calls(), 2);
    assert_eq!(fs::metadata(&coordinator.0).unwrap().len(), 0);
    // A reload that fails is owed to the next run.
    let home = home.claude("newer", hours(9)).openclaw("exit 1");
    home.run(WRITE).code(4).prints("updated main").says("could not tell the gateway");
    assert!(text(&home.path(STATE)).contains(&at("newer")));
    let home = home.openclaw("echo '{\"ok\":true}'");
    home.run(WRITE).code(0);
    home.run(WRITE).code(0);
}

#[test]
fn where_both_rows_have_a_profile_each_is_updated_where_it_is() {
    let (home, _coordinator) = shared();
    put_rows(&Connection::open(home.path(MAIN)).unwrap(), &store(&[(CLAUDE, oauth("own", hours(1)))]));
    let (shared, own) = (text(&home.path(STATE)), text(&home.path(MAIN)));
    home.run(WRITE).code(0).prints("updated main anthropic:default");
    is_delivered(&home, MAIN, &own, "new");
    assert_eq!(text(&home.path(STATE)), shared, "nobody sees it");
    // With another agent, which sees the shared one.
    drop(agent_database(&home.path(NIGHT), 23, &store(&[])));
    home.run(WRITE).code(0).prints("updated night anthropic:default");
    is_delivered(&home, STATE, &shared, "new");
    home.look(WRITE).code(0);
}

#[test]
fn a_row_that_agents_share_is_updated_for_all_of_them_or_for_none() {
    let (home, _coordinator) = shared();
    drop(agent_database(&home.path(NIGHT), 23, &store(&[])));
    let home = home.config(&json!({ "bind": { "night/anthropic:default": "none" } }));
    is_refused(&home, "agents share its row");
    let home = home.config(&json!({}));
    let report = home.run(&["sync", "--json"]).code(0).json();
    for agent in ["main", "night"] {
        assert_eq!(value(&report, agent, CLAUDE, "result"), "done");
    }
    assert_eq!(report["changed"], 2);
    is_clean(&home);
}

#[test]
fn the_main_agents_own_database_can_be_the_shared_one() {
    let home = Home::shared();
    change(&home.path(STATE), "DELETE FROM config_machine_state");
    put_rows(&Connection::open(home.path(MAIN)).unwrap(), &rows("old"));
    drop(agent_database(&home.path(NIGHT), 23, &store(&[])));
    // No coordinator: an agent's database is written without it.
    let before = text(&home.path(MAIN));
    home.run(WRITE).code(0).prints("updated main anthropic:default").prints("updated night anthropic:default");
    is_delivered(&home, MAIN, &before, "new");
}

#[test]
fn a_token_profile_gets_the_token_when_it_is_bound_by_more_than_its_name() {
    let token = |name: &str| json!({ "type": "token", "provider": "anthropic", "token": at(name), "expires": hours(1), "x": 1e3 });
    let home = Home::per_agent();
    let database = Connection::open(home.path(MAIN)).unwrap();
    put_rows(&database, &store(&[(CLAUDE, token("setup")), ("anthropic:work", token("old"))]));
    drop(database);
    let before = text(&home.path(MAIN));
    home.look(WRITE).code(0).silent();
    home.run(&["sync", "--bind", "anthropic:work=claude"]).code(0).prints("updated main anthropic:work");
    let after: Value = serde_json::from_str(&text(&home.path(MAIN))).unwrap();
    let before: Value = serde_json::from_str(&before).unwrap();
    assert_eq!(after["profiles"][CLAUDE], before["profiles"][CLAUDE]);
    let work = &after["profiles"]["anthropic:work"];
    assert_eq!((&work["type"], &work["token"], &work["x"]), (&json!("token"), &json!(at("new")), &json!(1e3)));
    assert!(work["expires"].as_i64().unwrap() > hours(7));
    is_clean(&home);
}

#[test]
fn a_fence_is_written_over_when_it_has_failed_and_the_cli_has_other_tokens() {
    for (entry, updated) in [
        (fence(false, "old"), false),
        (fence(false, "new"), false),
        (fence(true, "new"), false),
        (fence(true, "old"), true),
    ] {
        let (home, _coordinator) = shared();
        let rows = store(&[(CLAUDE, entry)]);
        change(
            &home.path(STATE),
            &format!("UPDATE config_machine_state SET value_json = '{rows}' WHERE state_key = 'authProfiles.store'"),
        );
        if !updated {
            home.look(WRITE).code(3);
            continue;
        }
        home.look(&["sync", "--sqlite-write", "never"]).code(3);
        home.run(WRITE).code(0).prints("updated main anthropic:default");
        is_delivered(&home, STATE, &rows, "new");
        home.look(&["status"]).code(0);
    }
}

#[test]
fn the_retired_profile_is_left_alone_and_the_one_of_before_is_not() {
    let id = "anthropic:claude-cli";
    let entry = json!({ "type": "oauth", "provider": "claude-cli", "access": at("old"), "refresh": rt("old"), "expires": hours(1) });
    let rows = store(&[(id, entry)]);
    let (home, _coordinator) = shared();
    change(
        &home.path(STATE),
        &format!("UPDATE config_machine_state SET value_json = '{rows}' WHERE state_key = 'authProfiles.store'"),
    );
    home.look(WRITE).code(0).silent();
    let home = Home::per_agent();
    put_rows(&Connection::open(home.path(MAIN)).unwrap(), &rows);
    home.run(WRITE).code(0).prints("updated main anthropic:claude-cli");
    is_clean(&home);
}
