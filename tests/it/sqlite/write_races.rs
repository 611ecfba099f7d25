//! Profiles in SQLite beside others: nothing of theirs is lost, nobody waits for long; and a run that is killed leaves the old
//! row or the new one.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::home::alone::again;
use crate::home::sqlite::{Coordinator, MAIN, STATE, change, put_rows, text};
use crate::home::sqlite_write::{WRITE, is_clean, is_delivered, shared};
use crate::home::strace::{self, Call, calls, killed_at};
use crate::home::{CLAUDE, Home, at, claude_json, hours, oauth, put, setting, store};
use rusqlite::Connection;
use serde_json::{Value, json};

/// A home of either layout.
fn home(place: &str) -> (Home, Option<Coordinator>) {
    if place == MAIN {
        return (Home::per_agent(), None);
    }
    let (home, coordinator) = shared();
    (home, Some(coordinator))
}

#[test]
fn a_run_killed_before_any_system_call_leaves_the_old_row_or_the_new_one() {
    if let Some(why) = strace::missing() {
        println!("SKIPPED: {why}");
        return;
    }
    for place in [MAIN, STATE] {
        let (dry, _coordinator) = home(place);
        let all = calls(&dry, WRITE, setting("OCSYNC_KILLS", 0) > 0);
        let first = all.iter().position(|call| call.line.contains("oauth-refresh")).unwrap();
        let last = all.iter().rposition(|call| call.line.contains("state.json")).unwrap();
        let points: Vec<&Call> = all[first..=last].iter().collect();
        let (next, old, new) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        let lane = || {
            while let Some(call) = points.get(next.fetch_add(1, Ordering::Relaxed)) {
                let (home, _coordinator) = home(place);
                let before = text(&home.path(place));
                assert!(killed_at(&home, WRITE, call).signal.is_some(), "{call:?}");
                change(&home.path(place), "");
                let is_old = text(&home.path(place)) == before;
                if is_old { &old } else { &new }.fetch_add(1, Ordering::Relaxed);
                home.run(&["sync", "--wait", "0"]).code(0);
                is_delivered(&home, place, &before, "new");
                assert_eq!(home.state()["in_flight"], json!([]), "{call:?}");
            }
        };
        std::thread::scope(|scope| (0..3).for_each(|_| drop(scope.spawn(lane))));
        let (old, new) = (old.into_inner(), new.into_inner());
        println!("{place}: killed before each of {} calls: {old} left the old row, {new} the new one", points.len());
        assert!(old > 10 && new > 5 && old + new == points.len());
    }
}

#[test]
fn two_runs_at_once_that_do_not_know_of_each_other_get_along() {
    for place in [MAIN, STATE] {
        let (home, _coordinator) = home(place);
        let before = text(&home.path(place));
        for round in 0..10 {
            let name = if round == 9 { "new".to_owned() } else { format!("round-{round}") };
            put(&home.path(".claude/.credentials.json"), &claude_json(&name, hours(8) + round * 1000));
            let runs: Vec<_> = ["one", "two"]
                .map(|state| {
                    let mut command = home.command(&["sync", "--reload", "never"]);
                    command.env("XDG_STATE_HOME", home.root().join(state));
                    home.start(command)
                })
                .into_iter()
                .collect();
            let changed = runs.into_iter().map(|run| run.end());
            let updates = changed.filter(|run| run.code(0).stdout.contains("updated main")).count();
            assert!((1..=2).contains(&updates), "{updates}");
            assert!(text(&home.path(place)).contains(&at(&name)), "{name}");
        }
        is_delivered(&home, place, &before, "new");
    }
}

