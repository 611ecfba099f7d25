//! The environment file gets Claude's access token, while it is good, and keeps every other byte.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::home::hooks::{hook, told};
use crate::home::{Home, at, chmod, claude_json, hours, put};
use serde_json::json;

const ENV: &str = "# gateway\r\nA='1 2'\nANTHROPIC_OAUTH_TOKEN=old\nB=\"x\ny\"\n\nC";

/// A stale home with an environment file.
fn with_env(text: &str) -> (Home, PathBuf) {
    let home = Home::stale();
    let path = home.root().join("compose/.env");
    put(&path, text);
    (home.config(&json!({ "export": { "env_file": path } })), path)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn the_env_file_gets_the_access_token_and_keeps_every_other_byte() {
    let (home, path) = with_env(ENV);
    chmod(&path, 0o644);
    home.run(&["sync", "--dry-run"]).code(3).prints("would update");
    assert_eq!(read(&path), ENV);
    for command in ["status", "check-expiry"] {
        home.run(&[command]);
        assert_eq!(read(&path), ENV);
    }
    let name = hook(&home, "told", "");
    let run = home.run(&["sync", "--on-change", &name]);
    run.code(0).prints("compose/.env from claude");
    assert_eq!(read(&path), ENV.replace("=old", &format!("={}", at("new"))));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(told(&home, &name)[0].2["exported"][0]["result"], "done");
    let before = home.tree();
    home.run(&["sync"]).code(0).silent();
    assert_eq!(home.tree()[&path], before[&path]);
    // A change of this file alone is a change.
    put(&path, "");
    home.run(&["sync", "--on-change", &name]).code(0);
    assert_eq!((read(&path), told(&home, &name).len()), (format!("ANTHROPIC_OAUTH_TOKEN={}\n", at("new")), 2));
    fs::remove_file(&path).unwrap();
    home.run(&["sync"]).code(0);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    home.nothing_left();
}

#[test]
fn the_env_file_gets_no_token_that_is_dead() {
    let (home, path) = with_env(ENV);
    let home = home.claude("new", hours(-1));
    home.run(&["sync"]);
    assert_eq!(read(&path), ENV, "expired");
    let home = home.claude("one", hours(2));
    home.run(&["sync"]).code(0);
    let home = home.claude("two", hours(3));
    home.run(&["sync"]).code(0);
    let put_back = home.file(".claude/.credentials.json", &claude_json("one", hours(2)));
    put_back.run(&["sync"]);
    assert!(read(&path).contains(&at("two")), "rolled back");
}

#[test]
fn an_env_file_that_cannot_be_written_is_incomplete_and_the_rest_is_done() {
    let (home, path) = with_env("ANTHROPIC_OAUTH_TOKEN=\"a\nb\"\n");
    home.run(&["sync"]).code(4).says("goes over several lines").prints("updated main");
    assert_eq!((home.access("main"), read(&path).as_str()), (at("new"), "ANTHROPIC_OAUTH_TOKEN=\"a\nb\"\n"));
}
