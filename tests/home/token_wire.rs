//! The wire of the token server: what a request has to look like, to the byte where it matters,
//! and everything that an endpoint, a firewall or a network may do instead of answering.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ocsync::testing::model::source::SourceKind;
use serde_json::{Value, json};

use super::token_state::{State, path, refusal};

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Script {
    /// New tokens, as always.
    Grant,
    /// 200 without `refresh_token`: the old one stays alive.
    NoRefreshToken,
    /// 200 without `expires_in`.
    NoExpiry,
    /// 200 with this `expires_in`; of Claude's only.
    Lasts(Value),
    /// 200 with the tokens of this account.
    OtherAccount(String),
    /// 200 with new tokens, called `text/html`.
    WrongContentType,
    /// 200 with new tokens, of which only the first half arrives.
    Truncated,
    /// 400 `invalid_grant`; the login ends.
    InvalidGrant,
    /// 401 `refresh_token_reused`; the login ends.
    Reused,
    /// 403 and a page of a firewall.
    Forbidden,
    NotFound,
    /// 429 with `Retry-After`, before the token is looked at.
    TooMany(String),
    ServerError,
    /// 302 to another path.
    Redirect,
    /// 200 and a body of 10 MB.
    Huge,
    /// This, byte by byte; the token is not looked at.
    Raw(String),
    /// The token is spent, and then the answer comes at 8 bytes a second.
    SlowLoris,
    /// The token is spent, and then the connection is reset.
    Reset,
    /// The token is spent, and then the connection is closed.
    Close,
    /// The token is spent, and then nothing comes until the server ends.
    Hang,
}

/// Serves one connection, which has one request.
pub(super) fn serve(mut stream: TcpStream, state: &Mutex<State>, stop: &AtomicBool) {
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let Some(request) = read(&mut stream) else {
        // Whoever hangs up before he has asked for anything has not posted.
        return;
    };
    let (answer, script, delay) = {
        let mut state = state.lock().unwrap();
        state.requests.push(request.clone());
        let script = state.script.pop_front().unwrap_or(Script::Grant);
        let answer = match check(&request, &state) {
            Ok((kind, refresh)) => answer(&mut state, kind, &refresh, &script),
            Err(fault) => {
                state.faults.push(fault);
                http(400, "application/json", &json!({ "error": "invalid_request" }).to_string())
            }
        };
        (answer, script, state.delay)
    };
    pause(delay, stop);
    match script {
        // A close while the last byte of the request waits to be read is a reset.
        Script::Reset => return,
        Script::Close => {}
        Script::Hang => pause(Duration::MAX, stop),
        Script::SlowLoris => {
            for byte in answer.as_bytes() {
                if stream.write_all(&[*byte]).is_err() || stop.load(Ordering::Relaxed) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(120));
            }
        }
        _ => drop(stream.write_all(answer.as_bytes())),
    }
    // The last byte of the request, and then nothing more: no second request on one connection.
    let mut rest = Vec::new();
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.read_to_end(&mut rest);
    if rest.len() > 1 {
        state.lock().unwrap().faults.push("more came after the request".to_owned());
    }
}

fn pause(time: Duration, stop: &AtomicBool) {
    let start = std::time::Instant::now();
    while start.elapsed() < time && !stop.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(5).min(time));
    }
}

/// A whole request, whose last byte is only looked at; `None` where there is none.
fn read(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        request.push(byte[0]);
    }
    let length = header(std::str::from_utf8(&request).ok()?, "content-length").and_then(|text| text.parse().ok());
    if let Some(before) = length.unwrap_or(0_usize).checked_sub(1) {
        let start = request.len();
        request.resize(start + before, 0);
        stream.read_exact(&mut request[start..]).ok()?;
        (stream.peek(&mut byte).ok()? == 1).then(|| request.push(byte[0]))?;
    }
    Some(request)
}

/// A header's value, where it stands there once.
fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    let mut values = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim());
    values.next().filter(|_| values.next().is_none())
}

