//! Decisions, from values alone: tables, properties, and the inputs that fuzzing has kept. Nothing here runs the program.

#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "tests"
)]

#[path = "../home/every_file.rs"]
mod every_file;

mod edit_properties;
mod fuzz_corpus;
mod inventory_properties;
mod kept_properties;
mod layers;
mod login_properties;
mod plan_table;
mod programs;
mod properties;
mod token_answer;
mod token_garbage;
mod verdict_table;

#[test]
fn every_file_here_is_a_module() {
    every_file::is_a_module_of("core/main.rs", "core");
}
