//! A bug ends in exit code 70, says where and not what, and stands in nobody's way.
//!
//! No input is known that makes ocsync panic, so the kernel is made to give no random numbers:
//! without them Rust's own library panics, in the middle of a run, as a bug would.

use std::fs;
use std::process::{Command, Output};

use crate::home::{self, CANARY, Home};
use ocsync::testing::model::exit::Code;

/// A run that panics; `None` where nothing traces.
fn panicking(home: &Home, args: &[&str]) -> Option<Output> {
    if !fs::exists("/usr/bin/strace").unwrap() {
        println!("SKIPPED: strace is not installed");
        return None;
    }
    let mut command = Command::new("/usr/bin/strace");
    command.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=getrandom", "-e", "inject=getrandom:error=EIO"]);
    home.dress(command.arg(home::OCSYNC).args(args));
    // A backtrace is asked for, and would begin with the message.
    let output = command.env("RUST_BACKTRACE", "full").output().unwrap();
    if String::from_utf8_lossy(&output.stderr).contains("ptrace") {
        println!("SKIPPED: strace may not trace here");
        return None;
    }
    Some(output)
}

#[test]
fn a_bug_ends_in_code_70_and_says_where_and_not_what() {
    let home = Home::stale();
    for args in [["sync"].as_slice(), &["sync", "--json"], &["status", "-v"], &["check-expiry"]] {
        let Some(Output { status, stdout, stderr }) = panicking(&home, args) else { return };
        let stderr = String::from_utf8(stderr).unwrap();
        assert_eq!(status.code(), Some(i32::from(Code::Internal as u8)), "{args:?}: {stderr}");
        assert_eq!(String::from_utf8(stdout).unwrap(), "", "{args:?}");
        let place = stderr.strip_prefix("ocsync: error: internal bug at ");
        let place = place.and_then(|rest| rest.strip_suffix("\nocsync: hint: please report it\n"));
        let place = place.unwrap_or_else(|| panic!("{stderr}"));
        let (file, line) = place.rsplit_once(':').unwrap();
        assert!(file.ends_with(".rs") && line.parse::<u32>().is_ok(), "{stderr}");
        // The message is "failed to generate random data"; another could quote a token.
        assert!(!stderr.contains("failed") && !stderr.contains(CANARY), "{stderr}");
    }
}

#[test]
fn to_monitoring_a_bug_is_unknown() {
    let home = Home::stale();
    for args in [["check-expiry", "--format", "nagios"].as_slice(), &["check-expiry", "--format=nagios"]] {
        let Some(output) = panicking(&home, args) else { return };
        assert_eq!(output.status.code(), Some(3), "{args:?}");
    }
}

#[test]
fn a_bug_stands_in_nobodys_way() {
    let home = Home::stale();
    let before = home.store_text("main");
    let Some(output) = panicking(&home, &["sync"]) else { return };
    assert_eq!((output.status.code(), home.store_text("main")), (Some(70), before));
    home.nothing_left();
    home.run(&["sync", "--wait", "0"]).code(0).prints("updated main");
    home.nothing_left();
}
