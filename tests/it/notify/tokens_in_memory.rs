//! While a hook runs, ocsync's own memory holds no token any more: neither what it delivered nor what it replaced. What
//! SQLite has freed is SQLite's: it wipes nothing.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::home::hooks::hook;
use crate::home::refreshing::file;
use crate::home::token_server::TokenServer;
use crate::home::{CANARY, Home, claude_json, claude_store, hours, put};
use ocsync::testing::model::source::SourceKind;

/// The tokens in a process's memory, each with what is around it.
fn tokens(pid: u32) -> Vec<String> {
    let memory = File::open(format!("/proc/{pid}/mem")).unwrap();
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let mut found = Vec::new();
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let (start, end) = line.split_once(' ').unwrap().0.split_once('-').unwrap();
        let [start, end] = [start, end].map(|at| u64::from_str_radix(at, 16).unwrap());
        let mut part = vec![0; usize::try_from(end - start).unwrap()];
        if memory.read_exact_at(&mut part, start).is_err() {
            continue;
        }
        let places = part.windows(CANARY.len()).enumerate().filter(|(_, at)| *at == CANARY.as_bytes());
        found.extend(places.map(|(at, _)| {
            let around = &part[at.saturating_sub(60)..(at + 60).min(part.len())];
            String::from_utf8_lossy(around).replace(|c: char| c.is_control(), "·")
        }));
    }
    found
}

/// Looks at a run while its hook waits.
fn none_in_the_hook(home: &Home, args: &[&str]) {
    let (ready, go) = (home.root().join("ready"), home.root().join("go"));
    let wait = format!("touch {}; while [ ! -e {} ]; do sleep 0.01; done", ready.display(), go.display());
    let name = hook(home, "wait", &wait);
    let on_change: &[&str] = if args[0] == "check-expiry" { &[] } else { &["--on-change", &name] };
    let running = home.start(home.command(&[args, &["--on-problem", &name], on_change].concat()));
    let start = Instant::now();
    while !ready.exists() {
        assert!(start.elapsed() < Duration::from_secs(20), "{args:?}: no hook was called");
        std::thread::sleep(Duration::from_millis(5));
    }
    let found = tokens(running.child.id());
    put(&go, "");
    running.end();
    assert!(found.is_empty(), "{args:?}: {} places:\n{}", found.len(), found.join("\n"));
}

#[test]
fn no_token_is_left_while_a_hook_runs() {
    // Of a text that is freed the beginning is overwritten anyway.
    let [old, new] = ["old", "new"].map(|name| format!("{name}-{}-{CANARY}-{CANARY}", "x".repeat(60)));
    let store = claude_store(&old, hours(1));
    let env = json!({ "export": { "env_file": "~/env" } });
    let many = (0..50).fold(Home::new().claude(&new, hours(8)), |home, n| home.agent(&format!("a{n}"), &store));
    none_in_the_hook(&many.config(&env), &["sync"]);
    let mut over: Value = serde_json::from_str(&claude_json(&new, hours(-1))).unwrap();
    over["claudeAiOauth"]["refreshTokenExpiresAt"] = json!(hours(-2));
    let one = Home::new().file(file(SourceKind::Claude), &over.to_string()).agent("main", &store);
    none_in_the_hook(&one, &["check-expiry"]);
    for kind in [SourceKind::Claude, SourceKind::Codex] {
        let server = TokenServer::start();
        let home = Home::new().agent("main", &store).login(kind, &server, 1800);
        assert!(home.path(file(kind)).exists());
        let url = server.url(kind);
        none_in_the_hook(&home, &["refresh", "--via", "http", "--source", kind.name(), "--token-url", &url]);
    }
}
