//! Real programs from npm, cut off from every network.

/// One module of tests for each version; `$run` starts a test with its installation.
macro_rules! versions {
    ($run:path; $($(#[$left_out:meta])? $module:ident $version:literal: $($test:ident)+;)+) => { $(
        versions! { @one $run, [$($left_out)?], $module, $version, $($test)+ }
    )+ };
    (@one $run:path, [$($left_out:meta)?], $module:ident, $version:literal, $($test:ident)+) => { mod $module {
        versions! { @tests $run, [$($left_out)?], $version, $($test)+ }
    } };
    (@tests $run:path, $left_out:tt, $version:literal, $($test:ident)+) => { $(
        versions! { @test $run, $left_out, $version, $test }
    )+ };
    (@test $run:path, [$($left_out:meta)?], $version:literal, $test:ident) => {
        #[test]
        $(#[$left_out])?
        fn $test() {
            $run($version, super::$test);
        }
    };
}

pub mod agreement;
pub mod clis;
pub mod docker;
pub mod npm;
pub mod openclaw;
pub mod refresh;
pub mod server;
pub mod talk;
pub mod turns;
pub mod world;

use std::fs;
use std::path::Path;
use std::process::{Child, Command};

use serde_json::Value;

/// What is in every fake token of Claude's, and in nothing else.
const TOKEN: &[u8] = b"t01-canary-";

/// Begins a command whose program, yet to come, has a network of its own with loopback and nothing else.
pub fn alone() -> Command {
    let mut command = Command::new("/usr/bin/unshare");
    if !rustix::process::geteuid().is_root() {
        command.args(["--map-current-user", "--keep-caps"]);
    }
    command.args(["--net", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real/cage/inside.sh")]);
    command
}

/// The words before those of a program that runs in the network of a process.
pub fn beside(pid: u32) -> Vec<String> {
    let user: &[&str] =
        if rustix::process::geteuid().is_root() { &[] } else { &["--user", "--preserve-credentials"] };
    let target = pid.to_string();
    let words = [&["/usr/bin/nsenter", "--target", &target], user, &["--net"]].concat();
    words.into_iter().map(str::to_owned).collect()
}

/// A program that ends with the test, also with one that fails.
pub struct Started(pub Child);

impl Drop for Started {
    fn drop(&mut self) {
        if let Ok(None) = self.0.try_wait() {
            let pid = rustix::process::Pid::from_child(&self.0);
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
            let _ = self.0.wait();
        }
    }
}

/// Runs it to its end and gives what it printed.
#[track_caller]
pub fn json_of(command: &mut Command) -> Value {
    let output = command.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{:?}: {out}{err}", output.status);
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"))
}

/// No token of Claude's may be in any file below a directory; OpenClaw has canaries of its own.
#[track_caller]
pub fn no_token_below(dir: &Path) {
    for entry in fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            no_token_below(&entry);
        } else if entry.is_file() {
            let text = fs::read(&entry).unwrap();
            assert!(!text.windows(TOKEN.len()).any(|part| part == TOKEN), "{}", entry.display());
        }
    }
}
