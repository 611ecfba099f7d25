//! `ocsync provide`: one request, one answer, and nothing else: no file, no lock, no word beside it.
//!
//! The runner here is its own: a token on standard output is what this command is for.

use std::fs;
use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant, SystemTime};

use crate::home::provide::{ALL, all_fresh, codex_json, minimax_json, request, send};
use crate::home::{self, CANARY, Home, at, chmod, claude_json, hours, put};
use serde_json::{Value, json};

/// Asks for these ids.
fn ask(home: &Home, args: &[&str], ids: &[&str]) -> Value {
    let answer = send(home, args, request(ids).as_bytes());
    assert_eq!(answer.code, Some(0), "{answer:?}");
    serde_json::from_slice(&answer.stdout).unwrap()
}

fn code<'a>(answer: &'a Value, id: &str) -> &'a str {
    assert!(answer["values"].get(id).is_none(), "{answer}");
    answer["errors"][id]["code"].as_str().unwrap_or_else(|| panic!("{answer}"))
}

#[test]
fn every_source_answers_with_its_access_token_alone_and_at_once() {
    let (home, codex) = all_fresh();
    let answer = ask(&home, &[], &ALL);
    let values = json!({ "claude/access": at("new"), "codex/access": codex, "minimax/access": "m-canary" });
    assert_eq!(answer, json!({ "protocolVersion": 1, "values": values }));
    for args in [&["--json"][..], &["-v"], &["-q"], &["--color", "always"], &["--json", "-v", "--agent", "x"]] {
        assert_eq!(ask(&home, args, &ALL), answer, "{args:?}");
    }
    let none: [&str; 0] = [];
    assert_eq!(ask(&home, &[], &none), json!({ "protocolVersion": 1, "values": {} }));
    let one = ask(&home, &["--source", "claude"], &ALL);
    assert_eq!(one["values"], json!({ "claude/access": at("new") }));
    assert_eq!(code(&one, "codex/access"), "NOT_FOUND");
}

#[test]
fn what_is_not_given_has_an_error_of_its_own_beside_what_is() {
    let (home, _) = all_fresh();
    let ids =
        ["claude/access", "claude/refresh", "codex/refresh", "qwen/access", "x", "", "claude/access\n\u{1b}[1m"];
    let answer = ask(&home, &[], &ids);
    assert_eq!(answer["values"], json!({ "claude/access": at("new") }));
    assert_eq!((code(&answer, "claude/refresh"), code(&answer, "codex/refresh")), ("REFUSED", "REFUSED"));
    for unknown in &ids[3..] {
        assert_eq!(code(&answer, unknown), "NOT_FOUND");
    }
    assert!(!answer["errors"].to_string().contains(CANARY));
    let text = r#"{"protocolVersion":2,"ids":["claude/access"]}"#;
    let answer = send(&home, &[], text.as_bytes());
    assert_eq!(code(&serde_json::from_slice(&answer.stdout).unwrap(), "claude/access"), "UNSUPPORTED_VERSION");
}

#[test]
fn a_login_that_is_of_no_use_is_not_given_and_not_waited_for() {
    let start = Instant::now();
    let (codex, _) = codex_json(hours(-1));
    let expired = Home::new().claude("old", hours(-1)).file(".codex/auth.json", &codex);
    let expired = expired.file(".mmx/config.json", &minimax_json(hours(-1)));
    let answer = ask(&expired, &[], &ALL);
    ALL.iter().for_each(|id| assert_eq!(code(&answer, id), "EXPIRED"));
    // A few seconds left are none, an unknown expiry is not an expired one.
    let brief = Home::new().claude("old", home::now() + 5_000);
    assert_eq!(code(&ask(&brief, &[], &ALL), "claude/access"), "EXPIRED");
    let unknown = claude_json("new", 0).replace(":0", ":null");
    let home = Home::new().file(".claude/.credentials.json", &unknown);
    assert_eq!(ask(&home, &[], &ALL)["values"]["claude/access"], at("new"));

    let logged_out = r#"{"claudeAiOauth":{"accessToken":"","refreshToken":"","expiresAt":0}}"#;
    let out = Home::new().file(".claude/.credentials.json", logged_out).file(".codex/auth.json", "{}");
    let answer = ask(&out, &[], &ALL);
    assert_eq!((code(&answer, ALL[0]), code(&answer, ALL[1])), ("LOGGED_OUT", "LOGGED_OUT"));
    assert_eq!(code(&answer, ALL[2]), "NOT_FOUND");
    // Broken for long: nobody is writing it.
    let broken = Home::new().file(".claude/.credentials.json", "{\"claudeAiOauth\":");
    let file = fs::File::open(broken.path(".claude/.credentials.json")).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(60)).unwrap();
    assert_eq!(code(&ask(&broken, &[], &ALL), ALL[0]), "UNREADABLE");
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
}

