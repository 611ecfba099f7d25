//! `ocsync provide`: one request, one answer, and nothing else: no file, no lock, no word beside it.
//!
//! The runner here is its own: a token on standard output is what this command is for.

#![allow(clippy::pedantic, clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "tests")]

mod common;

use std::fs;
use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant, SystemTime};

use common::{CANARY, Home, at, chmod, claude_json, hours, put};
use serde_json::{Value, json};

/// What came of a request.
#[derive(Debug)]
struct Answer {
    code: Option<i32>,
    stdout: Vec<u8>,
    stderr: String,
    took: Duration,
}

/// Sends these bytes, and checks what holds for every request.
fn send(home: &Home, args: &[&str], input: &[u8]) -> Answer {
    let before = home.tree();
    let mut command = home.command(&[&["provide"], args].concat());
    let start = Instant::now();
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // Who refuses a request early need not read it all.
    let _ = stdin.write_all(input);
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!stderr.contains(CANARY) && !stderr.contains("internal bug"), "{stderr}");
    assert_eq!(home.tree(), before, "something was written");
    let answer = Answer { code: output.status.code(), stdout: output.stdout, stderr, took: start.elapsed() };
    match answer.code {
        Some(0) => {
            let said: Value = serde_json::from_slice(&answer.stdout).unwrap_or_else(|_| panic!("{answer:?}"));
            assert_eq!((&said["protocolVersion"], said["values"].is_object()), (&json!(1), true), "{answer:?}");
            assert_eq!(answer.stderr, "");
        }
        Some(64 | 65 | 74 | 78) => assert!(answer.stdout.is_empty() && answer.stderr.starts_with("ocsync: error: ")),
        _ => panic!("{answer:?}"),
    }
    answer
}

fn request(ids: &[&str]) -> String {
    json!({ "protocolVersion": 1, "provider": "ocsync", "ids": ids }).to_string()
}

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

fn jwt(claims: &Value) -> String {
    use base64::Engine as _;
    let part = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.canary", part("{\"alg\":\"none\"}"), part(&claims.to_string()))
}

fn codex_json(expires: i64) -> (String, String) {
    let access = jwt(&json!({ "exp": expires / 1000 }));
    let tokens = json!({ "id_token": jwt(&json!({})), "access_token": access, "refresh_token": "rt-canary",
                         "account_id": "acct-FAKE" });
    (json!({ "auth_mode": "chatgpt", "tokens": tokens }).to_string(), access)
}

fn minimax_json(expires: i64) -> String {
    let oauth = json!({ "access_token": "m-canary", "refresh_token": "r-canary", "expires_at": common::iso(expires) });
    json!({ "oauth": oauth }).to_string()
}

const ALL: [&str; 3] = ["claude/access", "codex/access", "minimax/access"];

fn all_fresh() -> (Home, String) {
    let (codex, access) = codex_json(hours(8));
    let home = Home::new().claude("new", hours(8)).file(".codex/auth.json", &codex);
    (home.file(".mmx/config.json", &minimax_json(hours(8))), access)
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
    let ids = ["claude/access", "claude/refresh", "codex/refresh", "qwen/access", "x", "", "claude/access\n\u{1b}[1m"];
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
    let brief = Home::new().claude("old", common::now() + 5_000);
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

/// A generator whose numbers are the same in every run.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

#[test]
fn a_thousand_malformed_requests_are_answered_or_refused() {
    let (home, _) = all_fresh();
    let good = request(&["claude/access", "codex/access", "claude/refresh", "unknown"]).into_bytes();
    let (mut random, mut answered) = (Seeded(20_261_121), 0);
    for round in 0..common::setting("OCSYNC_PROVIDE_ROUNDS", 1000) {
        let mut bytes = good.clone();
        match round % 4 {
            0 => bytes.truncate(random.below(good.len())),
            1 => (0..1 + random.below(3)).for_each(|_| bytes[random.below(good.len())] ^= 1 << random.below(8)),
            2 => (0..1 + random.below(4)).for_each(|_| _ = bytes.remove(random.below(good.len() - 8))),
            _ => bytes = (0..random.below(2000)).map(|_| random.below(256) as u8).collect(),
        }
        let answer = send(&home, &[], &bytes);
        answered += usize::from(answer.code == Some(0));
        assert!(!String::from_utf8_lossy(&answer.stdout).contains("rt-canary"), "a refresh token");
    }
    assert!(answered > 10, "{answered}");
}

#[test]
fn shapes_that_are_no_request_are_refused_and_name_their_code() {
    let (home, _) = all_fresh();
    let deep = "[".repeat(100_000);
    let long = " ".repeat((1 << 20) + 1);
    let many = json!({ "protocolVersion": 1, "ids": vec!["claude/access"; 100_000] }).to_string() + &long;
    for (text, expected) in [
        ("", 65),
        ("\u{feff}{}", 65),
        ("{} {}", 65),
        (deep.as_str(), 65),
        (long.as_str(), 65),
        (many.as_str(), 65),
        ("null", 64),
        ("{}", 64),
        (r#"{"protocolVersion":1,"provider":"x","ids":"claude/access"}"#, 64),
        (r#"{"protocolVersion":1,"provider":"x","ids":[1]}"#, 64),
    ] {
        let answer = send(&home, &[], text.as_bytes());
        assert_eq!(answer.code, Some(expected), "{} {}", &text[..text.len().min(80)], answer.stderr);
        assert!(answer.took < Duration::from_secs(3), "{:?}", answer.took);
    }
    let home = home.config(&json!({ "nonsense": 1 }));
    assert_eq!(send(&home, &[], request(&ALL).as_bytes()).code, Some(78));
}

#[test]
fn input_that_never_ends_or_never_was_and_output_that_nobody_reads() {
    let (home, _) = all_fresh();
    // Standard input stays open, with a request in it and without.
    for text in ["", &request(&ALL)] {
        let start = Instant::now();
        let mut child = home.command(&["provide", "--wait", "1"]).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(65), 0));
        assert!(String::from_utf8(output.stderr).unwrap().contains("did not end in time"));
        assert!(start.elapsed() < Duration::from_secs(3));
        drop(stdin);
    }
    // And it comes without end.
    let start = Instant::now();
    let endless = fs::File::open("/dev/zero").unwrap();
    let output = home.command(&["provide"]).stdin(endless).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(65), 0));
    assert!(start.elapsed() < Duration::from_secs(3));
    // Closed, and not merely empty.
    for (script, expected) in [("exec \"$0\" provide <&-", 65), ("exec \"$0\" provide >/dev/full", 74)] {
        let mut command = std::process::Command::new("/bin/sh");
        home.dress(&mut command).args(["-c", script, common::OCSYNC]).stdin(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(request(&ALL).as_bytes());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(expected), 0), "{script}");
        assert!(!String::from_utf8(output.stderr).unwrap().contains(CANARY));
    }
    // The reader has gone.
    let mut child = home.command(&["provide"]).stdin(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    child.stdin.take().unwrap().write_all(request(&ALL).as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(74));
    assert!(!String::from_utf8(output.stderr).unwrap().contains(CANARY));
}
