//! Databases that are locked, broken, newer than ocsync or out of its reach: the right word and exit code, no
//! crash, never "an empty store", and not a byte changed. And no command makes a JSON file beside SQLite.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::home::sqlite::{MAIN, STATE, agent_database, rows, text, value};
use crate::home::users::as_nobody;
use crate::home::{CLAUDE, Home, OCSYNC, at, chmod, now};
use rusqlite::Connection;

use super::holder::Holder;

/// Each of the commands that read, with its code.
#[track_caller]
fn fails(home: &Home, [status, check, sync]: [i32; 3], says: &str) {
    home.look(&["status"]).code(status).says(says);
    home.look(&["check-expiry"]).code(check);
    home.look(&["sync"]).code(sync).says(says);
}

fn change(home: &Home, sql: &str) {
    Connection::open(home.path(MAIN)).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn a_database_that_is_locked_is_waited_for_and_busy() {
    let home = Home::per_agent();
    change(&home, "PRAGMA journal_mode=delete");
    let mut owner = Holder::of(&home.path(MAIN), "BEGIN EXCLUSIVE");
    let began = Instant::now();
    home.look(&["sync"]).code(75).says("another program has locked it");
    assert!(began.elapsed() < Duration::from_secs(20));
    owner.does("ROLLBACK");
    home.look(&["sync"]).code(4).says("not in the form that ocsync knows");
    owner.ends();
    // With a log, readers are in nobody's way, and nobody in theirs.
    change(&home, "PRAGMA journal_mode=wal");
    let mut owner = Holder::of(&home.path(MAIN), "SELECT 1");
    owner.puts(&rows("old"));
    owner.does("BEGIN EXCLUSIVE");
    home.look(&["sync", "--dry-run"]).code(3);
    owner.ends();
    // One that has all of it for itself, log and all.
    let mut owner = Holder::of(&home.path(MAIN), "PRAGMA locking_mode=exclusive");
    owner.puts(&rows("old"));
    home.look(&["sync"]).code(75).says("another program has locked it");
    owner.ends();
}

#[test]
fn a_file_that_is_no_database_or_not_all_of_one_is_malformed() {
    let whole = fs::read(Home::per_agent().path(MAIN)).unwrap();
    let mut broken = whole.clone();
    broken[100..].fill(0xa5);
    let mut torn = whole.clone();
    torn[4096..].fill(0);
    for (bytes, says) in [
        (b"{ \"version\": 1 }".to_vec(), "not a SQLite database"),
        (whole[..80].to_vec(), "not a SQLite database"),
        (whole[..2000].to_vec(), "openclaw-agent.sqlite: "),
        (whole[..4096].to_vec(), "openclaw-agent.sqlite: "),
        (broken, "malformed"),
        (torn, "malformed"),
    ] {
        let home = Home::per_agent();
        fs::write(home.path(MAIN), bytes).unwrap();
        fails(&home, [4, 4, 65], says);
    }
    let home = Home::per_agent();
    fs::remove_file(home.path(MAIN)).unwrap();
    fs::create_dir(home.path(MAIN)).unwrap();
    fails(&home, [4, 4, 65], "not a regular file");
}

/// What a program leaves that is killed when it has begun a log, and what a damaged disk may leave: SQLite passes over it.
#[test]
fn a_log_that_holds_nothing_keeps_nobody_waiting() {
    let mut header = [0x37, 0x7f, 0x06, 0x82, 0, 0x2d, 0xe2, 0x18, 0, 0, 0x10, 0].to_vec();
    header.resize(32, 7);
    let garbage = (0..8192_u32).map(|n| n.to_le_bytes()[0] | 1).collect::<Vec<_>>();
    for log in [header, garbage] {
        let home = Home::per_agent();
        let beside = |ending: &str| home.path(&format!("{MAIN}{ending}"));
        fs::write(beside("-wal"), &log).unwrap();
        fs::write(beside("-shm"), vec![0; 32_768]).unwrap();
        home.run(&["status"]).code(3).prints("source-newer");
        home.run(&["sync"]).code(0).prints("updated main");
        assert!(text(&home.path(MAIN)).contains(&at("new")));
    }
}

#[test]
fn a_cell_that_is_no_store_is_named() {
    let with = |text: &str| {
        let home = Home::per_agent();
        change(&home, &format!("UPDATE auth_profile_store SET store_json = {text}"));
        home
    };
    fails(&with("'{\"profiles\": [}'"), [4, 4, 65], "primary of auth_profile_store: line 1");
    fails(&with("'[]'"), [4, 4, 65], "primary of auth_profile_store");
    fails(&with("x'ff00'"), [4, 4, 65], "the profiles in it, or their cooldowns, are not text");
    fails(
        &with("zeroblob(9000000)"),
        [4, 4, 65],
        "the profiles in it, or their cooldowns, are not text or are larger than 4 MiB",
    );
    fails(&with("printf('%5000000d', 1)"), [4, 4, 65], "larger than 4 MiB");
    // The other agents are served.
    let home = with("'x'");
    drop(agent_database(&home.path(&MAIN.replace("main", "night")), 1, &rows("old")));
    let report = home.look(&["sync", "--dry-run", "--json"]).code(4).json();
    assert_eq!(value(&report, "night", CLAUDE, "verdict"), "source-newer");
    home.run(&["sync"]).code(4).prints("updated night anthropic:default");
}

#[test]
fn a_newer_schema_is_read_as_far_as_it_is_known_and_never_empty() {
    let home = Home::shared();
    change(
        &home,
        "PRAGMA user_version=99; DROP TABLE auth_profile_state; ALTER TABLE auth_profile_store ADD COLUMN x",
    );
    let report = home.look(&["status", "--json"]).code(3).json();
    assert_eq!(value(&report, "main", CLAUDE, "verdict"), "source-newer");
    home.look(&["status"]).says("schema 99 is newer than 23").says("ocsync may not show every profile");
    let gone = "DROP TABLE auth_profile_store; CREATE VIEW auth_profile_store AS SELECT 'primary' store_key, '{}' store_json";
    change(&home, gone);
    home.look(&["status"])
        .code(3)
        .says("the table auth_profile_store is missing, or not in a form that ocsync knows");
    let home = Home::per_agent();
    change(&home, "ALTER TABLE auth_profile_store RENAME COLUMN store_json TO other");
    fails(&home, [4, 4, 4], "in a form that ocsync does not know");
    let home = Home::shared();
    let state = Connection::open(home.path(STATE)).unwrap();
    state.execute_batch("UPDATE config_machine_state SET value_json = '{\"location\":\"moon\"}' WHERE state_key = 'auth.sharedStore'").unwrap();
    drop(state);
    home.look(&["status"]).code(3).says("in a place that ocsync does not know (auth.sharedStore)");
}

#[test]
fn no_command_makes_a_json_file_beside_sqlite() {
    let flags: [&[&str]; 12] = [
        &["status", "-v", "--problems"],
        &["check-expiry", "--format", "prometheus"],
        &["sync", "--dry-run", "--create"],
        &["sync", "--create"],
        &["sync", "--create", "--access-only"],
        &["sync", "--prefer-source", "--force-type"],
        &["sync", "--clear-cooldown=always", "--reload", "always"],
        &["sync", "--create", "--share", "access", "--clear-cooldown=never"],
        &["sync", "--agent", "main", "--create", "--wait", "0"],
        &["sync", "--bind", "anthropic:setup=claude"],
        &["refresh", "--via", "cli", "--within", "1m"],
        &["refresh", "--write-back", "--create"],
    ];
    for layout in [Home::per_agent, Home::shared] {
        let home = layout().never_written().openclaw("echo '{\"ok\":true}'").gateway(now() - 1);
        for args in flags {
            let run = home.look(args);
            assert!(run.code.is_some_and(|code| code < 64), "{args:?}: {run:?}");
        }
        home.nothing_left();
    }
    // Nor where the version alone says that it would be wrong.
    let home = Home::linked("2026.6.5");
    fs::create_dir_all(home.path(".openclaw/agents/main/agent")).unwrap();
    flags.iter().for_each(|args| drop(home.look(args)));
}

#[test]
fn a_directory_that_may_not_be_written_is_read() {
    let home = Home::linked("2026.6.10");
    let open = agent_database(&home.path(MAIN), 1, &rows("old"));
    // Everybody may read, only root write; the log is not empty.
    Command::new("chmod").args(["-R", "a+rX"]).arg(home.root()).status().unwrap();
    chmod(home.root(), 0o755);
    for log in [true, false] {
        if !log {
            open.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        }
        let before = home.bytes();
        let Some(run) = as_nobody(&home, &["status"]) else { return };
        run.code(3).prints("source-newer");
        assert!(home.bytes() == before);
    }
    // What may not be read is said.
    chmod(&home.path(MAIN), 0o600);
    as_nobody(&home, &["status"]).unwrap().code(4).says("permission denied");
}

#[test]
fn a_file_system_that_is_read_only_is_read() {
    let home = Home::shared();
    let open = Connection::open(home.path(STATE)).unwrap();
    open.execute_batch("UPDATE config_machine_state SET updated_at_ms = 2").unwrap();
    let mut command = Command::new("bwrap");
    command.args(["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", OCSYNC, "status"]);
    let before = home.bytes();
    let bwrap = std::env::var("PATH").unwrap_or_default();
    home.dress(&mut command).env("PATH", bwrap).stderr(Stdio::piped());
    let Ok(child) = command.output() else {
        println!("SKIPPED: no bwrap");
        return;
    };
    let told = String::from_utf8_lossy(&child.stderr).into_owned();
    if told.contains("bwrap:") {
        println!("SKIPPED: no namespaces here: {told}");
        return;
    }
    assert_eq!(child.status.code(), Some(3), "{told}");
    assert!(String::from_utf8_lossy(&child.stdout).contains("source-newer"));
    assert!(home.bytes() == before);
}

#[test]
fn a_database_that_is_huge_is_not_read_into_memory() {
    let home = Home::per_agent();
    let file = fs::OpenOptions::new().write(true).open(home.path(MAIN)).unwrap();
    file.set_len(8 << 30).unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -v 1000000; exec \"$0\" status", OCSYNC]);
    home.dress(&mut command).env("PATH", "/usr/bin:/bin");
    home.start(command).end().code(3).prints("source-newer");
}