/// A home, and what becomes whole in it after a while.
fn later(home: &Home, path: &str, text: &str, wait: u64) -> std::thread::JoinHandle<()> {
    let (path, text) = (home.path(path), text.to_owned());
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(wait));
        // In place, as the CLIs of some versions do.
        fs::write(path, text).unwrap();
    })
}

/// Asks without looking whether the home stays as it is: here somebody else writes.
fn ask_while(home: &Home, args: &[&str], ids: &[&str]) -> (Value, Duration) {
    let start = Instant::now();
    let mut child = home.command(&[&["provide"], args].concat()).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(request(ids).as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    (serde_json::from_slice(&output.stdout).unwrap(), start.elapsed())
}

#[test]
fn a_cli_that_is_just_writing_is_waited_for() {
    let (codex, access) = codex_json(hours(8));
    for torn in ["", "{\"claudeAiOauth\":{\"acc"] {
        let home = Home::new().file(".claude/.credentials.json", torn).file(".codex/auth.json", torn);
        let claude = later(&home, ".claude/.credentials.json", &claude_json("new", hours(8)), 700);
        let other = later(&home, ".codex/auth.json", &codex, 900);
        let (answer, _) = ask_while(&home, &[], &ALL);
        assert_eq!((&answer["values"][ALL[0]], &answer["values"][ALL[1]]), (&json!(at("new")), &json!(access)));
        claude.join().unwrap();
        other.join().unwrap();
    }
    // It never ends: what is whole is answered nevertheless, within the time that OpenClaw gives.
    let home = Home::new().file(".claude/.credentials.json", "").file(".codex/auth.json", &codex);
    let (answer, took) = ask_while(&home, &[], &ALL);
    assert_eq!((code(&answer, ALL[0]), &answer["values"][ALL[1]]), ("UNREADABLE", &json!(access)));
    assert!(took > Duration::from_secs(3) && took < Duration::from_millis(4900), "{took:?}");
}

#[test]
fn a_refresh_that_claude_code_has_begun_is_waited_for() {
    for lock in [".claude/.oauth_refresh.lock", ".claude.lock"] {
        let home = Home::new().claude("old", hours(-1));
        fs::create_dir(home.path(lock)).unwrap();
        let writer = later(&home, ".claude/.credentials.json", &claude_json("new", hours(8)), 600);
        let (answer, took) = ask_while(&home, &[], &ALL);
        assert_eq!(answer["values"][ALL[0]], at("new"), "{lock}");
        assert!(took > Duration::from_millis(500));
        writer.join().unwrap();
    }
    // The lock of a CLI that has died long ago holds nobody up; one that lives, no longer than it may.
    let home = Home::new().claude("old", hours(-1));
    let lock = home.path(".claude/.oauth_refresh.lock");
    fs::create_dir(&lock).unwrap();
    let (answer, took) = ask_while(&home, &["--wait", "1"], &ALL);
    assert_eq!(code(&answer, ALL[0]), "EXPIRED");
    assert!(took > Duration::from_millis(900) && took < Duration::from_secs(2), "{took:?}");
    fs::File::open(&lock).unwrap().set_modified(SystemTime::now() - Duration::from_secs(90)).unwrap();
    let (answer, took) = ask_while(&home, &[], &ALL);
    assert_eq!(code(&answer, ALL[0]), "EXPIRED");
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[test]
fn the_keychain_is_asked_where_that_is_configured_and_bounded_in_time() {
    let home = Home::new().var("USER", "me");
    let security = |script: &str| {
        let path = home.root().join("bin/security");
        put(&path, &format!("#!/bin/sh\n{script}\n"));
        chmod(&path, 0o755);
    };
    security(&format!("echo '{}'", claude_json("kept", hours(8))));
    assert_eq!(code(&ask(&home, &[], &ALL), ALL[0]), "NOT_FOUND");
    assert_eq!(ask(&home, &["--keychain", "always"], &ALL)["values"][ALL[0]], at("kept"));
    security("exec /bin/sleep 20");
    let (answer, took) = ask_while(&home, &["--keychain", "always", "--wait", "1"], &ALL);
    assert_eq!(code(&answer, ALL[0]), "UNREADABLE");
    assert!(took < Duration::from_secs(3), "{took:?}");
}
