//! `ocsync provide` and what is no request: an answer in its own form or none, never a crash and never
//! a token on standard error.

use std::fs;
use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::home::provide::{ALL, all_fresh, request, send};
use crate::home::{self, CANARY};
use serde_json::json;

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
    for round in 0..home::setting("OCSYNC_PROVIDE_ROUNDS", 1000) {
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
        home.dress(&mut command).args(["-c", script, home::OCSYNC]).stdin(Stdio::piped());
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
