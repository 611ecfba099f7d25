//! What runs leave for other runs (the journal, a gateway's hint, a lock), cut at every byte: a
//! damaged journal costs the memory of the lineage and nothing else, a damaged hint is no
//! gateway, and a lock that cannot be read is somebody's.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::home::{self, Home, claude_store, hours, iso, now};
use serde_json::json;

#[test]
fn the_journal_cut_at_every_byte_is_set_aside_and_never_fatal() {
    let home = Home::stale();
    home.run(&["sync"]).code(0);
    let text = fs::read_to_string(home.state_dir().join("state.json")).unwrap();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let home = Home::stale();
                while let Some(part) = text.get(..next.fetch_add(1, Ordering::Relaxed)) {
                    let _ = fs::remove_dir_all(home.state_dir());
                    home::put(&home.state_dir().join("state.json"), part);
                    home::put(&home.store_path("main"), &claude_store("old", hours(1)));
                    let run = home.run(&["sync", "-v", "--reload", "never"]);
                    run.code(0).prints("updated main");
                    let whole = serde_json::from_str::<serde_json::Value>(part).is_ok();
                    let names: Vec<String> = fs::read_dir(home.state_dir())
                        .unwrap()
                        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                        .collect();
                    assert_eq!(names.iter().any(|name| name.contains("damaged")), !whole, "{names:?}");
                    if !whole {
                        run.says("state.json: line ");
                    }
                    home.nothing_left();
                }
            });
        }
    });
}

#[test]
fn a_gateways_hint_cut_at_every_byte_is_no_gateway() {
    let home = Home::stale().openclaw("echo '{\"ok\":true}'").gateway(now() - 1000);
    let uid = rustix::process::geteuid().as_raw();
    let path = home.root().join(format!("tmp/openclaw-{uid}/gateway.01234567.lock"));
    let text = fs::read_to_string(&path).unwrap();
    for length in 0..text.len() {
        fs::write(&path, &text[..length]).unwrap();
        home.run(&["sync"]).code(0);
    }
    assert_eq!(home.calls(), 0);
}

#[test]
fn a_lock_cut_at_every_byte_is_never_taken() {
    let text = json!({ "createdAt": iso(0), "pid": home::DEAD_PID, "starttime": 1, "holder": "ocsync" }).to_string();
    let home = Home::stale();
    for length in 0..text.len() {
        fs::write(home.lock_path("main"), &text[..length]).unwrap();
        let _ = fs::remove_dir_all(home.state_dir());
        home.run(&["sync", "--wait", "0"]).code(75);
        assert_eq!(fs::read_to_string(home.lock_path("main")).unwrap(), text[..length]);
    }
}
