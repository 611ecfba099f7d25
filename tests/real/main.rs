//! The real OpenClaw, Claude Code and Codex, from npm. Opt-in: each suite says by which variable.

#![cfg(target_os = "linux")]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "tests"
)]

#[macro_use]
mod cage;
#[path = "../cases/mod.rs"]
mod cases;
#[allow(dead_code, unused_imports, reason = "shared with other programs of tests")]
#[path = "../home/mod.rs"]
mod home;

mod compose_example;
mod containers;
mod installed;
mod official_clis;
mod openclaw_agents;
mod openclaw_inline;
mod openclaw_json;
mod openclaw_latency;
mod openclaw_matrix;
mod openclaw_runtime;
mod openclaw_scenarios;
mod openclaw_snapshot;
mod openclaw_sqlite;
mod openclaw_stores;
mod openclaw_turns;
mod two_logins;

#[test]
fn every_file_here_is_a_module() {
    home::every_file::is_a_module_of("real/main.rs", "real");
}
