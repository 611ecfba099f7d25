//! Every file of others that ocsync reads, and its configuration, cut at every byte: a full disk, a crash, a copy under way. It
//! never panics, never takes a part for the whole, never writes over what it cannot read, and
//! names the file and the line.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::home::{self, CLAUDE, Home, Run, at, claude_store, hours, oauth};
use serde_json::json;

/// A torn file is read again after a pause: most of a run is waiting.
const LANES: usize = 32;

/// Where a file lies, and a whole one.
struct Good {
    relative: &'static str,
    text: String,
    args: &'static [&'static str],
}

/// Cuts a file at every byte, in homes that `make` gives, and lets `check` judge each run.
fn cut(good: &Good, make: impl Fn() -> Home + Sync, check: impl Fn(&Home, usize, &Run) + Sync) {
    let next = AtomicUsize::new(0);
    let bytes = good.text.as_bytes();
    std::thread::scope(|scope| {
        for _ in 0..LANES {
            scope.spawn(|| {
                let home = make();
                let fresh = home.path("fresh");
                home::put(&home.path(good.relative), "");
                loop {
                    let length = next.fetch_add(1, Ordering::Relaxed);
                    if length >= bytes.len() {
                        break;
                    }
                    // Every run is the first one: the journal of the last is taken away.
                    let _ = fs::remove_dir_all(home.state_dir());
                    let path = home.path(good.relative);
                    home::put(&fresh, "");
                    // After a first failure there is nothing to learn from the others.
                    let failed = AtEnd(&next);
                    fs::write(&fresh, &bytes[..length]).unwrap();
                    fs::rename(&fresh, &path).unwrap();
                    let run = home.run(good.args);
                    assert!(!matches!(run.code, None | Some(70 | 101)), "cut at {length}: {run:#?}");
                    let same = fs::read(&path).unwrap() == bytes[..length];
                    let whole = serde_json::from_slice::<serde_json::Value>(&bytes[..length]).is_ok();
                    assert!(same || whole, "cut at {length}, the file was changed: {run:#?}");
                    if !whole {
                        check(&home, length, &run);
                    }
                    home.nothing_left();
                    std::mem::forget(failed);
                }
            });
        }
    });
}

struct AtEnd<'a>(&'a AtomicUsize);

impl Drop for AtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(usize::MAX / 2, Ordering::Relaxed);
    }
}

#[track_caller]
fn names(run: &Run, file: &str, length: usize) {
    let line = run.stderr.lines().find(|line| line.contains(file) && line.contains("line "));
    assert!(line.is_some_and(|line| line.starts_with("ocsync: error: ")), "cut at {length}: {run:#?}");
}

/// A source that is cut: 65, and the store as it was.
fn source(good: &Good, profile: &str, store: &str) {
    let make = || Home::new().agent("main", store);
    // The whole file would have changed it.
    let home = make().file(good.relative, &good.text);
    home.run(good.args).code(0).prints(profile);
    cut(good, make, |home, length, run| {
        assert_eq!(run.code, Some(65), "cut at {length}: {run:#?}");
        names(run, good.relative, length);
        assert_eq!(home.store_text("main"), store);
    });
}

const TIME: &str = "2026-11-20T10:00:00Z";
const SYNC: &[&str] = &["sync", "--now", TIME];

fn stale(provider: &str) -> serde_json::Value {
    json!({ "type": "oauth", "provider": provider, "access": "canary-a", "refresh": "canary-r", "expires": 1 })
}

#[test]
fn claude_cut_at_every_byte() {
    let store = claude_store("old", 1);
    let text = include_str!("../../fixtures/claude.json").to_owned();
    source(&Good { relative: ".claude/.credentials.json", text, args: SYNC }, CLAUDE, &store);
}

#[test]
fn codex_cut_at_every_byte() {
    let id = "openai-codex:default";
    let store = home::store(&[(id, stale("openai-codex"))]);
    let text = include_str!("../../fixtures/codex.json").to_owned();
    // Its token ends in 2100. A date that is more than ten years away would be unknown.
    let args = &["sync", "--now", "2099-11-20T10:00:00Z"];
    source(&Good { relative: ".codex/auth.json", text, args }, id, &store);
}

#[test]
fn minimax_cut_at_every_byte() {
    let id = "minimax-portal:minimax-cli";
    let store = home::store(&[(id, stale("minimax-portal"))]);
    let mmx = include_str!("../../fixtures/mmx.json").to_owned();
    source(&Good { relative: ".mmx/config.json", text: mmx, args: SYNC }, id, &store);
    let bridge = include_str!("../../fixtures/minimax-bridge.json").to_owned();
    source(&Good { relative: ".minimax/oauth_creds.json", text: bridge, args: SYNC }, id, &store);
}

