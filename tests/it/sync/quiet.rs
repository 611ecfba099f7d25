//! A run that finds everything in step does nothing: it prints nothing, and it opens no file for
//! writing but its own lock. It runs every few minutes for years; a flash card would count it.

use std::fs;
use std::process::Command;

use crate::home::{self, Home, claude_store, hours, now};
use serde_json::json;

/// Calls that change a file system, and the one that may.
const CALLS: &str = "trace=open,openat,openat2,creat,rename,renameat,renameat2,unlink,unlinkat,link,linkat,symlinkat,\
                     mkdir,mkdirat,rmdir,truncate,ftruncate,chmod,fchmod,fchmodat,chown,fchown,fchownat,utimensat,mknodat";

/// A home with everything in it, after a first run: a gateway, a key, a foreign account, a cooldown.
fn home(version: &str) -> Home {
    let key = json!({ "type": "api_key", "provider": "openai", "key": "sk-canary-key" });
    let other =
        json!({ "type": "oauth", "provider": "google", "access": "canary-g", "refresh": "canary-r", "expires": 1 });
    let home = Home::new()
        .version(version)
        .claude("new", hours(8))
        .agent("main", &claude_store("old", hours(1)))
        .agent("step", &claude_store("new", hours(8)))
        .agent("more", &home::store(&[("openai:default", key), ("google:default", other)]))
        .file(".openclaw/agents/main/agent/auth-state.json", "{ \"version\": 1, \"usageStats\": {} }\n")
        .openclaw("echo '{\"ok\":true}'")
        .gateway(now() - 3_600_000);
    home.run(&["sync"]).code(0).prints("updated main");
    home.nothing_left();
    home
}

#[test]
fn an_unchanged_run_prints_nothing_and_changes_no_file() {
    for version in ["2026.2.12", "2026.5.28"] {
        let home = home(version);
        let before = home.tree();
        for _ in 0..3 {
            home.run(&["sync"]).code(0).silent();
        }
        assert_eq!(home.tree(), before);
    }
}

#[test]
fn an_unchanged_run_opens_nothing_for_writing_but_its_own_lock() {
    if !fs::exists("/usr/bin/strace").unwrap() {
        println!("SKIPPED: strace is not installed");
        return;
    }
    let home = home("2026.5.28");
    // One of the other profiles has ended long ago, which `check-expiry` counts.
    for (args, own, code) in [(["sync"].as_slice(), true, 0), (&["status"], false, 0), (&["check-expiry"], false, 2)]
    {
        let log = home.root().join("trace");
        let mut command = Command::new("/usr/bin/strace");
        command.args(["-f", "-qq", "-e", CALLS, "-o", log.to_str().unwrap(), home::OCSYNC]).args(args);
        home.dress(&mut command);
        let run = home.start(command).end();
        if run.stderr.contains("ptrace") {
            println!("SKIPPED: strace may not trace here");
            return;
        }
        run.code(code);
        let log = fs::read_to_string(log).unwrap();
        let lock = home.state_dir().join("state.lock");
        let opens = |line: &&str| line.contains("O_WRONLY") || line.contains("O_RDWR") || line.contains("O_CREAT");
        let changes = |line: &&str| !line.contains(" open") || opens(line);
        let wrote: Vec<&str> = log.lines().filter(|line| !line.contains(" = -1 ")).filter(changes).collect();
        let wrote: Vec<&str> =
            wrote.into_iter().filter(|line| !line.contains("+++") && !line.contains("---")).collect();
        assert!(log.contains("auth-profiles.json"), "nothing was traced: {log}");
        let expected = usize::from(own);
        assert_eq!(wrote.len(), expected, "{args:?}: {wrote:#?}");
        assert!(wrote.iter().all(|line| line.contains(lock.to_str().unwrap())), "{wrote:#?}");
    }
}

#[test]
fn an_unchanged_run_starts_no_program() {
    let home = home("2026.5.28");
    let calls = home.calls();
    home.run(&["sync"]).code(0).silent();
    assert_eq!(home.calls(), calls);
}

#[test]
fn status_and_check_expiry_touch_nothing_in_a_home_that_was_never_synced() {
    let home = Home::stale();
    let before = home.tree();
    home.run(&["status"]).code(3);
    home.run(&["check-expiry"]);
    home.run(&["sync", "--dry-run"]).code(3).prints("would update main");
    assert_eq!(home.tree(), before);
}

#[test]
fn a_rotation_that_reaches_no_profile_is_remembered_all_the_same() {
    // The journal is written when a new head of a lineage is seen, also when nothing else changes.
    let home = Home::new().claude("one", hours(8)).agent("main", &home::store(&[]));
    home.run(&["sync"]).code(0).silent();
    let home = home.claude("two", hours(9));
    home.run(&["sync"]).code(0).silent();
    let path = home.path(".claude/.credentials.json");
    assert_eq!(home.state()["sources"][path.to_str().unwrap()].as_array().unwrap().len(), 2);
}
