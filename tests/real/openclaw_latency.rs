//! How long it takes until a gateway of the real OpenClaw sends the token of a CLI that has just renewed its login, where
//! the path unit starts `ocsync sync` at once: a table for `RELIABILITY.md`, by `just real-latency`.
//!
//! What the first turn after a `sync` sends is asserted by `openclaw_snapshot.rs`, `openclaw_matrix.rs` and
//! `openclaw_turns.rs`, which CI runs. Opt-in as `openclaw_json.rs`, and in the same cage: `OCSYNC_REAL_OPENCLAW=1`.
//! `OCSYNC` names another program than that of the tests: the release build.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::cage::openclaw::{OpenClaw, is_chosen, run_alone};
use crate::cage::talk::{Talk, login};
use crate::home::sqlite::{MAIN, STATE};
use crate::home::users::copy_for_all;
use crate::home::{CLAUDE, at, hours, oauth, put, setting, store};
use rusqlite::Connection;
use serde_json::{Map, Value, json};

/// How the gateway gets the login.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    InPlace,
    Linked,
}

/// What one rotation took, in milliseconds from the CLI's rename.
struct Times {
    /// The stores of the first and of the last agent hold the new token; `None` for a link.
    stored: Option<f64>,
    /// `ocsync sync` has ended: the gateway is told.
    ended: f64,
    /// The model is shown the new token, in a turn that somebody asks for as soon as `ocsync sync` has ended.
    shown: f64,
    /// The turns with the old token before that one.
    stale: usize,
}

#[test]
#[ignore = "half an hour: just real-latency"]
fn until_the_next_turn_has_the_new_token() {
    println!(
        "| OpenClaw | agents | store replaced | gateway told | model shown the new token | from the store to the \
         model | turns with the old token | a turn without a rotation |\n|---|--:|--:|--:|--:|--:|--:|--:|"
    );
    if is_chosen("2026.5.28") {
        run_alone("2026.5.28", |openclaw| of_all_amounts(openclaw, Way::InPlace));
    }
    if is_chosen("2026.9.6") {
        run_alone("2026.9.6", |openclaw| of_all_amounts(openclaw, Way::InPlace));
        run_alone("2026.9.6", |openclaw| of_all_amounts(openclaw, Way::Linked));
    }
}

fn of_all_amounts(openclaw: &OpenClaw, way: Way) {
    for agents in [1, 10, 100].into_iter().filter(|agents| *agents <= setting("OCSYNC_LATENCY_AGENTS", 100)) {
        let agents = usize::try_from(agents).unwrap();
        let talk = talk(openclaw, way, agents);
        measure(openclaw, &talk, way, agents);
    }
}

fn name(agent: usize) -> String {
    if agent == 0 { "main".to_owned() } else { format!("a{agent}") }
}

/// A gateway with so many agents, each with a profile of its own.
fn talk(openclaw: &OpenClaw, way: Way, agents: usize) -> Talk<'_> {
    let mut talk = Talk::new(openclaw);
    let link = json!({ "type": "token", "provider": "anthropic",
                       "tokenRef": { "source": "file", "provider": "ocsync-claude", "id": "/claudeAiOauth/accessToken" } });
    let profile = match way {
        Way::InPlace => (CLAUDE, oauth("first", hours(8))),
        Way::Linked => ("anthropic:ocsync", link),
    };
    for agent in 0..agents {
        put(&talk.home.store_path(&name(agent)), &store(std::slice::from_ref(&profile)));
    }
    let path = talk.home.path(".openclaw/openclaw.json");
    let mut config: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    if openclaw.shares() {
        config["agents"]["entries"] = (0..agents).map(|agent| (name(agent), json!({}))).collect::<Map<_, _>>().into();
    } else {
        config["agents"]["list"] = (0..agents).map(|agent| json!({ "id": name(agent) })).collect();
    }
    let file = talk.home.path(".claude/.credentials.json");
    config["secrets"] =
        json!({ "providers": { "ocsync-claude": { "source": "file", "path": file, "mode": "json" } } });
    put(&path, &config.to_string());
    if openclaw.has_databases() {
        openclaw.repair(&talk.home);
    }
    if let Some(program) = std::env::var_os("OCSYNC") {
        copy_for_all(Path::new(&program), &talk.home.root().join("bin/ocsync"));
    }
    talk.start();
    assert_eq!(talk.shown(), login("first"));
    talk
}

