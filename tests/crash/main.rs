//! A `sync` that is killed, that every system call fails, or that the power is cut under: every store
//! is the old document or the new one, byte for byte; what was reported with exit code 0 is on the
//! disk; and the next run finishes the work and leaves no temporary file and no lock.
//!
//! The tests are a sample that takes seconds. `just soak` is the long form: `soak`, which prints
//! one table. The amounts are variables: `OCSYNC_CRASH_CALLS` and `OCSYNC_CRASH_FAULTS` (of each kind
//! of home, 0 for every single one), `OCSYNC_CRASH_KILLS`, and `OCSYNC_CRASH_CUTS`. What mounts a file
//! system needs root, and to be asked for: `OCSYNC_CRASH_MOUNT=1`. What cannot be done here says SKIPPED.

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

mod clock;
mod cuts;
mod faults;
mod full;
#[allow(dead_code, unused_imports, reason = "shared with other programs of tests")]
#[path = "../home/mod.rs"]
mod home;
mod kills;
mod mount;
mod strace;
mod tally;
mod world;

use crate::tally::{HEAD, Tally};
use crate::world::{DIRECTORY, FILE};

#[test]
fn every_file_here_is_a_module() {
    home::every_file::is_a_module_of("crash/main.rs", "crash");
}

#[test]
fn a_kill_at_any_system_call_is_made_up_for_by_the_next_run() {
    [kills::at_calls(FILE, 1), kills::at_calls(FILE, 3), kills::at_calls(FILE, 10)]
        .into_iter()
        .for_each(Tally::passes);
}

#[test]
fn a_kill_at_any_system_call_is_made_up_for_where_the_lock_is_a_directory() {
    kills::at_calls(DIRECTORY, 3).passes();
}

#[test]
fn a_kill_at_any_moment_is_made_up_for_by_the_next_run() {
    kills::at_random(300).passes();
}

#[test]
fn a_system_call_that_fails_is_told_and_made_up_for() {
    [faults::at_calls(FILE, 1), faults::at_calls(FILE, 3), faults::at_calls(DIRECTORY, 1)]
        .into_iter()
        .for_each(Tally::passes);
}

#[test]
fn a_power_cut_takes_nothing_back_that_was_reported() {
    cuts::of_ocsync(50).passes();
}

#[test]
fn a_power_cut_is_seen_to_take_back_what_was_not_synced() {
    if let Some(lost) = cuts::of_a_writer_without_fsync(5) {
        assert_eq!(lost, 5, "this harness would not notice a writer that syncs nothing");
    }
}

#[test]
fn a_full_file_system_leaves_old_or_new() {
    [full::of_memory(), full::of_a_limit()].into_iter().for_each(Tally::passes);
}

#[test]
fn no_clock_breaks_a_store() {
    clock::all().passes();
}

/// The long form; run alone, by `just soak`.
#[test]
#[ignore = "the long form of all others: just soak"]
fn soak() {
    println!("{HEAD}");
    let parts: [&dyn Fn() -> Tally; 11] = [
        &|| kills::at_calls(FILE, 1),
        &|| kills::at_calls(FILE, 3),
        &|| kills::at_calls(FILE, 10),
        &|| kills::at_calls(DIRECTORY, 3),
        &|| kills::at_random(10_000),
        &|| faults::at_calls(FILE, 1),
        &|| faults::at_calls(FILE, 3),
        &|| faults::at_calls(DIRECTORY, 1),
        &|| cuts::of_ocsync(2_000),
        &full::of_memory,
        &full::of_a_limit,
    ];
    let all: Vec<Tally> = parts.iter().map(|part| part().row()).chain([clock::all().row()]).collect();
    if let Some(lost) = cuts::of_a_writer_without_fsync(50) {
        println!("control: of 50 finished runs of a writer without fsync, power cuts took {lost} back");
        assert!(lost > 0);
    }
    all.into_iter().for_each(Tally::passes);
}
