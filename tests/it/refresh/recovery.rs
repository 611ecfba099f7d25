//! An answer of the token endpoint that a run could not save, or was killed over: what the next run
//! makes of it, and when it must not.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::home::refreshing::text;
use crate::home::token_server::{TokenServer, Tokens};
use crate::home::users::{NOBODY, give};
use crate::home::{self, Home, Run, chmod, claude_store, hours, put, side_by_side, store};
use ocsync::testing::model::source::SourceKind;
use serde_json::{Value, json};

const BOTH: [SourceKind; 2] = [SourceKind::Claude, SourceKind::Codex];

/// A home whose new tokens wait: the CLI's file could not be read when they came. Returns what the CLI's file held, and what the server has given.
fn waiting(kind: SourceKind, server: &TokenServer) -> (Home, String, Tokens) {
    let home = Home::new().agent("main", &store(&[])).login(kind, server, 600);
    let (old, path) = (home.tokens(kind), home.login_path(kind));
    let before = fs::read_to_string(&path).unwrap();
    server.delay(std::time::Duration::from_millis(300));
    let url = server.url(kind);
    let args = ["refresh", "--via", "http", "--source", kind.name(), "--token-url", &url];
    let posts = server.posts();
    let run = home.start(home.command(&args));
    while server.posts() == posts {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    put(&path, "{");
    run.end().code(65).says("the new tokens wait in").says("the next run saves them");
    put(&path, &before);
    server.delay(std::time::Duration::ZERO);
    assert_eq!((home.waiting().len(), home.tokens(kind)), (1, old.clone()));
    (home, before, server.newest(&old.1))
}

fn held(tokens: &Tokens) -> (String, String) {
    (tokens.access.clone(), tokens.refresh.clone())
}

#[test]
fn the_next_run_of_either_command_saves_it() {
    side_by_side(BOTH, |kind| {
        for refresh in [false, true] {
            let server = TokenServer::start();
            let (home, _, new) = waiting(kind, &server);
            let run = if refresh { home.refresh_http(kind, &server, &[]) } else { home.run(&["sync"]) };
            run.code(0).prints(&format!("refreshed {}", kind.name()));
            assert_eq!((home.tokens(kind), server.posts()), (held(&new), 1));
            home.released();
            home.refresh_http(kind, &server, &[]).code(0).silent();
            assert_eq!((server.posts(), server.reuses()), (1, 0));
        }
    });
}

#[test]
fn two_runs_at_once_save_it_once() {
    side_by_side(BOTH, |kind| {
        for _ in 0..5 {
            let server = TokenServer::start();
            let (home, _, new) = waiting(kind, &server);
            let url = server.url(kind);
            let args = ["refresh", "--via", "http", "--source", kind.name(), "--token-url", &url];
            let runs = [home.start(home.command(&args)), home.start(home.command(&["sync"]))].map(|run| run.end());
            let said = |run: &&Run| run.stdout.contains("refreshed");
            assert!(runs.iter().all(|run| run.code == Some(0)), "{runs:#?}");
            assert_eq!(runs.iter().filter(said).count(), 1, "{runs:#?}");
            assert_eq!((home.tokens(kind), server.posts()), (held(&new), 1));
            home.released();
        }
    });
}

/// The run that left it may have been killed when all was done but taking it away.
#[test]
fn what_is_saved_already_is_put_away_without_a_word() {
    for kind in BOTH {
        let server = TokenServer::start();
        let (home, ..) = waiting(kind, &server);
        let (path, answer) = (home.waiting().remove(0), fs::read_to_string(&home.waiting()[0]).unwrap());
        home.run(&["sync"]).code(0);
        put(&path, &answer);
        let before = fs::read_to_string(home.login_path(kind)).unwrap();
        home.run(&["sync"]).code(0).silent();
        assert_eq!(fs::read_to_string(home.login_path(kind)).unwrap(), before);
        home.released();
    }
}

#[test]
fn a_login_that_was_made_meanwhile_is_not_touched_and_one_that_is_gone_is_not_brought_back() {
    for kind in BOTH {
        let server = TokenServer::start();
        let (home, ..) = waiting(kind, &server);
        let login = server.login(kind, "acct-A");
        let newer = text(kind, "acct-A", &login, login.expires);
        put(&home.login_path(kind), &newer);
        home.run(&["sync", "-v"]).code(0).says("are of no use any more");
        assert_eq!(fs::read_to_string(home.login_path(kind)).unwrap(), newer);
        home.released();

        let removed = json!({ "mcpOAuth": { "kept": true } }).to_string();
        let server = TokenServer::start();
        let (home, ..) = waiting(kind, &server);
        let path = home.login_path(kind);
        put(&path, &removed);
        home.run(&["sync", "-v"]).says("are of no use any more");
        assert_eq!(fs::read_to_string(&path).unwrap(), removed);
        home.released();
        assert_eq!(server.posts(), 1);
    }
}

#[test]
fn while_the_file_is_away_it_waits_and_is_saved_when_the_file_is_back() {
    for kind in BOTH {
        let server = TokenServer::start();
        let (home, _, fresh) = waiting(kind, &server);
        let (path, away) = (home.login_path(kind), home.path("away"));
        fs::rename(&path, &away).unwrap();
        for _ in 0..2 {
            let run = home.run(&["sync", "--wait", "0"]);
            run.code(74).says("new tokens wait in ").says("if you have logged out on purpose: rm ");
            assert!(!path.exists(), "a login is not brought back");
        }
        fs::rename(&away, &path).unwrap();
        home.run(&["sync"]);
        let (access, _) = held(&fresh);
        assert!(fs::read_to_string(&path).unwrap().contains(&access), "the new tokens are in the file");
        home.released();
    }
}

#[test]
fn while_it_cannot_be_saved_the_spent_login_is_delivered_to_nobody() {
    for kind in BOTH {
        let server = TokenServer::start();
        let (home, ..) = waiting(kind, &server);
        fs::hard_link(home.login_path(kind), home.path("second-name")).unwrap();
        let home = home.agent("late", &claude_store("old", hours(-1)));
        let before = home.access("late");
        home.run(&["sync"]).says("is spent").says("new tokens wait in ");
        let state = home.run(&["status", "--json"]).json()["sources"][0]["state"].clone();
        assert_eq!((home.access("late"), state.as_str()), (before, Some("unreadable")));
    }
}

/// Not trusted, or not understood: named, left alone, and no refresh of that source is begun.
#[track_caller]
fn left_alone(home: &Home, kind: SourceKind, server: &TokenServer, path: &Path, code: i32, why: &str) {
    // Without OpenClaw, the exit code is that of the one thing there was to do.
    let _ = fs::remove_dir_all(home.path(".openclaw"));
    let (login, posts) = (fs::read(home.login_path(kind)).unwrap(), server.posts());
    let there = home.tree().remove(path).unwrap();
    for refresh in [true, false] {
        let run = if refresh { home.refresh_http(kind, server, &[]) } else { home.run(&["sync"]) };
        run.code(code).says(path.to_str().unwrap()).says(why).says("hint: ");
        assert_eq!(home.tree().get(path), Some(&there), "{why}");
        assert_eq!((fs::read(home.login_path(kind)).unwrap(), server.posts()), (login.clone(), posts), "{why}");
    }
}

#[test]
fn one_that_is_damaged_is_named_and_left_alone() {
    for kind in BOTH {
        let server = TokenServer::start();
        let (home, ..) = waiting(kind, &server);
        let path = home.waiting().remove(0);
        let whole = fs::read_to_string(&path).unwrap();
        let mut later: Value = serde_json::from_str(&whole).unwrap();
        later["version"] = 2.into();
        let torn = format!("{}\0\0\0", &whole[..whole.len() / 2]);
        for damaged in [&whole[..whole.len() - 1], "{}", "[]", &torn, &later.to_string()] {
            put(&path, damaged);
            left_alone(&home, kind, &server, &path, 65, "it may hold the only live tokens");
        }
        // As a killed run leaves it: the whole answer, and the room behind it.
        put(&path, &format!("{whole}{}", "\0".repeat(1000)));
        home.run(&["sync"]).prints("refreshed");
        home.released();
    }
}

/// A home that also has an agent with a profile of the kind, and its store.
fn with_late(home: Home, kind: SourceKind) -> (Home, String) {
    let (id, provider) = match kind {
        SourceKind::Codex => ("openai-codex:default", "openai-codex"),
        _ => (home::CLAUDE, "anthropic"),
    };
    let mut profile = home::oauth("old", hours(-1));
    profile["provider"] = provider.into();
    let text = store(&[(id, profile)]);
    (home.agent("late", &text), text)
}

/// Until then it may have been this login that was posted.
#[test]
fn while_one_is_damaged_a_login_is_delivered_only_if_it_is_another_than_what_was_posted() {
    for kind in BOTH {
        for says_what_was_posted in [true, false] {
            let server = TokenServer::start();
            let (home, ..) = waiting(kind, &server);
            let path = home.waiting().remove(0);
            let whole = fs::read_to_string(&path).unwrap();
            let damaged = if says_what_was_posted { &whole[..whole.len() - 1] } else { "{}" };
            put(&path, damaged);
            let (home, before) = with_late(home, kind);
            let run = home.run(&["sync"]);
            // No login is left to be read.
            run.code(65).says("it may hold the only live tokens");
            assert_eq!(run.stderr.matches(path.to_str().unwrap()).count(), 2, "one error with one hint: {run:#?}");
            let status = home.run(&["status", "--json"]).json();
            assert_ne!(status["exit"], 0);
            assert_eq!(
                (home.store_text("late"), status["sources"][0]["state"].as_str()),
                (before.clone(), Some("unreadable"))
            );

            let login = server.login(kind, "acct-A");
            put(&home.login_path(kind), &text(kind, "acct-A", &login, login.expires));
            let run = home.run(&["sync", "-v"]);
            if says_what_was_posted {
                run.says("are of no use any more");
            } else {
                run.code(65).says("it may hold the only live tokens");
                assert_eq!(home.store_text("late"), before);
                let (_, command) = run.stderr.split_once("once the CLI is logged in again: ").unwrap();
                let command = command.lines().next().unwrap();
                assert!(std::process::Command::new("/bin/sh").args(["-c", command]).status().unwrap().success());
                home.run(&["sync"]);
            }
            assert!(home.store_text("late").contains(&login.access), "{kind:?}");
            home.run(&["sync"]).code(0).silent();
            home.released();
        }
    }
}

#[test]
fn one_that_is_blank_is_put_away() {
    for blank in ["", "\0\0\0\0", "    "] {
        let server = TokenServer::start();
        let (home, ..) = waiting(SourceKind::Claude, &server);
        let path = home.waiting().remove(0);
        let before = fs::read_to_string(home.login_path(SourceKind::Claude)).unwrap();
        put(&path, blank);
        home.run(&["sync"]).code(0).silent();
        assert_eq!(fs::read_to_string(home.login_path(SourceKind::Claude)).unwrap(), before);
        home.released();
    }
}

#[test]
fn one_that_ocsync_cannot_have_left_is_not_trusted() {
    for kind in BOTH {
        let server = TokenServer::start();
        let (home, ..) = waiting(kind, &server);
        let path = home.waiting().remove(0);
        let refused = |why: &str| left_alone(&home, kind, &server, &path, 77, why);
        for mode in [0o640, 0o604, 0o666] {
            chmod(&path, mode);
            refused("is open to others");
        }
        chmod(&path, 0o600);
        let other: PathBuf = home.path("other");
        fs::hard_link(&path, &other).unwrap();
        refused("has more than one hard link");
        fs::remove_file(&path).unwrap();
        symlink(&other, &path).unwrap();
        refused("is not a regular file");
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        refused("is not a regular file");
        fs::remove_dir(&path).unwrap();
        fs::rename(&other, &path).unwrap();
        if home::is_root() {
            give(&path, NOBODY);
            refused("belongs to another user");
            give(&path, 0);
        }
        home.run(&["sync"]).prints("refreshed");
        home.released();
    }
}