/// The stores that hold the profile of the first and of the last agent. Where OpenClaw has put equal profiles together,
/// it is one.
fn holders(talk: &Talk<'_>, openclaw: &OpenClaw, agents: usize) -> Vec<PathBuf> {
    let both = ["main".to_owned(), name(agents - 1)];
    let own = |agent: &String| talk.home.path(&MAIN.replace("/main/", &format!("/{agent}/")));
    let mut all: Vec<PathBuf> = match openclaw.has_databases() {
        true => both.iter().map(own).chain([talk.home.path(STATE)]).collect(),
        false => both.iter().map(|agent| talk.home.store_path(agent)).collect(),
    };
    all.sort();
    all.dedup();
    all.retain(|path| holds(path, &at("first")));
    all
}

fn holds(store: &Path, token: &str) -> bool {
    if store.extension().is_none_or(|end| end != "sqlite") {
        return std::fs::read_to_string(store).unwrap().contains(token);
    }
    let select = if store.ends_with("openclaw.sqlite") {
        "SELECT value_json FROM config_machine_state WHERE state_key = 'authProfiles.store'"
    } else {
        "SELECT store_json FROM auth_profile_store WHERE store_key = 'primary'"
    };
    let text = Connection::open(store).unwrap().query_row(select, [], |row| row.get::<_, String>(0));
    // An agent that holds none has no row.
    text.is_ok_and(|text| text.contains(token))
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// One rotation, and the command of the path unit.
fn rotation(talk: &Talk<'_>, stores: &[PathBuf], turn: usize) -> Times {
    let new = format!("rotation-{turn}");
    let expires = hours(9) + i64::try_from(turn).unwrap() * 60_000;
    talk.rotate_until(&new, expires);
    let renamed = Instant::now();
    let (stored, ended) = std::thread::scope(|scope| {
        let run = scope.spawn(|| {
            let run = talk.ocsync(&["sync"]);
            run.code(0);
            renamed.elapsed()
        });
        let mut stored = None;
        while !stores.is_empty() && stored.is_none() && !run.is_finished() {
            stored = stores.iter().all(|store| holds(store, &at(&new))).then(|| renamed.elapsed());
            std::thread::sleep(Duration::from_millis(1));
        }
        let ended = run.join().unwrap();
        let is_late = stored.is_none() && !stores.is_empty() && stores.iter().all(|store| holds(store, &at(&new)));
        (stored.or_else(|| is_late.then_some(ended)), ended)
    });
    let (stale, shown) = talk.until_shown(&new, renamed);
    assert_eq!(stored.is_some(), !stores.is_empty(), "the stores do not hold it");
    Times { stored: stored.map(milliseconds), ended: milliseconds(ended), shown: milliseconds(shown), stale }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn seconds(milliseconds: f64) -> String {
    if milliseconds < 1000.0 { format!("{milliseconds:.0} ms") } else { format!("{:.1} s", milliseconds / 1000.0) }
}

fn measure(openclaw: &OpenClaw, talk: &Talk<'_>, way: Way, agents: usize) {
    // The first one is not counted: the journal is new, and the gateway answers nobody but a device that it knows.
    let stores = holders(talk, openclaw, agents);
    assert_eq!(stores.is_empty(), way == Way::Linked);
    rotation(talk, &stores, 0);
    let alone = median((0..5).map(|_| milliseconds(talk.until_shown("rotation-0", Instant::now()).1)));
    let rotations = usize::try_from(setting("OCSYNC_LATENCY_ROTATIONS", 5)).unwrap();
    let all: Vec<Times> = (1..=rotations).map(|turn| rotation(talk, &stores, turn)).collect();
    let stored = match way {
        Way::InPlace => seconds(median(all.iter().filter_map(|times| times.stored))),
        Way::Linked => "-".to_owned(),
    };
    let ended = seconds(median(all.iter().map(|times| times.ended)));
    let shown = seconds(median(all.iter().map(|times| times.shown)));
    let gap = seconds(median(all.iter().map(|times| times.shown - times.stored.unwrap_or(times.ended))));
    let stale = all.iter().map(|times| times.stale).max().unwrap();
    let way = if way == Way::Linked { "linked" } else { "in place" };
    println!(
        "| {} {way} | {agents} | {stored} | {ended} | {shown} | {gap} | {stale} | {} |",
        openclaw.version,
        seconds(alone)
    );
    assert!(stale <= 1, "the gateway goes on with the old token");
}
