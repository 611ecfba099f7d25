//! What a run that has nothing to do asks the system for, by the database. It runs every few minutes, and looks at
//! every agent.

use std::fs;
use std::process::Command;

use crate::home::sqlite::{agent_database, rows};
use crate::home::{self, Home, hours};

/// The most system calls for an agent whose database nobody has open.
const MOST: usize = 18;

/// How many system calls `sync` makes where this many agents are in step. `None` where they cannot be counted.
fn calls(agents: usize) -> Option<usize> {
    let home = Home::linked("2026.6.10").claude("new", hours(8));
    for agent in 0..agents {
        let name = if agent == 0 { "main".to_owned() } else { format!("agent-{agent}") };
        let path = home.path(&format!(".openclaw/agents/{name}/agent/openclaw-agent.sqlite"));
        agent_database(&path, 1, &rows("old"));
    }
    home.run(&["sync"]).prints("updated main");
    let (report, mut command) = (home.root().join("calls"), Command::new("/usr/bin/strace"));
    home.dress(&mut command)
        .args(["-f", "-c", "-U", "calls,name", "-e", "trace=!fcntl,brk,futex,sched_yield", "-o"])
        .arg(&report);
    // Without `fcntl`: a debug build asks by it, for each file that it closes, whether the file is open. Without `brk`:
    // where the heap happens to end decides how often it grows. Without the waits of threads for each other.
    command.arg(home::OCSYNC).arg("sync");
    let run = home.start(command).end();
    if run.stderr.contains("ptrace") {
        return None;
    }
    run.code(0).silent();
    let text = fs::read_to_string(report).unwrap();
    text.lines().find(|line| line.ends_with(" total"))?.split_whitespace().next()?.parse().ok()
}

#[test]
fn an_agent_in_step_costs_few_system_calls() {
    if !fs::exists("/usr/bin/strace").unwrap() {
        println!("SKIPPED: strace is not installed");
        return;
    }
    let Some((few, many)) = calls(2).zip(calls(12)) else {
        println!("SKIPPED: strace may not trace here");
        return;
    };
    let each = (many - few).div_ceil(10);
    println!("{each} system calls for each agent, {few} with two");
    assert!(each <= MOST, "{each}");
}
