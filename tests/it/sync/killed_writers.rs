//! A run that was killed while it wrote a textfile, a flag or an environment file leaves a
//! temporary file in a directory that is not ocsync's. The next run that has to do with the same
//! file takes it away: it may hold a token.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::home::hooks::ended;
use crate::home::strace::{self, Call};
use crate::home::{self, DEAD_PID, Home, at, put};
use serde_json::json;

/// The names in a directory.
fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Leaves what killed runs leave, and what looks like it; returns the names that must stay.
fn plant(target: &Path) -> Vec<String> {
    let name = target.file_name().unwrap().to_str().unwrap();
    let me = std::process::id();
    let start = ocsync::testing::sys::process::alive::start_time(i64::from(me)).unwrap_or(0);
    let here = ocsync::testing::sys::process::host::own();
    let (here, reboot) = (here.to_name(), here.to_name().replace(&here.boot, "00000000"));
    let gone = [
        format!(".{name}.ocsync-{DEAD_PID}-0-0-{here}.tmp"),
        format!(".{name}.ocsync-{DEAD_PID}-4711-12-{here}.tmp"),
        // The pid was given out again.
        format!(".{name}.ocsync-{me}-{}-0-{here}.tmp", start + 1),
        // The machine was started anew.
        format!(".{name}.ocsync-{me}-{start}-7-{reboot}.tmp"),
    ];
    let mut stay = vec![
        format!(".{name}.ocsync-{me}-{start}-0-{here}.tmp"),
        // Another machine's, on a home that two share: its process is not to be seen here.
        format!(".{name}.ocsync-{DEAD_PID}-0-0-00000000-00000000.tmp"),
        // Another target's, and files of others.
        format!(".other.ocsync-{DEAD_PID}-0-0-{here}.tmp"),
        format!(".x{name}.ocsync-{DEAD_PID}-0-0-{here}.tmp"),
        format!(".{name}.ocsync-{DEAD_PID}-0-{here}.tmp"),
        format!(".{name}.tmp"),
        format!("{name}.ocsync-{DEAD_PID}-0-0-{here}.tmp"),
    ];
    for name in gone.iter().chain(&stay) {
        put(&target.with_file_name(name), &at("left"));
    }
    assert_eq!(names(target.parent().unwrap()).iter().filter(|name| gone.contains(name)).count(), gone.len());
    stay.sort();
    stay
}

/// What is there now, but for the target itself.
fn rest(target: &Path) -> Vec<String> {
    let name = target.file_name().unwrap().to_str().unwrap();
    names(target.parent().unwrap()).into_iter().filter(|other| other != name).collect()
}

#[test]
fn what_is_left_of_a_textfile_goes() {
    let home = Home::stale();
    let target = home.root().join("metrics/ocsync.prom");
    let stay = plant(&target);
    home.run(&["check-expiry", "--textfile", target.to_str().unwrap()]).code(0);
    assert!(target.exists());
    assert_eq!(rest(&target), stay);
}

#[test]
fn what_is_left_of_a_flag_goes_whether_the_flag_comes_or_goes() {
    for (home, code) in [(ended(), 1), (Home::stale(), 0)] {
        let target = home.root().join("flags/login-needed");
        let stay = plant(&target);
        home.run(&["sync", "--flag-file", target.to_str().unwrap()]).code(code);
        assert_eq!((target.exists(), rest(&target)), (code == 1, stay));
    }
}

#[test]
fn what_is_left_of_an_environment_file_goes_also_where_the_file_is_in_step() {
    let home = Home::stale();
    let target = home.root().join("compose/.env");
    let home = home.config(&json!({ "export": { "env_file": target } }));
    let stay = plant(&target);
    let all = names(target.parent().unwrap());
    home.run(&["sync", "--dry-run"]).code(3);
    home.run(&["status"]);
    assert_eq!(rest(&target), all, "who only looks touches nothing");
    for _ in 0..2 {
        home.run(&["sync"]).code(0);
        assert_eq!(rest(&target), stay);
        plant(&target);
    }
}

#[test]
fn what_is_left_where_a_link_leads_goes() {
    let home = Home::stale();
    let (target, link) = (home.root().join("real/.env"), home.root().join("linked"));
    put(&target, "A=1\n");
    let stay = plant(&target);
    symlink("real/.env", &link).unwrap();
    let home = home.config(&json!({ "export": { "env_file": link } }));
    // The file is not written through the link, for others read it. What an earlier release has left there goes.
    home.run(&["sync"]).code(4).says("linked is a symbolic link, and is not written through");
    assert_eq!(rest(&target), stay);
    assert_eq!(fs::read_to_string(&target).unwrap(), "A=1\n");
}

/// Kills a run at its first `fsync`, when the temporary file is whole; `None` where nothing traces.
fn killed(home: &Home, args: &[&str]) -> Option<()> {
    if !fs::exists("/usr/bin/strace").unwrap() {
        println!("SKIPPED: strace is not installed");
        return None;
    }
    let inject = "inject=fsync:signal=SIGKILL:when=1";
    let mut command = Command::new("/usr/bin/strace");
    home.dress(command.args(["-f", "-qq", "-e", "trace=fsync", "-e", inject, home::OCSYNC]).args(args));
    let run = home.start(command).end();
    if run.stderr.contains("ptrace") {
        println!("SKIPPED: strace may not trace here");
        return None;
    }
    assert_eq!((run.code, run.signal), (None, Some(9)), "{run:?}");
    Some(())
}

#[test]
fn a_run_that_kill_hard_in_the_middle_is_cleaned_up_after() {
    let home = Home::stale();
    let (env, metrics) = (home.root().join("compose/.env"), home.root().join("metrics/ocsync.prom"));
    [&env, &metrics].iter().for_each(|path| fs::create_dir_all(path.parent().unwrap()).unwrap());
    let home = home.config(&json!({ "export": { "env_file": env } }));
    home.run(&["sync"]).code(0);
    let check = ["check-expiry", "--textfile", metrics.to_str().unwrap()];
    // Nothing but the environment file is out of step, so that is what is synced first.
    put(&env, "");
    let of = |target: &PathBuf| rest(target);
    let Some(()) = killed(&home, &["sync"]).and_then(|()| killed(&home, &check)) else { return };
    assert_eq!((of(&env).len(), of(&metrics).len()), (1, 1));
    assert!(fs::read_to_string(env.with_file_name(&of(&env)[0])).unwrap().contains(&at("new")));
    home.run(&["sync"]).code(0);
    home.run(&check).code(0);
    assert_eq!((of(&env), of(&metrics)), (Vec::new(), Vec::new()));
    home.nothing_left();
}

#[test]
fn the_directory_is_synced_after_the_store_is_in_its_place() {
    if let Some(why) = strace::missing() {
        println!("SKIPPED: {why}");
        return;
    }
    let home = Home::stale();
    let calls = strace::calls(&home, &["sync", "--reload", "never"], false);
    let is_exchange = |call: &Call| call.name == "renameat2" && call.line.contains("\"auth-profiles.json\"");
    let exchanged = calls.iter().position(is_exchange).unwrap();
    let synced = calls[exchanged..].iter().filter(|call| call.name == "fsync");
    assert!(synced.clone().any(|call| call.line.contains("/agents/main/agent>")), "{:?}", synced.collect::<Vec<_>>());
}
