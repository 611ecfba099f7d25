//! Every profile that ocsync writes in the scenarios of `tests/cmd` is one to the real OpenClaw of the JSON era,
//! with the status and the expiry that it should have.
//!
//! All of them are in one store, as OpenClaw takes seconds to start, each under an id of its own and with its
//! expiry moved to today.
//!
//! Opt-in as `openclaw_json.rs`, and in the same cage: `OCSYNC_REAL_OPENCLAW=1`.

use std::collections::BTreeMap;
use std::fs;

use crate::cage::openclaw::OpenClaw;
use crate::cases;
use crate::home::{Home, now};
use serde_json::{Value, json};

versions! { crate::cage::openclaw::run;
    v2026_3_11 "2026.3.11": what_the_scenarios_write_is_read;
    #[ignore = "minutes, between two that are run: just real-openclaw"]
    v2026_4_5 "2026.4.5": what_the_scenarios_write_is_read;
    v2026_5_28 "2026.5.28": what_the_scenarios_write_is_read;
}

/// When the scenarios take place: 2026-11-20 10:00 UTC.
const THEN: i64 = 1_795_168_800_000;
/// OpenClaw's `expiring`.
const DAY: i64 = 86_400_000;

/// The profiles of a store, by their ids.
fn profiles(store: Option<&Vec<u8>>) -> BTreeMap<String, Value> {
    let whole = store.and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok());
    let profiles = whole.and_then(|mut whole| serde_json::from_value(whole["profiles"].take()).ok());
    profiles.unwrap_or_default()
}

/// What the scenarios have changed or made, under ids of its own.
fn written() -> BTreeMap<String, Value> {
    let mut written = BTreeMap::new();
    for case in cases::all() {
        for (path, store) in case.changed().iter().filter(|(path, _)| path.ends_with("auth-profiles.json")) {
            let before = profiles(case.before.get(path));
            for (id, mut entry) in profiles(Some(store)) {
                if before.get(&id) != Some(&entry) {
                    entry["expires"] = json!(entry["expires"].as_i64().unwrap() - THEN + now());
                    written.insert(format!("{id}-{}", written.len()), entry);
                }
            }
        }
    }
    written
}

/// What OpenClaw should call it: up to 2026.4.5 a refresh token stands for freshness.
fn status(version: &str, entry: &Value) -> &'static str {
    let left = entry["expires"].as_i64().unwrap() - now();
    match () {
        () if version != "2026.5.28" && entry["refresh"].is_string() => "ok",
        () if left <= 0 => "expired",
        () if left < DAY => "expiring",
        () => "ok",
    }
}

fn what_the_scenarios_write_is_read(openclaw: &OpenClaw) {
    let written = written();
    assert!(written.len() > 70, "{}", written.len());
    let document = json!({ "version": 1, "profiles": written }).to_string();
    let home = Home::new().version(openclaw.version).agent("main", &document);
    // Into a file: of what goes into a pipe, old versions lose all but 64 KiB.
    let mut command = openclaw.command(&home, &["models", "status", "--json", "--check"]);
    let code = command.stdout(fs::File::create(home.path("said")).unwrap()).status().unwrap().code();
    let said: Value = serde_json::from_slice(&fs::read(home.path("said")).unwrap()).unwrap();
    assert_eq!(home.store_text("main"), document, "it is read and not repaired");

    let shown = said["auth"]["oauth"]["profiles"].as_array().unwrap();
    let mut told = BTreeMap::new();
    for (id, entry) in &written {
        let one = shown.iter().find(|one| one["profileId"] == **id).unwrap_or_else(|| panic!("no {id}: {said:#}"));
        let expected = status(openclaw.version, entry);
        assert_eq!((&one["status"], &one["type"]), (&json!(expected), &entry["type"]), "{one} {entry}");
        // Of a token that has ended, OpenClaw gives no time.
        if one["reasonCode"] != "expired" {
            assert_eq!(one["expiresAt"], entry["expires"], "{one}");
        }
        let provider = entry["provider"].as_str().unwrap().trim().to_lowercase();
        assert_eq!(one["provider"].as_str().unwrap().trim().to_lowercase(), provider, "{one}");
        *told.entry(expected).or_insert(0) += 1;
    }
    assert_eq!(shown.len(), written.len(), "{said:#}");
    // 2: something expires within a day; nothing has expired, and nothing is missing.
    let expires = told.contains_key("expiring");
    assert_eq!((code, told.contains_key("expired")), (Some(if expires { 2 } else { 0 }), false), "{told:?}");
    println!("{}: {told:?}", openclaw.version);
}
