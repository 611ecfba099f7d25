//! `refresh --via http` as an operator runs it, against an endpoint that takes no token twice.

use crate::home::refreshing::text;
use crate::home::token_server::{Script, TokenServer};
use crate::home::{self, CLAUDE, Home, hours, oauth, put, side_by_side, store};
use ocsync::testing::model::source::SourceKind;
use serde_json::json;

const BOTH: [SourceKind; 2] = [SourceKind::Claude, SourceKind::Codex];

#[test]
fn a_login_that_is_due_is_refreshed_and_everything_else_in_its_file_stays() {
    for kind in BOTH {
        let server = TokenServer::start();
        let home = Home::new().agent("main", &store(&[])).login(kind, &server, 600);
        let (before, old) = (home.login_json(kind), home.tokens(kind));
        let run = home.refresh_http(kind, &server, &[]);
        run.code(0).prints(&format!("refreshed {}, ", kind.name()));
        let new = home.tokens(kind);
        assert!(server.alive(&new.1) && new != old);
        assert_eq!((new.0, new.1), (server.newest(&old.1).access, server.newest(&old.1).refresh));
        let mut after = home.login_json(kind);
        if kind == SourceKind::Codex {
            assert_ne!(before["last_refresh"], after["last_refresh"]);
            after["last_refresh"] = before["last_refresh"].clone();
            after["tokens"] = before["tokens"].clone();
        } else {
            assert!(after["claudeAiOauth"]["expiresAt"].as_i64().unwrap() > hours(7));
            for name in ["accessToken", "refreshToken", "expiresAt"] {
                after["claudeAiOauth"][name] = before["claudeAiOauth"][name].clone();
            }
        }
        assert_eq!(after, before);
        home.released();
        home.refresh_http(kind, &server, &[]).code(0).silent();
        assert_eq!((server.posts(), server.reuses()), (1, 0));
    }
}

#[test]
fn what_is_not_due_is_not_touched() {
    for kind in BOTH {
        let server = TokenServer::start();
        let home = Home::new().agent("main", &store(&[])).login(kind, &server, 7200);
        home.refresh_http(kind, &server, &[]).code(0).silent();
        let before = home.tree();
        home.refresh_http(kind, &server, &["--within", "1h"]).code(0).silent();
        assert_eq!(home.tree(), before);
        assert_eq!(server.posts(), 0);
        home.refresh_http(kind, &server, &["--within", "3h", "--dry-run"]).code(3).prints("would refresh");
        assert_eq!(home.tree(), before);
        home.refresh_http(kind, &server, &["--within", "3h"]).code(0).prints("refreshed");
    }
}

#[test]
fn the_agents_get_the_new_tokens_in_the_same_run() {
    let server = TokenServer::start();
    let home = Home::new().login(SourceKind::Claude, &server, 60);
    let (access, refresh) = home.tokens(SourceKind::Claude);
    let mut profile = oauth("x", hours(0) + 60_000);
    (profile["access"], profile["refresh"]) = (access.into(), refresh.into());
    let home = home.agent("main", &store(&[(CLAUDE, profile)]));
    let run = home.refresh_http(SourceKind::Claude, &server, &["--json"]);
    let report = run.code(0).json();
    assert_eq!((&report["changed"], &report["command"]), (&json!(2), &json!("refresh")));
    assert_eq!(report["sources"][0]["attempt"]["result"], "done");
    assert_eq!(home.access("main"), home.tokens(SourceKind::Claude).0);
    home.released().nothing_left();
}

#[test]
fn two_hundred_in_a_row() {
    side_by_side(BOTH, |kind| {
        let server = TokenServer::start();
        let home = Home::new().login(kind, &server, 60);
        for _ in 0..200 {
            let run = home.refresh_http(kind, &server, &["--within", "100h", "--json"]);
            assert_eq!(run.json()["sources"][0]["attempt"]["result"], "done", "{run:#?}");
        }
        assert_eq!((server.posts(), server.distinct(), server.reuses()), (200, 200, 0));
        assert!(server.alive(&home.tokens(kind).1));
        home.released();
    });
}

