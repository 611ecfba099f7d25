//! Profiles of many agents, each in a database of its own: they are written under one taking of the lock, several at
//! once.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use crate::home::sqlite::{agent_database, change, rows, text};
use crate::home::sqlite_write::is_clean;
use crate::home::{self, Home, at, hours, iso, now, strace};
use serde_json::json;

use super::holder::Holder;

/// The lock on Claude's profile.
const LOCK: &str = ".openclaw/locks/oauth-refresh/lock-d86ff71f0416cea6738a705bf801262d.lock";

/// The database of an agent.
fn place(agent: usize) -> String {
    let name = if agent == 0 { "main".to_owned() } else { format!("agent-{agent}") };
    format!(".openclaw/agents/{name}/agent/openclaw-agent.sqlite")
}

/// A home with this many stale agents.
fn stale(agents: usize) -> Home {
    let home = Home::linked("2026.6.10").claude("new", hours(8));
    for agent in 0..agents {
        agent_database(&home.path(&place(agent)), 1, &rows("old"));
    }
    home
}

/// How many of the agents hold the new token; the others hold the old row.
fn new(home: &Home, agents: usize) -> usize {
    let path = |agent| -> PathBuf { home.path(&place(agent)) };
    let is_new = |agent: &usize| {
        change(&path(*agent), "");
        let row = text(&path(*agent));
        assert!(row.contains(&at("new")) != (row == rows("old")), "{row}");
        row.contains(&at("new"))
    };
    (0..agents).filter(is_new).count()
}

#[test]
fn one_that_is_being_written_comes_last_and_keeps_no_other_waiting() {
    const AGENTS: usize = 40;
    let home = stale(AGENTS);
    let other = Holder::of(&home.path(&place(7)), "BEGIN IMMEDIATE");
    let run = home.run(&["sync"]);
    run.code(75).says("agent-7/agent/openclaw-agent.sqlite: another program is writing it");
    let lines: Vec<&str> = run.stdout.lines().filter(|line| line.starts_with("updated ")).collect();
    assert_eq!(lines.len(), AGENTS - 1, "{lines:?}");
    other.ends();
    assert_eq!(new(&home, AGENTS), AGENTS - 1);
    home.run(&["sync"]).code(0).prints("updated agent-7 anthropic:default");
    assert_eq!(new(&home, AGENTS), AGENTS);
    is_clean(&home);
    home.run(&["sync"]).code(0).silent();
}

#[test]
fn one_that_is_being_written_for_a_moment_is_written_in_the_same_run() {
    let home = stale(3);
    let other = Holder::of(&home.path(&place(1)), "BEGIN IMMEDIATE");
    let run = home.start(home.command(&["sync", "--wait", "30"]));
    // The others are written first, without waiting for this one; then there is time for it.
    while new(&home, 1) == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(400));
    other.ends();
    run.end().code(0).prints("updated agent-1 anthropic:default");
    assert_eq!(new(&home, 3), 3);
}

#[test]
fn one_taking_of_the_lock_is_for_thirty_two() {
    if let Some(why) = strace::missing() {
        println!("SKIPPED: {why}");
        return;
    }
    for (agents, takings) in [(32, 1), (33, 2)] {
        let home = stale(agents);
        let calls = strace::calls(&home, &["sync"], false);
        let taken = calls.iter().filter(|call| call.name == "linkat" && call.line.contains("lock-d86ff71f0416cea6"));
        assert_eq!(taken.count(), takings, "{agents}");
        assert_eq!(new(&home, agents), agents);
    }
}

#[test]
fn a_lock_that_is_in_the_way_of_many_counts_once_for_each_run() {
    let home = stale(40);
    let held = home.path(LOCK);
    home::put(&held, &json!({ "pid": std::process::id(), "createdAt": iso(now()) }).to_string());
    for (code, says) in [(75, "is locked by OpenClaw"), (75, "is locked by OpenClaw"), (4, "has blocked 3 runs")] {
        let run = home.run(&["sync", "--wait", "0"]);
        run.code(code).says(says);
        assert_eq!(run.stderr.matches(says).count(), 1, "{}", run.stderr);
    }
    assert_eq!(new(&home, 40), 0);
    fs::remove_file(held).unwrap();
    home.run(&["sync"]).code(0);
    assert_eq!(new(&home, 40), 40);
    is_clean(&home);
}

#[test]
fn a_run_killed_while_it_writes_many_leaves_old_rows_and_new_ones() {
    const AGENTS: usize = 24;
    let mut left = Vec::new();
    for kill in 1..=10 {
        let home = stale(AGENTS);
        let mut run = home.command(&["sync"]).spawn().unwrap();
        // As soon as it has begun to write.
        while run.try_wait().unwrap().is_none() && !home.path(LOCK).exists() {
            std::thread::sleep(Duration::from_micros(200));
        }
        std::thread::sleep(Duration::from_millis(kill));
        run.kill().unwrap();
        run.wait().unwrap();
        left.push(new(&home, AGENTS));
        home.run(&["sync", "--wait", "0"]).code(0);
        assert_eq!(new(&home, AGENTS), AGENTS);
        assert_eq!(home.state()["in_flight"], json!([]));
        is_clean(&home);
    }
    println!("of {AGENTS} rows were new after the kills: {left:?}");
}
