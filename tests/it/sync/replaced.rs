//! A login that an update replaces is kept before, and comes back as it was: in JSON and in SQLite, and wherever the run
//! is killed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::home::provide::{codex_json, minimax_json};
use crate::home::sqlite::{MAIN, STATE, put_rows, text, value};
use crate::home::sqlite_write::shared;
use crate::home::strace::{self, calls, killed_at};
use crate::home::{CLAUDE, Home, OCSYNC, at, claude_store, hours, iso, now, oauth, random, rt, setting, store};
use rusqlite::Connection;
use serde_json::{Value, json};

const RESTORE: &str = "main/anthropic:default";

/// An agent with a login of its own that is alive, and a newer one of Claude Code's.
fn home() -> Home {
    Home::new().claude("cli", hours(8)).agent("main", &claude_store("own", hours(2)))
}

/// The files of `replaced/`.
fn kept(home: &Home) -> Vec<std::path::PathBuf> {
    let dir = home.state_dir().join("replaced");
    let mut files: Vec<_> = fs::read_dir(dir).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn is_kept(home: &Home, token: &str) -> bool {
    kept(home).iter().any(|file| fs::read_to_string(file).unwrap().contains(token))
}

#[test]
fn a_live_login_is_kept_and_comes_back_byte_for_byte() {
    let home = home();
    let before = home.store_text("main");
    let says = "replaces another login, 1h 59m left, kept: ocsync sync --restore main/anthropic:default";
    let time = ["--now", &iso(hours(0) + 30_000)];
    home.run(&["sync", "--dry-run", time[0], time[1]]).code(3).prints("would update").prints(says);
    assert!(kept(&home).is_empty());
    home.run(&["sync", time[0], time[1]]).code(0).prints("updated").prints(says);
    assert_eq!(home.access("main"), at("cli"));
    let (dir, file) = (home.state_dir().join("replaced"), &kept(&home)[0]);
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(dir.as_path()), mode(file.as_path())), (0o700, 0o600));
    home.run(&["status"])
        .code(0)
        .says("main/anthropic:default: an update has replaced another login, which ocsync keeps until")
        .says("to put it back: ocsync sync --restore main/anthropic:default");
    home.run(&["sync", "--restore", RESTORE, "--dry-run"]).code(3).prints("would restore main anthropic:default");
    assert_eq!(home.access("main"), at("cli"));
    home.run(&["sync", "--restore", RESTORE]).code(0).prints("restored main anthropic:default");
    assert_eq!(home.store_text("main"), before);
    assert!(kept(&home).is_empty());
    // From now on it is left alone, whatever the CLI does.
    let home = home.claude("later", hours(9));
    for args in [&["sync"][..], &["sync", "--prefer-source"], &["status"], &["check-expiry"]] {
        home.run(args).code(0);
    }
    assert_eq!(home.store_text("main"), before);
    home.run(&["sync", "--adopt", RESTORE]).code(0).prints("--adopt gives it to this login");
    assert_eq!(home.access("main"), at("later"));
    let home = home.claude("latest", hours(10));
    home.run(&["sync"]).code(0);
    assert_eq!(home.access("main"), at("latest"));
}

#[test]
fn a_login_of_any_cli_is_kept_for_thirty_days() {
    let (codex, _) = codex_json(hours(8));
    let profile = |provider: &str, n: &str| json!({ "type": "oauth", "provider": provider, "access": format!("a-canary-{n}"), "refresh": rt(n), "expires": hours(1) });
    let profiles = store(&[
        ("openai-codex:default", profile("openai-codex", "x")),
        ("minimax-portal:minimax-cli", profile("minimax-portal", "m")),
    ]);
    let home = Home::new().file(".codex/auth.json", &codex).file(".mmx/config.json", &minimax_json(hours(8)));
    let home = home.agent("main", &profiles).agent("ops", &profiles);
    home.run(&["sync"]).code(0);
    assert_eq!(kept(&home).len(), 4);
    let day = |count: i64| iso(hours(24 * count));
    home.run(&["sync", "--now", &day(29)]);
    assert_eq!(kept(&home).len(), 4);
    home.run(&["sync", "--restore", "ops/minimax-portal:minimax-cli"]).code(0);
    assert_eq!((kept(&home).len(), home.store_text("ops").contains(&rt("m"))), (3, true));
    // An id alone means every agent's.
    home.run(&["sync", "--restore", "openai-codex:default"]).code(0);
    assert_eq!(kept(&home).len(), 1);
    for agent in ["main", "ops"] {
        let held: Value = serde_json::from_str(&home.store_text(agent)).unwrap();
        assert_eq!(held["profiles"]["openai-codex:default"], profile("openai-codex", "x"));
    }
    home.run(&["sync", "--now", &day(31)]);
    assert!(kept(&home).is_empty());
}