#[test]
fn qwen_cut_at_every_byte() {
    let id = "qwen-portal:qwen-cli";
    let store = home::store(&[(id, stale("qwen-portal"))]);
    let text = include_str!("../../fixtures/qwen.json").to_owned();
    source(&Good { relative: ".qwen/oauth_creds.json", text, args: SYNC }, id, &store);
}

/// A store with everything that stores hold.
fn rich_store() -> String {
    let key = json!({ "type": "api_key", "provider": "openai", "keyRef": { "source": "env", "provider": "default", "id": "K" } });
    let profiles = json!({ CLAUDE: oauth("old", hours(1)), "openai:default": key, "x:aws": { "type": "aws-sdk" } });
    let stats = json!({ CLAUDE: { "cooldownUntil": hours(1), "cooldownReason": "auth", "errorCount": 2 } });
    let document =
        json!({ "version": 1, "profiles": profiles, "order": { "anthropic": [CLAUDE] }, "usageStats": stats });
    serde_json::to_string_pretty(&document).unwrap() + "\n"
}

#[test]
fn a_store_cut_at_every_byte() {
    let good =
        Good { relative: ".openclaw/agents/main/agent/auth-profiles.json", text: rich_store(), args: &["sync"] };
    let make = || Home::new().claude("new", hours(8)).agent("main", "{}");
    cut(&good, make, |_, length, run| {
        // A store of no bytes is none.
        let code = if length == 0 { 66 } else { 65 };
        assert_eq!(run.code, Some(code), "cut at {length}: {run:#?}");
        names(run, "auth-profiles.json", length);
        assert_eq!(run.stdout, "");
    });
}

#[test]
fn one_store_that_is_cut_keeps_no_other_from_its_token() {
    let home = Home::stale().agent("ops", &rich_store()[..99]);
    home.run(&["sync"]).code(4).prints("updated main").says("agents/ops/agent/auth-profiles.json: line ");
    assert_eq!((home.access("main"), home.store_text("ops")), (at("new"), rich_store()[..99].to_owned()));
}

#[test]
fn the_cooldowns_cut_at_every_byte() {
    let stats = json!({ CLAUDE: { "cooldownUntil": hours(1), "cooldownReason": "auth", "errorCount": 2 } });
    let text = serde_json::to_string_pretty(&json!({ "version": 1, "usageStats": stats })).unwrap();
    let good = Good { relative: ".openclaw/agents/main/agent/auth-state.json", text, args: &["sync"] };
    let make = || Home::new().claude("new", hours(8)).agent("main", &claude_store("old", hours(1)));
    cut(&good, make, |home, length, run| {
        // The store of this lane is old again for the next cut.
        home::put(&home.store_path("main"), &claude_store("old", hours(1)));
        assert_ne!(run.code, Some(0), "cut at {length}: {run:#?}");
        names(run, "auth-state.json", length);
    });
}

#[test]
fn openclaw_json_cut_at_every_byte() {
    // Without it neither version nor agents are known: nothing may be written.
    let text = json!({ "meta": { "lastTouchedVersion": "2026.5.28" }, "agents": { "list": [{ "id": "main" }] } });
    let text = serde_json::to_string_pretty(&text).unwrap();
    let good = Good { relative: ".openclaw/openclaw.json", text, args: &["sync"] };
    let store = claude_store("old", hours(1));
    let make = || Home::new().claude("new", hours(8)).agent("main", &store);
    cut(&good, make, |home, length, run| {
        assert_eq!(home.store_text("main"), store, "cut at {length}: {run:#?}");
        assert_eq!(run.code, Some(78), "cut at {length}: {run:#?}");
        names(run, "openclaw.json", length);
    });
}

#[test]
fn our_own_configuration_cut_at_every_byte() {
    let text =
        serde_json::to_string_pretty(&json!({ "wait": 3, "bind": { CLAUDE: "none" }, "reload": "never" })).unwrap();
    let good = Good { relative: ".config/ocsync/config.json", text, args: &["sync"] };
    let store = claude_store("old", hours(1));
    let make = || Home::new().claude("new", hours(8)).agent("main", &store);
    cut(&good, make, |home, length, run| {
        // A profile that is protected there must not be written because half of it is missing.
        assert_eq!(home.store_text("main"), store, "cut at {length}: {run:#?}");
        assert_eq!(run.code, Some(78), "cut at {length}: {run:#?}");
        names(run, "config.json", length);
    });
}
