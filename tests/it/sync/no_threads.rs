//! Where the system gives no more threads (`TasksMax=`, `ulimit -u`), the work is done all the
//! same, and who cannot be told is a warning.

use std::fs;
use std::process::Command;

use crate::home::hooks::hook;
use crate::home::{self, Home, Run, at, claude_store, hours, now};

/// A run that gets no thread and no process from the `first` one on; `None` where nothing traces.
fn starved(home: &Home, args: &[&str], first: u32) -> Option<Run> {
    if !fs::exists("/usr/bin/strace").unwrap() {
        println!("SKIPPED: strace is not installed");
        return None;
    }
    let calls = "clone,clone3,fork,vfork";
    let mut command = Command::new("/usr/bin/strace");
    command.args(["-qq", "-o", "/dev/null", "-e", &format!("trace={calls}")]);
    command.args(["-e", &format!("inject={calls}:error=EAGAIN:when={first}+"), home::OCSYNC]).args(args);
    home.dress(&mut command);
    let run = home.start(command).end();
    if run.stderr.contains("ptrace") {
        println!("SKIPPED: strace may not trace here");
        return None;
    }
    Some(run)
}

#[test]
fn many_stores_are_written_by_as_many_threads_as_there_are() {
    for first in [1, 4] {
        let agents = (0..20).map(|n| format!("a{n}")).collect::<Vec<_>>();
        let home = agents.iter().fold(Home::stale(), |home, id| home.agent(id, &claude_store("old", hours(1))));
        let Some(run) = starved(&home, &["sync"], first) else { return };
        run.code(0);
        assert!(agents.iter().all(|id| home.access(id) == at("new")));
        home.nothing_left();
    }
}

#[test]
fn many_stores_are_written_with_few_open_files() {
    let agents = (0..20).map(|n| format!("a{n}")).collect::<Vec<_>>();
    let home = agents.iter().fold(Home::stale(), |home, id| home.agent(id, &claude_store("old", hours(1))));
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "ulimit -n 16; exec \"$0\" sync", home::OCSYNC]);
    home.dress(&mut command);
    home.start(command).end().code(0);
    assert!(agents.iter().all(|id| home.access(id) == at("new")));
    home.nothing_left();
}

#[test]
fn a_hook_or_a_ping_that_gets_no_thread_is_a_warning() {
    // The second is what writes to the hook.
    for first in [1, 2] {
        let home = Home::stale();
        let name = hook(&home, "told", "");
        let Some(run) = starved(&home, &["sync", "--on-change", &name], first) else { return };
        run.code(0).prints("updated main").says("the hook for a change failed");
        // It may have started: what it was given holds no report.
        let given = fs::read_dir(home.root().join(&name)).into_iter().flatten();
        let given = given.map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
        assert!(given.into_iter().all(|text| !text.contains("\"profiles\"")));
    }
    let Some(run) = starved(&Home::stale(), &["sync", "--ping", "http://127.0.0.1:9/x"], 1) else { return };
    run.code(0).prints("updated main").says("the ping of 127.0.0.1 failed");
}

#[test]
fn a_gateway_that_cannot_be_told_stays_owed() {
    // The program, and what reads its output and its complaints.
    for first in [1, 2, 3] {
        let home = Home::stale().gateway(now()).openclaw("sleep 5; echo '{\"ok\":true}'");
        let Some(run) = starved(&home, &["sync"], first) else { return };
        run.code(4).prints("updated main");
        assert!(home.state()["reloads"].as_object().is_some_and(|owed| owed.len() == 1), "{}", home.state());
        home.nothing_left();
    }
}
