//! File systems without hard links (vfat, exFAT): every file is written there, but OpenClaw's lock cannot be taken, and
//! ocsync says so. strace lets fail what fails there.

use std::fs;

use crate::home::refreshing;
use crate::home::sqlite::MAIN;
use crate::home::sqlite_write::is_clean;
use crate::home::strace::{NO_LINKS, missing, with_faults};
use crate::home::token_server::TokenServer;
use crate::home::{self, Home, Run, at, claude_store, hours};
use ocsync::testing::model::source::SourceKind;
use serde_json::json;

fn run(home: &Home, faults: &[&str], args: &[&str]) -> Run {
    home.start(with_faults(home, faults, args)).end()
}

fn can_trace() -> bool {
    missing().inspect(|why| println!("SKIPPED: {why}")).is_none()
}

#[test]
fn every_file_of_ocsyncs_is_written_and_the_lock_of_old_is_taken() {
    if !can_trace() {
        return;
    }
    for faults in NO_LINKS {
        // The lock is a directory there. The profile holds another login, which is kept.
        let home =
            Home::new().version("2026.2.12").claude("cli", hours(8)).agent("main", &claude_store("own", hours(2)));
        let home = home.config(&json!({ "flag_file": "~/flag", "export": { "env_file": "~/env" } }));
        run(&home, faults, &["sync"]).code(0).prints("updated main").prints("/env from claude");
        let env = fs::read_to_string(home.path("env")).unwrap();
        assert_eq!((home.access("main"), env), (at("cli"), format!("ANTHROPIC_OAUTH_TOKEN={}\n", at("cli"))));
        assert_eq!(fs::read_dir(home.state_dir().join("replaced")).unwrap().count(), 1);
        // The journal was made.
        home.run(&["sync"]).code(0).silent();
        run(&home, faults, &["check-expiry", "--format", "prometheus", "--textfile", "home/prom"]).code(0);
        assert!(fs::read_to_string(home.path("prom")).unwrap().contains("ocsync_"));
        let dead = json!({ "claudeAiOauth": { "accessToken": "", "refreshToken": "", "expiresAt": 0 } });
        home::put(&home.path(".claude/.credentials.json"), &dead.to_string());
        run(&home, faults, &["sync"]).code(1);
        assert!(home.path("flag").exists());
        home.nothing_left();
        let home = Home::new().version("2026.2.12").claude("new", hours(8)).agent("main", "{}");
        fs::remove_file(home.store_path("main")).unwrap();
        run(&home, faults, &["sync", "--create"]).code(0).prints("created main");
        assert_eq!(home.access("main"), at("new"));
        home.nothing_left();
    }
}

/// On exFAT in user space a new file begins as an empty one. A kill right then must not leave it as it is.
#[test]
fn a_run_killed_before_a_new_file_is_in_its_place_is_made_up_for() {
    if !can_trace() {
        return;
    }
    let dead = json!({ "claudeAiOauth": { "accessToken": "", "refreshToken": "", "expiresAt": 0 } });
    let login = ".claude/.credentials.json";
    let faults = NO_LINKS[1];
    // With `OCSYNC_KILLS` each of them, else any one.
    let one = 1 + home::random(6);
    let each = if home::setting("OCSYNC_KILLS", 0) > 0 { 1..=u64::MAX } else { one..=one };
    for nth in each {
        let kill = format!("renameat:signal=KILL:when={nth}");
        let killing = [faults, &[kill.as_str()]].concat();
        let home =
            Home::new().version("2026.2.12").claude("cli", hours(8)).agent("main", &claude_store("own", hours(2)));
        let home = home.config(&json!({ "flag_file": "~/flag", "export": { "env_file": "~/env" } }));
        let textfile = ["check-expiry", "--format", "prometheus", "--textfile", "home/prom"];
        let mut killed = run(&home, &killing, &["sync"]).signal.is_some();
        killed |= run(&home, &killing, &textfile).signal.is_some();
        // Somebody writes into the empty file that was left.
        let env = home.path("env");
        let written = if fs::metadata(&env).is_ok_and(|meta| meta.len() == 0) { "A=1\n" } else { "" };
        if !written.is_empty() {
            home::put(&env, written);
        }
        run(&home, faults, &["sync"]).code(0);
        run(&home, faults, &textfile).code(0);
        assert_eq!(home.access("main"), at("cli"));
        let expected = format!("{written}ANTHROPIC_OAUTH_TOKEN={}\n", at("cli"));
        assert_eq!(fs::read_to_string(&env).unwrap(), expected);
        assert!(fs::read_to_string(home.path("prom")).unwrap().contains("ocsync_"));
        assert_eq!(fs::read_dir(home.state_dir().join("replaced")).unwrap().count(), 1);
        let live = fs::read_to_string(home.path(login)).unwrap();
        home::put(&home.path(login), &dead.to_string());
        killed |= run(&home, &killing, &["sync"]).signal.is_some();
        run(&home, faults, &["sync"]).code(1);
        assert!(fs::read_to_string(home.path("flag")).unwrap().starts_with("ocsync: login needed"), "{nth}");
        home::put(&home.path(login), &live);
        run(&home, faults, &["sync"]).code(0);
        assert!(!home.path("flag").exists(), "{nth}");
        home.run(&["sync", "--restore", "main/anthropic:default"]).code(0).prints("restored");
        assert_eq!(home.access("main"), at("own"));
        home.nothing_left();
        if !killed {
            assert!(nth > 3, "{nth}");
            break;
        }
    }
}

#[test]
fn a_login_is_refreshed() {
    if !can_trace() {
        return;
    }
    for faults in NO_LINKS {
        for kind in [SourceKind::Claude, SourceKind::Codex] {
            let server = TokenServer::start();
            let home = Home::new().agent("main", &home::store(&[])).login(kind, &server, 600);
            let before = home.tokens(kind);
            let url = server.url(kind);
            let args = ["refresh", "--via", "http", "--source", kind.name(), "--token-url", &url];
            run(&home, faults, &args).code(0).prints("refreshed");
            assert_eq!(server.posts(), 1);
            assert!(home.tokens(kind).0 != before.0 && home.tokens(kind).1 != before.1, "{}", refreshing::file(kind));
            home.released();
        }
    }
}

#[test]
fn openclaws_lock_says_what_is_missing_and_its_hint_works() {
    if !can_trace() {
        return;
    }
    for faults in NO_LINKS {
        for (home, place) in [(Home::stale(), "agents/main/agent"), (Home::per_agent(), "locks/oauth-refresh")] {
            let stores = [home.store_path("main"), home.path(MAIN)];
            let before = stores.clone().map(|store| fs::read(store).ok());
            let says = format!("cannot lock: {} is on a file system", home.path(".openclaw").join(place).display());
            for _ in 0..2 {
                let run = run(&home, faults, &["sync", "--wait", "0"]);
                run.code(4).says(&says).says("without hard links");
                run.says("hint: move OpenClaw's state directory to another file system");
            }
            let report = run(&home, faults, &["sync", "--wait", "0", "--json"]).code(4).json();
            let problems = report["problems"].as_array().unwrap();
            assert!(problems.iter().any(|problem| problem["code"] == "no-links"), "{report:#}");
            assert_eq!(stores.map(|store| fs::read(store).ok()), before);
            is_clean(&home);
            let moved = home.root().join("moved");
            fs::rename(home.path(".openclaw"), &moved).unwrap();
            home.run(&["sync", "--state-dir", moved.to_str().unwrap()]).code(0).prints("updated main");
            home.nothing_left();
        }
    }
}
