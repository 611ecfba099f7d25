//! A test in a process of its own, and other processes that are this test program again.

use std::process::Command;

const ALONE: &str = "OCSYNC_TEST_ALONE";

/// This test program again, with nothing but one test. A path is that of a module, with its program's name first.
pub fn again(module: &str, test: &str) -> Command {
    let (_, module) = module.split_once("::").unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([
        "--include-ignored",
        "--exact",
        &format!("{module}::{test}"),
        "--nocapture",
        "--test-threads",
        "1",
    ]);
    command
}

/// Runs the body of a test in a process of its own. For one that changes its process: signals, limits, variables.
#[track_caller]
pub fn alone(module: &str, test: &str, body: fn()) {
    if std::env::var(ALONE).is_ok_and(|name| name == test) {
        return body();
    }
    let output = again(module, test).env(ALONE, test).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.contains("1 passed"), "{out}{err}");
}
