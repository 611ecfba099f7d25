//! What is shipped beside the program: documents, units, packages, schemas. What cannot be looked at on this
//! machine says SKIPPED.

#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "tests"
)]

#[path = "../cases/mod.rs"]
mod cases;
#[allow(dead_code, unused_imports, reason = "shared with other programs of tests")]
#[path = "../home/mod.rs"]
mod home;

mod alerts;
mod archive;
mod compose;
mod config;
mod crate_package;
mod cron;
mod generated;
mod glossary;
mod install;
mod install_obstacles;
mod manager;
mod map;
mod old_lock;
mod package;
mod problem_codes;
mod readme;
mod sandbox;
mod sandbox_settings;
mod schema;
mod units;
mod version;

#[test]
fn every_file_here_is_a_module() {
    home::every_file::is_a_module_of("ship/main.rs", "ship");
}
