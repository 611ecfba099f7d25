//! What holds of a home before and after a profile in SQLite is written.

use std::fs;

use serde_json::{Value, json};

use super::sqlite::{Coordinator, STATE, text};
use super::{CLAUDE, Home, at, rt};

/// The database of another agent.
pub const NIGHT: &str = ".openclaw/agents/night/agent/openclaw-agent.sqlite";
/// The command.
pub const WRITE: &[&str] = &["sync"];

/// The shared layout as it is after OpenClaw has run.
pub fn shared() -> (Home, Coordinator) {
    let home = Home::shared();
    let coordinator = Coordinator::of(&home.path(STATE));
    (home, coordinator)
}

/// The row that `before` becomes: Claude's access token and when it ends, and the refresh token is gone.
#[track_caller]
pub fn is_delivered(home: &Home, place: &str, before: &str, name: &str) {
    let old: Value = serde_json::from_str(before).unwrap();
    let claude: Value =
        serde_json::from_str(&fs::read_to_string(home.path(".claude/.credentials.json")).unwrap()).unwrap();
    let entry = &old["profiles"][CLAUDE];
    let gone = format!(",\n      \"refresh\": {}", entry["refresh"]);
    assert!(before.contains(&gone), "{before}");
    let expected = before.replacen(&gone, "", 1);
    let expected = expected.replacen(entry["access"].as_str().unwrap(), &at(name), 1);
    let expires = claude["claudeAiOauth"]["expiresAt"].to_string();
    let expected =
        expected.replacen(&format!("\"expires\": {}", entry["expires"]), &format!("\"expires\": {expires}"), 1);
    assert_eq!(text(&home.path(place)), expected);
    is_clean(home);
}

/// Nothing is left beside the databases, and no refresh token of the CLI's is anywhere in OpenClaw's directory.
#[track_caller]
pub fn is_clean(home: &Home) {
    home.nothing_left();
    for (path, (_, bytes)) in home.bytes() {
        let name = path.to_string_lossy().into_owned();
        assert!(!name.ends_with("-wal") && !name.ends_with("-shm") && !name.ends_with(".lock"), "{name} is left");
        let refresh = rt("new");
        assert!(!bytes.windows(refresh.len()).any(|part| part == refresh.as_bytes()), "a refresh token in {name}");
    }
}

/// Nothing is written, for this reason. `status` says the same.
#[track_caller]
pub fn is_refused(home: &Home, why: &str) {
    let report = home.look(&["sync", "--json"]).code(4).json();
    let row = report["profiles"].as_array().unwrap().iter().find(|row| row["profile"] == CLAUDE).unwrap();
    assert_eq!((row["result"].as_str(), row["action"].as_str()), (Some("refused"), Some("update")), "{row:#}");
    assert!(row["reason"].as_str().unwrap().contains(why), "\"{why}\" is not in {row:#}");
    home.look(WRITE).code(4).says(why);
    home.look(&["status"]).code(3).says(why);
}

/// What OpenClaw 2026.9.6 puts in place of tokens while it refreshes, and after it has failed to.
pub fn fence(failed: bool, of: &str) -> Value {
    let generation =
        json!(["openclaw.oauth-refresh-generation", 1, CLAUDE, "anthropic", "refresh", rt(of)]).to_string();
    let digest = <sha2::Sha256 as sha2::Digest>::digest(generation);
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let failed = if failed { "failed:" } else { "" };
    let token = |kind: &str| format!("openclaw-oauth-refresh-fence:v1:{}:{failed}{kind}:{digest}", "c".repeat(32));
    json!({ "type": "oauth", "provider": "anthropic", "access": token("access"), "refresh": token("refresh"), "expires": 1 })
}
