//! A runner for `provide`, whose standard output is where a token belongs.

use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{CANARY, Home, hours, iso};

/// What came of a request.
#[derive(Debug)]
pub struct Answer {
    pub code: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: String,
    pub took: Duration,
}

/// Sends these bytes, and checks what holds for every request.
pub fn send(home: &Home, args: &[&str], input: &[u8]) -> Answer {
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

pub fn request(ids: &[&str]) -> String {
    json!({ "protocolVersion": 1, "provider": "ocsync", "ids": ids }).to_string()
}

pub fn jwt(claims: &Value) -> String {
    use base64::Engine as _;
    let part = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.canary", part("{\"alg\":\"none\"}"), part(&claims.to_string()))
}

pub fn codex_json(expires: i64) -> (String, String) {
    let access = jwt(&json!({ "exp": expires / 1000 }));
    let tokens = json!({ "id_token": jwt(&json!({})), "access_token": access, "refresh_token": "rt-canary",
                         "account_id": "acct-FAKE" });
    (json!({ "auth_mode": "chatgpt", "tokens": tokens }).to_string(), access)
}

pub fn minimax_json(expires: i64) -> String {
    let oauth = json!({ "access_token": "m-canary", "refresh_token": "r-canary", "expires_at": iso(expires) });
    json!({ "oauth": oauth }).to_string()
}

pub const ALL: [&str; 3] = ["claude/access", "codex/access", "minimax/access"];

pub fn all_fresh() -> (Home, String) {
    let (codex, access) = codex_json(hours(8));
    let home = Home::new().claude("new", hours(8)).file(".codex/auth.json", &codex);
    (home.file(".mmx/config.json", &minimax_json(hours(8))), access)
}
