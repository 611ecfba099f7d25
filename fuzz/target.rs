//! The program of every fuzz target: which check it runs is its name.
//!
//! The checks themselves know nothing of fuzzing, so that `cargo test` can run them over the
//! corpus without any of this.

#![no_main]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

#[path = "checks/mod.rs"]
mod checks;

/// The check of this program.
static CHECK: LazyLock<checks::Check> = LazyLock::new(|| {
    let name = env!("CARGO_BIN_NAME");
    checks::ALL.iter().find(|(known, _)| *known == name).expect("a check of this name").1
});

fuzz_target!(|data: &[u8]| CHECK(data));
