//! What the files in a home hold: fake tokens, logins and stores, and the times in them.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

/// The id of Claude's profile.
pub const CLAUDE: &str = "anthropic:default";
/// No process has it: beyond what Linux gives out.
pub const DEAD_PID: u32 = 2_147_483_646;
/// The word that no output may hold.
pub const CANARY: &str = "canary";

/// Milliseconds since the epoch.
pub fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

thread_local! {
    /// When this test first asked: what it writes as the same expiry twice must not differ by a second.
    static BEGUN: i64 = now() / 1000;
}

/// So many hours from the test's beginning, in milliseconds, on a whole second.
pub fn hours(count: i64) -> i64 {
    BEGUN.with(|begun| (begun + count * 3600) * 1000)
}

/// A time as OpenClaw writes it.
pub fn iso(millis: i64) -> String {
    let at = chrono::DateTime::from_timestamp_millis(millis).unwrap();
    at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// The fake access token of a name.
pub fn at(name: &str) -> String {
    format!("sk-ant-oat01-canary-{name}")
}

/// The fake refresh token of a name.
pub fn rt(name: &str) -> String {
    format!("sk-ant-ort01-canary-{name}")
}

/// What Claude Code's file holds.
pub fn claude_json(name: &str, expires: i64) -> String {
    let oauth = json!({ "accessToken": at(name), "refreshToken": rt(name), "expiresAt": expires,
                        "scopes": ["user:inference"], "subscriptionType": "max" });
    json!({ "claudeAiOauth": oauth }).to_string()
}

/// An `oauth` entry of Anthropic's.
pub fn oauth(name: &str, expires: i64) -> Value {
    json!({ "type": "oauth", "provider": "anthropic", "access": at(name), "refresh": rt(name), "expires": expires })
}

/// A store with these profiles, in OpenClaw's own form.
pub fn store(profiles: &[(&str, Value)]) -> String {
    let profiles: BTreeMap<&str, &Value> = profiles.iter().map(|(id, entry)| (*id, entry)).collect();
    serde_json::to_string_pretty(&json!({ "version": 1, "profiles": profiles })).unwrap() + "\n"
}

/// A store whose only profile is Claude's, with the tokens of a name.
pub fn claude_store(name: &str, expires: i64) -> String {
    store(&[(CLAUDE, oauth(name, expires))])
}
