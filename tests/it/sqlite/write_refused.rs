//! A profile in SQLite: ocsync leaves every byte alone where a doubt is left, and says which.

use std::fs;

use crate::home::sqlite::{Coordinator, MAIN, STATE, agent_database, change, put_rows, rows, value};
use crate::home::sqlite_write::{WRITE, is_refused, shared};
use crate::home::strace;
use crate::home::users::{NOBODY, give};
use crate::home::{self, CLAUDE, Home, hours, iso, now, put, store};
use rusqlite::Connection;
use serde_json::json;

#[test]
fn what_is_not_covered_is_refused_with_the_reason() {
    // The database of a release of before, under one whose agents share a store.
    for version in ["2026.8.1", "2026.9.6"] {
        is_refused(&Home::per_agent().version(version), "has not brought its database up to date yet");
    }
    let changed = |sql: &str, why: &str| {
        let home = Home::per_agent();
        change(&home.path(MAIN), sql);
        is_refused(&home, why);
    };
    changed(
        "PRAGMA user_version = 2",
        "its database has schema 2, which this ocsync does not know; a newer ocsync may know it",
    );
    changed("ALTER TABLE auth_profile_store ADD COLUMN revision INTEGER", "not in the form");
    changed("ALTER TABLE auth_profile_state RENAME COLUMN updated_at TO at", "not in the form");
    changed(
        "ALTER TABLE auth_profile_store ADD COLUMN size INTEGER AS (octet_length(store_json))",
        "not in the form",
    );
    changed("UPDATE schema_meta SET schema_version = 2", "not in the form");
    changed("UPDATE schema_meta SET role = 'global'", "not in the form");
    changed("UPDATE schema_meta SET agent_id = 'night'", "it belongs to another agent");
    changed("DROP TABLE schema_meta", "not in the form");
    changed("PRAGMA journal_mode = DELETE", "not in the form");
    let trigger = "CREATE TRIGGER t AFTER UPDATE ON auth_profile_store BEGIN DELETE FROM auth_profile_state; END";
    changed(trigger, "not in the form");
}

#[test]
fn the_hint_names_an_agent_that_is_not_the_main_one() {
    let home = Home::per_agent();
    let path = home.path(&MAIN.replace("/main/", "/work/"));
    drop(agent_database(&path, 1, &rows("old")));
    change(&path, "PRAGMA user_version = 2");
    let run = home.run(WRITE);
    run.code(4)
        .prints("updated main anthropic:default")
        .says("work anthropic:default (claude): its database has schema 2");
    run.says("ocsync sync --create --agent work; openclaw models auth order set --agent work --provider anthropic");
}

#[test]
fn a_database_that_comes_in_place_of_the_one_that_was_looked_at_is_left_alone() {
    let home = Home::per_agent();
    let held = home.path(".openclaw/locks/oauth-refresh/lock-d86ff71f0416cea6738a705bf801262d.lock");
    put(&held, &json!({ "pid": std::process::id(), "createdAt": iso(now()) }).to_string());
    let run = home.start(home.command(&["sync", "--wait", "20"]));
    std::thread::sleep(std::time::Duration::from_millis(700));
    let (path, other) = (home.path(MAIN), home.path("other"));
    fs::copy(&path, &other).unwrap();
    fs::rename(&other, &path).unwrap();
    let before = fs::read(&path).unwrap();
    fs::remove_file(held).unwrap();
    run.end().code(75).says("is left alone: another file has come in its place");
    assert_eq!(fs::read(&path).unwrap(), before);
    home.run(WRITE).code(0).prints("updated main anthropic:default");
}