/// Whose token is posted, and which; what is wrong with the request.
fn check(request: &[u8], state: &State) -> Result<(SourceKind, String), String> {
    let request = std::str::from_utf8(request).map_err(|_| "no text")?;
    let (head, body) = request.split_once("\r\n\r\n").ok_or("no head")?;
    let first = head.lines().next().unwrap_or_default();
    let is_of = |kind: &SourceKind| first == format!("POST {} HTTP/1.1", path(*kind));
    let kind =
        [SourceKind::Claude, SourceKind::Codex].into_iter().find(is_of).ok_or(format!("asked for: {first}"))?;
    let length = body.len().to_string();
    for (name, right) in
        [("content-type", "application/json"), ("accept", "application/json"), ("content-length", &length)]
    {
        let is = header(head, name);
        if is != Some(right) {
            return Err(format!("{name} is {is:?}"));
        }
    }
    if !header(head, "user-agent").is_some_and(|agent| agent.starts_with("ocsync/")) {
        return Err("the User-Agent is a lie".to_owned());
    }
    let lower = head.to_lowercase();
    for name in ["authorization", "cookie", "transfer-encoding", "proxy-authorization", "expect", "origin", "referer"]
    {
        if lower.contains(&format!("\n{name}:")) {
            return Err(format!("there is a header {name}"));
        }
    }
    let sent: Value = serde_json::from_str(body).map_err(|error| format!("the body: {error}"))?;
    let keys: Vec<&str> = sent.as_object().ok_or("no object")?.keys().map(String::as_str).collect();
    // In alphabetical order, as serde_json keeps them.
    let right: &[&[&str]] = match kind {
        SourceKind::Claude => {
            &[&["client_id", "grant_type", "refresh_token", "scope"], &["client_id", "grant_type", "refresh_token"]]
        }
        _ => &[&["client_id", "grant_type", "refresh_reason", "refresh_token"]],
    };
    if !right.contains(&keys.as_slice()) {
        return Err(format!("the keys are {keys:?}"));
    }
    let text = |name: &str| sent[name].as_str().unwrap_or_default();
    if text("grant_type") != "refresh_token" || text("client_id") != state.clients[&kind] {
        return Err(format!("grant {}, client {}", text("grant_type"), text("client_id")));
    }
    if sent.get("scope").is_some_and(|scope| scope.as_str().is_none_or(str::is_empty)) {
        return Err("the scope is empty".to_owned());
    }
    if kind == SourceKind::Codex && text("refresh_reason") != "proactive_expiry" {
        return Err("the reason is none of Codex's".to_owned());
    }
    match text("refresh_token") {
        "" => Err("no refresh token".to_owned()),
        refresh => Ok((kind, refresh.to_owned())),
    }
}

/// The bytes of an answer.
fn answer(state: &mut State, kind: SourceKind, refresh: &str, script: &Script) -> String {
    let dead = |(status, body): (u16, Value)| http(status, "application/json", &body.to_string());
    let page = |status| http(status, "text/html; charset=UTF-8", "<!DOCTYPE html><title>Just a moment...</title>");
    let json = |status, body: &str| http(status, "application/json", body);
    match script {
        Script::InvalidGrant => {
            state.revoke(refresh);
            dead(refusal(SourceKind::Claude))
        }
        Script::Reused => {
            state.revoke(refresh);
            dead(refusal(SourceKind::Codex))
        }
        Script::Forbidden => page(403),
        Script::NotFound => json(404, r#"{"type":"error","error":{"type":"not_found_error","message":"Not Found"}}"#),
        Script::TooMany(when) => {
            let body = r#"{"error":{"type":"rate_limit_error","message":"Rate limited. Please try again later."}}"#;
            json(429, body).replacen("\r\n", &format!("\r\nRetry-After: {when}\r\n"), 1)
        }
        Script::ServerError => json(500, r#"{"type":"error","error":{"type":"api_error","message":"canary"}}"#),
        Script::Redirect => page(302).replacen("\r\n", "\r\nLocation: /elsewhere\r\n", 1),
        Script::Huge => json(200, &format!(r#"{{"access_token":"canary","x":"{}"}}"#, "x".repeat(10 << 20))),
        Script::Raw(raw) => raw.clone(),
        granted => {
            let (status, body) = state.redeem(kind, refresh, granted);
            let kind = if *granted == Script::WrongContentType { "text/html" } else { "application/json" };
            let mut whole = http(status, kind, &body.to_string());
            if *granted == Script::Truncated {
                whole.truncate(whole.len() - 60);
            }
            whole
        }
    }
}

/// An answer as bytes.
pub fn http(status: u16, kind: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} Fake\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}