/// OpenClaw's bookkeeping: counts in both rows, each time a transaction that reads, changes and writes.
#[test]
#[ignore = "a process that others start"]
fn bookkeeper() {
    let Ok(path) = std::env::var("OCSYNC_BOOKS") else { return };
    let database = Connection::open(&path).unwrap();
    let stop = std::thread::spawn(|| std::io::stdin().read_to_end(&mut Vec::new()));
    let (mut count, mut waits, mut noise) = (0_u64, Vec::new(), Duration::ZERO);
    while !stop.is_finished() {
        let asked = Instant::now();
        // Asked again at once, so that a wait is the other's doing and not that of a pause.
        database.busy_timeout(Duration::ZERO).unwrap();
        while database.execute_batch("BEGIN IMMEDIATE").is_err() {
            std::thread::sleep(Duration::from_micros(200));
        }
        waits.push(asked.elapsed());
        for (table, key) in [("auth_profile_store", "store"), ("auth_profile_state", "state")] {
            let select = format!("SELECT {key}_json FROM {table} WHERE {key}_key = 'primary'");
            let text: String = database.query_row(&select, [], |row| row.get(0)).unwrap();
            let mut value: Value = serde_json::from_str(&text).unwrap();
            let books = if key == "store" { &mut value["profiles"]["books:x"]["count"] } else { &mut value["count"] };
            *books = json!(books.as_u64().unwrap() + 1);
            let update = format!("UPDATE {table} SET {key}_json = ?1 WHERE {key}_key = 'primary'");
            database.execute(&update, [value.to_string()]).unwrap();
        }
        database.execute_batch("COMMIT").unwrap();
        count += 1;
        let asleep = Instant::now();
        std::thread::sleep(Duration::from_millis(1));
        noise = noise.max(asleep.elapsed() - Duration::from_millis(1));
    }
    waits.sort();
    let of = |share: usize| waits[(waits.len() - 1) * share / 1000].as_micros();
    println!(
        "\nbooks {}",
        json!({ "count": count, "median": of(500), "p99": of(990), "longest": of(1000), "noise": noise.as_micros() })
    );
}

#[test]
fn hundreds_of_updates_beside_a_writer_lose_nothing_and_keep_nobody_waiting() {
    let updates = setting("OCSYNC_UPDATES", 500);
    let home = Home::per_agent();
    let books = json!({ "type": "api_key", "provider": "books", "key": "k", "count": 0 });
    let entries = [(CLAUDE, oauth("old", hours(1))), ("books:x", books)];
    put_rows(&Connection::open(home.path(MAIN)).unwrap(), &store(&entries));
    change(&home.path(MAIN), "INSERT INTO auth_profile_state VALUES ('primary', '{\"count\":0}', 1)");
    let mut command = again(module_path!(), "bookkeeper");
    command.env("OCSYNC_BOOKS", home.path(MAIN));
    let mut writer = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    for update in 0..updates {
        let login = claude_json(&format!("gen-{update}"), hours(8) + update as i64 * 1000);
        put(&home.path(".claude/.credentials.json"), &login);
        home.run(&["sync"]).code(0).prints("updated main anthropic:default");
    }
    drop(writer.stdin.take());
    let mut said = String::new();
    writer.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(writer.wait().unwrap().success());
    let books = said.lines().find_map(|line| line.strip_prefix("books ")).unwrap();
    println!("{updates} updates; the other writer, in microseconds: {books}");
    let books: BTreeMap<String, u64> = serde_json::from_str(books).unwrap();
    change(&home.path(MAIN), "");
    let after: Value = serde_json::from_str(&text(&home.path(MAIN))).unwrap();
    assert_eq!(after["profiles"]["books:x"]["count"], books["count"]);
    assert_eq!(after["profiles"][CLAUDE]["access"], at(&format!("gen-{}", updates - 1)));
    let state: String = Connection::open(home.path(MAIN))
        .unwrap()
        .query_row("SELECT state_json FROM auth_profile_state", [], |row| row.get(0))
        .unwrap();
    assert_eq!(serde_json::from_str::<Value>(&state).unwrap()["count"], books["count"]);
    assert!(books["count"] > updates, "the other writer did not get on");
    // What this machine took for itself is not ours: the longest that a sleep of 1 ms was late.
    assert!(books["p99"] <= 100_000 && books["longest"] <= 100_000 + books["noise"], "{books:?}");
    is_clean(&home);
}