#[test]
fn the_shared_layout_is_refused_in_every_doubt() {
    let (own, coordinator) = (rows("own"), Coordinator::of);
    let changed = |sql: &str, why: &str| {
        let home = Home::shared();
        let _coordinator = coordinator(&home.path(STATE));
        change(&home.path(STATE), sql);
        is_refused(&home, why);
        // What holds of the installation holds of an agent's own row as well.
        if !why.contains("form") && !why.contains("schema") {
            let home = Home::shared();
            change(&home.path(STATE), sql);
            put_rows(&Connection::open(home.path(MAIN)).unwrap(), &own);
            is_refused(&home, why);
        }
    };
    let put = "INSERT OR REPLACE INTO config_machine_state VALUES";
    changed(
        &format!("{put} ('gateway.supervision', '{{}}', 1)"),
        "a supervisor manages this OpenClaw (gateway.supervision)",
    );
    changed(&format!("{put} ('auth.sharedStore', '{{\"location\":\"elsewhere\"}}', 1)"), "auth.sharedStore");
    changed(&format!("{put} ('auth.sharedStore', '{{\"location\":\"state-db\",\"x\":1}}', 1)"), "auth.sharedStore");
    changed(&format!("{put} ('state.schema.contentVersion', '19', 1)"), "has schema 19,");
    changed("PRAGMA user_version = 19", "has schema 19,");
    changed("UPDATE schema_meta SET schema_version = 17", "not in the form");
    changed("ALTER TABLE config_machine_state ADD COLUMN checksum TEXT", "not in the form");
    let leases = "CREATE TABLE state_leases (scope TEXT, lease_key TEXT, expires_at INTEGER);
        INSERT INTO state_leases VALUES ('other', 'global', NULL), ('core:agent-database-maintenance', 'global',";
    changed(&format!("{leases} {})", hours(1)), "openclaw doctor is at work");
    for until in [hours(-1).to_string(), "NULL".to_owned()] {
        let (home, _coordinator) = shared();
        change(&home.path(STATE), &format!("{leases} {until})"));
        home.run(WRITE).code(0).prints("updated main anthropic:default");
    }
    let unseen = "cannot be seen";
    is_refused(&Home::shared(), unseen);
    let (home, coordinator) = shared();
    let place = json!({ "path": home.path(".openclaw"), "container": true });
    is_refused(&home.config(&json!({ "state_dirs": [place] })), unseen);
    drop(coordinator);
}

#[test]
fn a_database_on_a_file_system_of_another_machine_or_program_is_refused() {
    if let Some(why) = strace::missing() {
        println!("SKIPPED: {why}");
        return;
    }
    let (shared, _coordinator) = shared();
    for home in [Home::per_agent(), shared] {
        for (magic, name) in [(0x6969, "NFS"), (0xfe53_4d42, "SMB"), (0x6573_5546, "FUSE"), (0x0102_1997, "9p")] {
            let before = home.bytes();
            let run = home.start(strace::on_file_system(&home, magic, &["sync"])).end();
            run.code(4)
                .says(&format!("its database is on {name}, where"))
                .says("ocsync sync --create; openclaw models auth order set");
            assert_eq!(home.bytes(), before);
        }
        let ext4 = home.start(strace::on_file_system(&home, 0xef53, &["sync"])).end();
        ext4.code(0).prints("updated main anthropic:default");
    }
}

#[test]
fn a_database_of_somebody_elses_is_refused() {
    if !home::is_root() {
        println!("SKIPPED: only root can give a file away");
        return;
    }
    let home = Home::per_agent();
    give(&home.path(".openclaw"), NOBODY);
    home.run(WRITE).code(4).says("--state-dir").says("nobody -- ");
    is_refused(&home, "belongs to another user");
}

#[test]
fn a_database_with_a_second_name_is_refused_before_it_is_opened() {
    let home = Home::per_agent();
    fs::hard_link(home.path(MAIN), home.path("other.sqlite")).unwrap();
    home.look(WRITE).code(77).says("more than one hard link");
}

#[test]
fn an_empty_or_unreadable_store_is_left_alone() {
    // JSON that waits for its import beside an empty row.
    let home = Home::per_agent().agent("main", &home::claude_store("old", hours(1)));
    put_rows(&Connection::open(home.path(MAIN)).unwrap(), &store(&[]));
    home.look(WRITE).code(4).says("does not read the JSON beside it");
    for (sql, code) in [
        ("DELETE FROM auth_profile_store", 0),
        ("UPDATE auth_profile_store SET store_json = '{'", 65),
        ("UPDATE auth_profile_store SET store_json = '{\"profiles\":[]}'", 65),
        ("UPDATE auth_profile_store SET store_json = x'00'", 65),
    ] {
        let home = Home::per_agent();
        change(&home.path(MAIN), sql);
        assert_eq!(home.look(WRITE).code, Some(code), "{sql}");
    }
    // An agent part of whose store cannot be read.
    let (home, _coordinator) = shared();
    change(&home.path(MAIN), "UPDATE auth_profile_store SET store_json = '{'");
    let report = home.look(&["sync", "--json"]).json();
    assert_eq!(value(&report, "main", CLAUDE, "reason"), "not all of its store can be read");
}