#[test]
fn what_is_kept_is_read_when_something_can_be_due_and_once_a_day() {
    let agents =
        |home: Home| (0..5).fold(home, |home, n| home.agent(&format!("a{n}"), &claude_store("own", hours(2))));
    let home = agents(home());
    let (log, start) = (home.root().join("trace"), now());
    home.run(&["sync"]).code(0);
    assert_eq!(kept(&home).len(), 6);
    let reads = |at: i64| {
        let mut command = Command::new("/usr/bin/strace");
        let options = ["-f", "-qq", "-e", "trace=openat,openat2", "-o", log.to_str().unwrap()];
        home.dress(&mut command).args(options).arg(OCSYNC).args(["sync", "--now", &iso(at)]);
        let run = home.start(command).end();
        let text = fs::read_to_string(&log).unwrap();
        (!run.stderr.contains("ptrace"), text.lines().filter(|line| line.contains("/replaced/")).count())
    };
    if !fs::exists("/usr/bin/strace").unwrap() || !reads(start + 1_000).0 {
        println!("SKIPPED: strace is not installed, or may not trace here");
        return;
    }
    // The note when to look is written down with the next that is: the hour at which the login was last seen.
    let hour = 3_600_000;
    for (after, count) in [(2, 6), (3, 0), (25, 0), (27, 6), (28, 0), (2, 6), (3, 0)] {
        assert_eq!(reads(start + after * hour).1, count, "{after} h");
    }
    // What cannot be read is told by each run.
    home.run(&["sync", "--now", &iso(start + 3 * hour)]).silent();
    let odd = home.state_dir().join("replaced/x.json");
    fs::write(&odd, "{").unwrap();
    for after in [28, 29, 30] {
        let told = home.run(&["sync", "--json", "--now", &iso(start + after * hour)]).json()["problems"].to_string();
        assert!(told.contains("x.json: it is in no form that this ocsync writes"), "{told}");
    }
    fs::remove_file(odd).unwrap();
    home.run(&["sync", "--now", &iso(start + 30 * 24 * hour - 60_000)]);
    assert_eq!(kept(&home).len(), 6);
    home.run(&["sync", "--now", &iso(start + 30 * 24 * hour + 60_000)]);
    assert!(kept(&home).is_empty());
}

#[test]
fn what_is_not_there_is_66_and_nothing_is_written() {
    let home = home();
    let before = home.store_text("main");
    for args in [
        ["sync", "--restore", RESTORE],
        ["sync", "--restore", "main/anthropic:other"],
        ["sync", "--adopt", "main/anthropic:other"],
        ["sync", "--adopt", "other/anthropic:default"],
        ["refresh", "--adopt", "anthropic:defualt"],
    ] {
        home.run(&args).code(66).says("\"");
    }
    assert_eq!(home.store_text("main"), before);
    home.run(&["sync"]).code(0);
    home.run(&["sync", "--restore", RESTORE, "--adopt", RESTORE]).code(64);
    assert_eq!(home.access("main"), at("cli"));
}

#[test]
fn what_cannot_be_kept_is_not_replaced() {
    let home = home();
    let before = home.store_text("main");
    fs::create_dir_all(home.state_dir()).unwrap();
    fs::write(home.state_dir().join("replaced"), "").unwrap();
    let run = home.run(&["sync"]);
    assert_ne!(run.code, Some(0));
    run.says("replaced");
    assert_eq!(home.store_text("main"), before);
    fs::remove_file(home.state_dir().join("replaced")).unwrap();
    home.run(&["sync"]).code(0);
    assert_eq!(home.access("main"), at("cli"));
}

#[test]
fn a_login_that_comes_in_between_is_kept_when_the_older_one_comes_back() {
    let home = home();
    home.run(&["sync"]).code(0);
    let second = claude_store("second", hours(9));
    let home = home.agent("main", &second);
    home.run(&["sync", "--restore", RESTORE]).code(0);
    assert_eq!(home.access("main"), at("own"));
    assert!(is_kept(&home, &rt("second")) && !is_kept(&home, &rt("own")));
    home.run(&["sync", "--restore", RESTORE]).code(0);
    assert_eq!(home.store_text("main"), second);
    assert!(is_kept(&home, &rt("own")));
}

#[test]
fn a_restored_login_gets_its_refresh_token_back_in_sqlite() {
    let home = Home::per_agent();
    let before = text(&home.path(MAIN));
    home.run(&["sync"]).code(0).prints("replaces another login");
    let after = text(&home.path(MAIN));
    assert!(after.contains(&at("new")) && !after.contains(&rt("old")));
    home.run(&["sync", "--sqlite-write", "never", "--restore", RESTORE]).code(3);
    assert_eq!(text(&home.path(MAIN)), after);
    home.run(&["sync", "--restore", RESTORE]).code(0).prints("restored");
    assert_eq!(text(&home.path(MAIN)), before);
    home.run(&["sync"]).code(0);
    assert_eq!(text(&home.path(MAIN)), before);
    home.run(&["sync", "--adopt", RESTORE]).code(0);
    assert_eq!(text(&home.path(MAIN)), after);
    assert!(is_kept(&home, &rt("old")));
}