/// Two that do not even share a state file: only the CLI's own locks keep them apart.
#[test]
fn two_at_once_never_spend_a_token_twice() {
    side_by_side(BOTH, |kind| {
        let server = TokenServer::start();
        server.delay(std::time::Duration::from_millis(10));
        let home = Home::new().agent("main", &store(&[])).login(kind, &server, 60);
        let url = server.url(kind);
        for round in 0..100 {
            let posts = server.posts();
            let start = |name: &str| {
                let args = ["refresh", "--via", "http", "--source", kind.name(), "--token-url", &url, "--json"];
                let mut command = home.command(&args);
                // What each sees as due ends with the first refresh of the round.
                command.args(["--within", "3h"]).env("XDG_STATE_HOME", home.root().join(name));
                command.spawn().unwrap()
            };
            let both = [start("one"), start("two")].map(|child| child.wait_with_output().unwrap());
            for output in both {
                let text = String::from_utf8_lossy(&output.stderr).into_owned();
                assert!(matches!(output.status.code(), Some(0 | 4 | 66 | 75)), "{:?} {text}", output.status);
            }
            let refresh = home.tokens(kind).1;
            assert!(server.alive(&refresh), "round {round}");
            assert_eq!(server.posts(), posts + 1, "round {round}: one of them posts");
            // The next round finds a login that is due.
            let mut due = server.newest(&refresh);
            server.expires_in(60);
            due.expires = home::now() + 60_000;
            if kind == SourceKind::Codex {
                home.refresh_http(kind, &server, &["--within", "100h"]);
            } else {
                home.age_claude(60);
            }
            server.expires_in(28_800);
        }
        assert_eq!(server.reuses(), 0);
        home.released();
    });
}

#[test]
fn a_login_that_the_server_calls_dead_is_told_by_every_command_until_there_is_another() {
    let server = TokenServer::start();
    let flag = |home: &Home| home.path("flag").exists();
    let home = Home::new().login(SourceKind::Claude, &server, 1800).agent("main", &store(&[]));
    server.next(Script::InvalidGrant);
    let flagged = ["--flag-file", "~/flag"];
    home.refresh_http(SourceKind::Claude, &server, &flagged).code(1).says("claude auth login");
    assert!(flag(&home));
    home.run(&["sync", flagged[0], flagged[1]]).code(1);
    assert!(flag(&home), "sync alone knows no better");
    home.run(&["status"]).code(1).says("refresh token is dead");
    home.run(&["check-expiry"]).code(1);
    let home = home.claude("fresh", hours(8));
    home.run(&["sync", flagged[0], flagged[1]]).code(0);
    assert!(!flag(&home));
    home.refresh_http(SourceKind::Claude, &server, &[]).code(0).silent();
    assert_eq!(server.posts(), 1);
}

/// Codex posts without a lock: whoever loses finds the winner's tokens in the file a moment later.
#[test]
fn what_somebody_else_has_got_meanwhile_is_adopted() {
    for kind in BOTH {
        let server = TokenServer::start();
        let home = Home::new().agent("main", &store(&[])).login(kind, &server, 1800);
        let theirs = server.login(kind, "acct-A");
        server.next(Script::InvalidGrant);
        let file = home.login_path(kind);
        let text = text(kind, "acct-A", &theirs, theirs.expires);
        let run = std::thread::scope(|scope| {
            scope.spawn(|| {
                while server.posts() == 0 {
                    std::thread::sleep(std::time::Duration::from_millis(10));
                }
                std::thread::sleep(std::time::Duration::from_millis(1500));
                put(&file, &text);
            });
            home.refresh_http(kind, &server, &["--json"])
        });
        let report = run.code(0).json();
        assert_eq!(report["sources"][0]["attempt"]["reason"], "another program has refreshed it");
        assert_eq!(home.tokens(kind).1, theirs.refresh);
        home.released();
        home.refresh_http(kind, &server, &[]).code(0).silent();
    }
}

#[test]
fn a_failure_is_said_in_every_run_until_it_is_over() {
    let server = TokenServer::start();
    let home = Home::new().login(SourceKind::Claude, &server, 1800).agent("main", &store(&[]));
    let link = home.root().join("link");
    std::fs::hard_link(home.login_path(SourceKind::Claude), &link).unwrap();
    home.refresh_http(SourceKind::Claude, &server, &[]).code(4).says("more than one hard link");
    home.refresh_http(SourceKind::Claude, &server, &[]).code(4).says("more than one hard link");
    std::fs::remove_file(&link).unwrap();
    home.age_claude(9000);
    home.refresh_http(SourceKind::Claude, &server, &[]).code(0).silent();
    assert_eq!(home.state()["refreshes"], serde_json::Value::Null);
    home.age_claude(1800);
    std::fs::hard_link(home.login_path(SourceKind::Claude), &link).unwrap();
    home.refresh_http(SourceKind::Claude, &server, &[]).code(4).says("more than one hard link");
    assert_eq!(server.posts(), 0);
}
