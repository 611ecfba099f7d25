//! Claude Code's account file grows without limit. However large it is, ocsync reads whose login it is, and never
//! takes a file that it cannot read for one that names nobody.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::home::{self, CLAUDE, Home, chmod, hours, is_root, oauth, store};
use serde_json::json;

/// An account file of at least so many bytes, with the account at its end.
fn account_file(size: usize, email: &str) -> String {
    let entry = json!({ "display": "x".repeat(1000), "pastedContents": {} }).to_string();
    let history = vec![entry.as_str(); size / entry.len() + 1].join(",");
    format!(r#"{{"projects":{{"/p":{{"history":[{history}]}}}},"oauthAccount":{{"emailAddress":"{email}"}}}}"#)
}

/// A home whose only profile is older than Claude's login and names its account.
fn home(account_file: &str) -> Home {
    let mut profile = oauth("old", hours(1));
    profile["email"] = json!("me@example.test");
    Home::new().claude("new", hours(8)).agent("main", &store(&[(CLAUDE, profile)])).file(".claude.json", account_file)
}

#[test]
fn a_file_of_more_than_four_mebibytes_says_whose_login_it_is() {
    for (email, verdict, held) in
        [("me@example.test", "source-newer", "new"), ("boss@example.test", "other-account", "old")]
    {
        let home = home(&account_file(5 << 20, email));
        assert!(fs::metadata(home.path(".claude.json")).unwrap().len() > 4 << 20);
        let report = home.run(&["sync", "--json"]).code(0).json();
        assert_eq!(
            (&report["sources"][0]["account"], &report["profiles"][0]["verdict"]),
            (&json!(email), &json!(verdict))
        );
        assert_eq!(home.access("main"), home::at(held));
    }
}

#[test]
fn a_large_file_that_is_cut_off_does_not_say_it() {
    let whole = account_file(5 << 20, "me@example.test");
    let home = home(&whole[..whole.len() - 1]);
    home.run(&["sync"]).code(4).says("ocsync cannot tell whose login it is").says(".claude.json");
    home.run(&["check-expiry"]).code(0);
    assert_eq!(home.access("main"), home::at("old"));
    let home = home.file(".claude.json", &whole);
    home.run(&["sync"]).code(0);
    assert_eq!(home.access("main"), home::at("new"));
}

#[test]
fn a_file_that_may_not_be_read_or_is_a_fifo_does_not_say_it() {
    let home = home(&account_file(1, "me@example.test"));
    let path = home.path(".claude.json");
    chmod(&path, 0o000);
    // Root may read everything.
    home.run(&["sync", "--dry-run"]).code(if is_root() { 3 } else { 4 });
    fs::remove_file(&path).unwrap();
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    home.run(&["sync"]).code(4).says("not a regular file");
    assert_eq!(home.access("main"), home::at("old"));
}

/// The peak memory of `status` in kilobytes.
fn peak(home: &Home, time: &str) -> u64 {
    let report = home.root().join("peak");
    let mut command = Command::new(time);
    command.args(["-f", "%M", "-o"]).arg(&report).args([home::OCSYNC, "status"]);
    home.dress(&mut command);
    home.start(command).end().code(3);
    fs::read_to_string(report).unwrap().trim().lines().last().unwrap().parse().unwrap()
}

#[test]
fn a_file_of_any_size_takes_no_memory() {
    let time = "/usr/bin/time";
    if !Path::new(time).exists() {
        println!("SKIPPED: GNU time is not installed");
        return;
    }
    let [small, large] = [1, 60 << 20].map(|size| peak(&home(&account_file(size, "me@example.test")), time));
    assert!(large < small + (16 << 10), "{large} KiB beside {small} KiB");
}
