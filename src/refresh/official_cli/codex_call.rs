//! The call of Codex: the app server's `account/read` with `refreshToken`.
//!
//! It forces one rotation and needs no request to a model (0.160.0 to 0.169.0). A login that is due anyway is
//! refreshed even without `refreshToken`; with it, such a login is refreshed twice. After a temporary failure
//! the reply still holds the account, or an error. After a permanent one it holds `account: null` and no
//! error. Where host names cannot be resolved, 0.169.0 takes 40 s to report it.

use std::io;

use serde_json::{Value, json};

use crate::refresh::official_cli::runner::Runner;
use crate::sys::process::converse::{Next, converse};
use crate::sys::process::run::{Bounds, Output};

const INITIALIZE: u64 = 1;
const ACCOUNT: u64 = 2;

/// Asks Codex. Also returns whether the login is over.
pub(super) fn call(runner: &Runner, bounds: Bounds, forced: bool) -> io::Result<(Output, bool)> {
    let client = json!({ "name": "ocsync", "version": env!("CARGO_PKG_VERSION") });
    let hello = json!({ "id": INITIALIZE, "method": "initialize", "params": { "clientInfo": client } });
    let mut over = false;
    let output = converse(runner.command(&["app-server"]), lines(&[hello]), bounds, |line| {
        let (next, gone) = answer(line, forced);
        over |= gone;
        next
    })?;
    Ok((output, over))
}

/// What to do after a line of the server, and whether the line says that the login is over. Notifications,
/// the server's own requests and lines that are no JSON are ignored.
fn answer(line: &[u8], forced: bool) -> (Next, bool) {
    let Ok(message) = serde_json::from_slice::<Value>(line) else { return (Next::Listen, false) };
    if message.get("method").is_some() {
        return (Next::Listen, false);
    }
    let result = message.get("result");
    match message.get("id").and_then(Value::as_u64) {
        Some(INITIALIZE) if result.is_some() => {
            let read = json!({ "id": ACCOUNT, "method": "account/read", "params": { "refreshToken": forced } });
            (Next::Say(lines(&[json!({ "method": "initialized" }), read])), false)
        }
        Some(ACCOUNT) => {
            let account = result.and_then(|result| result.get("account"));
            (Next::Enough, message.get("error").is_none() && account.is_some_and(Value::is_null))
        }
        Some(INITIALIZE) => (Next::Enough, false),
        _ => (Next::Listen, false),
    }
}

fn lines(messages: &[Value]) -> Vec<u8> {
    messages.iter().flat_map(|message| format!("{message}\n").into_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_null_account_in_the_right_reply_is_the_end_of_a_login() {
        let over = |line: &str| answer(line.as_bytes(), true);
        assert_eq!(over(r#"{"id":2,"result":{"account":null,"requiresOpenaiAuth":true}}"#), (Next::Enough, true));
        for reply in [
            r#"{"id":2,"result":{"account":{"type":"chatgpt"}}}"#,
            r#"{"id":2,"result":{}}"#,
            r#"{"id":2,"result":null}"#,
            r#"{"id":2,"error":{"code":-1},"result":{"account":null}}"#,
            r#"{"id":2}"#,
            r#"{"id":1,"error":{"code":-32600}}"#,
        ] {
            assert_eq!(over(reply), (Next::Enough, false), "{reply}");
        }
        for other in [
            "",
            "[]",
            "nonsense",
            r#"{"id":3,"result":{"account":null}}"#,
            r#"{"id":"2","result":{"account":null}}"#,
            r#"{"id":2,"method":"account/chatgptAuthTokens/refresh"}"#,
        ] {
            assert_eq!(over(other), (Next::Listen, false), "{other}");
        }
    }
}
