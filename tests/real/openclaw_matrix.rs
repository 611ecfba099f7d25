//! Every release of OpenClaw that keeps profiles in SQLite: it makes the store, `ocsync sync` brings it in step, its
//! gateway sends its model the new token, its own commands agree, and neither side loses what the other has written.
//!
//! Opt-in as `openclaw_json.rs`, and in the same cage: `OCSYNC_REAL_OPENCLAW=1`. That runs the oldest release, one of
//! 2026.8 and the newest. `just real-openclaw` runs all, and asks npm whether there are others.

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::cage::agreement::agree;
use crate::cage::openclaw::{OpenClaw, is_chosen, run_alone};
use crate::cage::talk::{Talk, login};
use crate::home::sqlite::{MAIN, STATE, change, text};
use crate::home::{CLAUDE, at, hours, oauth, rt};
use ocsync::testing::model::version::Version;
use rusqlite::Connection;
use serde_json::{Value, json};

/// The releases, and the schemas that they make: of the state database where it holds profiles, and of an agent's.
const RELEASES: &[(&str, Option<u32>, u32)] = &[
    ("2026.6.5", None, 1),
    ("2026.6.6", None, 1),
    ("2026.6.8", None, 1),
    ("2026.6.9", None, 1),
    ("2026.6.10", None, 1),
    ("2026.6.11", None, 1),
    ("2026.6.33", None, 1),
    ("2026.6.34", None, 1),
    ("2026.6.35", None, 1),
    ("2026.7.1", None, 1),
    ("2026.7.1-1", None, 1),
    ("2026.7.1-2", None, 1),
    ("2026.7.33", None, 1),
    ("2026.7.34", None, 1),
    ("2026.7.35", None, 1),
    ("2026.8.1", Some(15), 19),
    ("2026.8.2", Some(15), 19),
    ("2026.9.1", Some(15), 19),
    ("2026.9.2", Some(15), 19),
    ("2026.9.3", Some(16), 19),
    ("2026.9.4", Some(17), 19),
    ("2026.9.5", Some(17), 21),
    ("2026.9.6", Some(18), 23),
];

versions! { crate::cage::openclaw::run_alone;
    v2026_6_5 "2026.6.5": each_keeps_what_the_other_writes;
    v2026_8_2 "2026.8.2": each_keeps_what_the_other_writes;
    v2026_9_6 "2026.9.6": each_keeps_what_the_other_writes;
}

#[test]
#[ignore = "half an hour and 12 GB: just real-openclaw"]
fn every_release() {
    let mut failed = Vec::new();
    for (version, ..) in RELEASES.iter().filter(|(version, ..)| is_chosen(version)) {
        let run = || run_alone(version, each_keeps_what_the_other_writes);
        if catch_unwind(AssertUnwindSafe(run)).is_err() {
            failed.push(version);
        }
    }
    assert!(failed.is_empty(), "{failed:?}");
}

#[test]
#[ignore = "asks npm: just real-openclaw"]
fn the_table_has_every_release_that_npm_serves() {
    let output = Command::new("npm").args(["view", "openclaw", "versions", "--json"]).output().unwrap();
    let served: Vec<String> = serde_json::from_slice(&output.stdout).unwrap();
    let counts = |text: &&String| !text.contains("beta") && Version::parse(text) >= Some(Version::SQLITE);
    let missing: Vec<&String> =
        served.iter().filter(counts).filter(|one| !RELEASES.iter().any(|(known, ..)| one == known)).collect();
    assert!(missing.is_empty(), "npm serves releases that this suite does not know: {missing:?}");
}

#[test]
fn the_table_of_the_documents_has_every_release() {
    let text = include_str!("../../RELIABILITY.md");
    for (version, state, agent) in RELEASES {
        let schemas = format!("| {version} | {} | {agent} |", state.unwrap_or(1));
        assert!(text.contains(&schemas), "{schemas}");
    }
}

fn schema(database: &Path) -> u32 {
    Connection::open(database).unwrap().query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
}

fn profiles(database: &Path) -> Value {
    serde_json::from_str::<Value>(&text(database)).unwrap()["profiles"].take()
}

/// OpenClaw adds a profile by a command of its own. It names it in openclaw.json too, so it is another provider's: of
/// Anthropic it would use no profile then but this one.
fn paste(openclaw: &OpenClaw, talk: &Talk<'_>, id: &str, token: &str) {
    let agent: &[&str] = if openclaw.shares() { &["--agent", "main"] } else { &[] };
    let args = ["models", "auth", "paste-token", "--provider", "openrouter", "--profile-id", id];
    let mut command = openclaw.command(&talk.home, &[&args, agent].concat());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{token}").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn each_keeps_what_the_other_writes(openclaw: &OpenClaw) {
    let key = json!({ "type": "api_key", "provider": "openrouter", "key": "sk-or-other" });
    let mut talk = Talk::with(openclaw, &[(CLAUDE, oauth("first", hours(8))), ("openrouter:team", key.clone())]);
    let database = talk.home.path(if openclaw.shares() { STATE } else { MAIN });
    talk.start();
    assert_eq!(talk.shown(), login("first"));
    let (_, state, agent) = RELEASES.iter().find(|(version, ..)| *version == openclaw.version).unwrap();
    assert_eq!((schema(&talk.home.path(STATE)), schema(&talk.home.path(MAIN))), (state.unwrap_or(1), *agent));

    // A plain sync, beside the gateway.
    talk.rotate("second");
    talk.ocsync(&["sync"]).code(0).prints("updated main anthropic:default");
    let shown = [talk.shown(), talk.shown(), talk.shown()];
    let stale = shown.iter().take_while(|one| **one == login("first")).count();
    assert!(stale <= usize::from(!openclaw.shares()), "{shown:?}");
    assert!(shown[stale..].iter().all(|one| *one == login("second")), "{shown:?}");
    talk.ocsync(&["sync"]).code(0).silent();
    talk.stop();

    // Its own commands say the same, and what it writes leaves what ocsync has written.
    assert_eq!(agree(openclaw, &talk.home, &["main"]), 2);
    let delivered = profiles(&database)[CLAUDE].take();
    let expected = json!({ "type": "oauth", "provider": "anthropic", "access": at("second"),
                           "expires": delivered["expires"] });
    assert_eq!(delivered, expected);
    let pasted = format!("{}-{}", at("pasted"), "x".repeat(80));
    paste(openclaw, &talk, "openrouter:pasted", &pasted);
    assert_eq!(profiles(&database)[CLAUDE], expected);

    // And the other way round.
    talk.rotate_until("third", hours(10));
    talk.ocsync(&["sync"]).code(0).prints("updated main anthropic:default");
    let after = profiles(&database);
    assert_eq!((&after[CLAUDE]["access"], &after[CLAUDE]["refresh"]), (&json!(at("third")), &Value::Null));
    assert_eq!((&after["openrouter:pasted"]["token"], &after["openrouter:team"]), (&json!(pasted), &key));
    assert_eq!(agree(openclaw, &talk.home, &["main"]), 3);
    for path in [&talk.home.path(STATE), &talk.home.path(MAIN)] {
        // With its `integrity_check`.
        change(path, "");
    }
    for (path, (_, bytes)) in talk.home.bytes() {
        let holds = |token: &str| bytes.windows(token.len()).any(|part| part == token.as_bytes());
        assert!(!holds(&rt("second")) && !holds(&rt("third")), "a refresh token in {}", path.display());
    }
    talk.start();
    assert_eq!(talk.shown(), login("third"));
    println!("| {} | {} | {agent} | {stale} | yes | yes | yes |", openclaw.version, state.unwrap_or(1));
}