#[test]
fn a_login_that_comes_in_between_is_kept_in_sqlite_as_well() {
    let home = Home::per_agent();
    home.run(&["sync"]).code(0).prints("replaces another login");
    put_rows(&Connection::open(home.path(MAIN)).unwrap(), &claude_store("second", hours(9)));
    home.run(&["sync", "--restore", RESTORE]).code(0).prints("restored");
    assert!(text(&home.path(MAIN)).contains(&at("old")));
    assert!(is_kept(&home, &rt("second")) && !is_kept(&home, &rt("old")));
    home.run(&["sync", "--restore", RESTORE]).code(0).prints("restored");
    assert!(text(&home.path(MAIN)).contains(&rt("second")) && is_kept(&home, &rt("old")));
}

#[test]
fn the_report_says_what_was_put_back_and_not_what_another_profile_holds() {
    let home = Home::per_agent();
    let both = store(&[("anthropic:a", oauth("other", hours(3))), (CLAUDE, oauth("old", hours(1)))]);
    put_rows(&Connection::open(home.path(MAIN)).unwrap(), &both);
    let tokens = |args: &[&str]| {
        let report = home.run(args).json();
        ["access", "refresh"].map(|key| value(&report, "main", CLAUDE, key))
    };
    let old = tokens(&["status", "--json"]);
    assert_ne!(tokens(&["sync", "--json"]), old);
    assert_eq!(tokens(&["sync", "--json", "--restore", RESTORE]), old);
}

#[test]
fn a_row_that_agents_share_is_restored_for_all_of_them() {
    let (home, _coordinator) = shared();
    let before = text(&home.path(STATE));
    home.run(&["sync"]).code(0);
    assert!(text(&home.path(STATE)).contains(&at("new")) && is_kept(&home, &rt("old")));
    home.run(&["sync", "--restore", RESTORE]).code(0);
    assert_eq!(text(&home.path(STATE)), before);
    home.run(&["sync"]).code(0);
    assert_eq!(text(&home.path(STATE)), before);
}

#[test]
fn a_kill_at_any_call_leaves_the_login_in_its_store_or_in_what_is_kept() {
    if let Some(why) = strace::missing() {
        println!("SKIPPED: {why}");
        return;
    }
    let before = home().store_text("main");
    for (args, first) in [(&["sync"][..], false), (&["sync", "--restore", RESTORE], true)] {
        let begin = || {
            let home = home();
            if first {
                home.run(&["sync"]).code(0);
            }
            home
        };
        let all = calls(&begin(), args, false);
        assert!(all.len() > 10, "{all:?}");
        let step = if setting("OCSYNC_KILLS", 0) > 0 { 1 } else { 5 };
        let start = usize::try_from(random(step as u64)).unwrap();
        for call in all.iter().skip(start).step_by(step) {
            let home = begin();
            killed_at(&home, args, call);
            let held = home.store_text("main") == before;
            assert!(held || is_kept(&home, &rt("own")), "lost at {}", call.line);
            let code = if first && kept(&home).is_empty() { 66 } else { 0 };
            home.run(args).code(code);
            if !first {
                assert_eq!(home.access("main"), at("cli"), "{}", call.line);
                home.run(&["sync", "--restore", RESTORE]).code(0);
            }
            assert_eq!(home.store_text("main"), before, "{}", call.line);
            home.run(&["sync"]).code(0);
            assert_eq!(home.store_text("main"), before, "{}", call.line);
            home.nothing_left();
        }
    }
}

#[test]
fn what_else_has_changed_in_the_entry_stays() {
    let mut own = oauth("own", hours(2));
    own["email"] = json!("me@example.test");
    let home = Home::new().claude("cli", hours(8)).agent("main", &store(&[(CLAUDE, own.clone())]));
    home.run(&["sync"]).code(0);
    let named = home.store_text("main").replace("\"email\": \"me@example.test\"", "\"displayName\": \"x\"");
    let home = home.agent("main", &named);
    home.run(&["sync", "--restore", RESTORE]).code(0);
    let held: Value = serde_json::from_str(&home.store_text("main")).unwrap();
    let held = &held["profiles"][CLAUDE];
    assert_eq!((&held["access"], &held["refresh"]), (&own["access"], &own["refresh"]));
    assert_eq!((&held["displayName"], &held["email"]), (&json!("x"), &Value::Null));
}
