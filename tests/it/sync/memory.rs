//! Ten thousand agents in step are told and remembered in a few words, and are not kept one by one.

use std::fs;
use std::process::Command;

use crate::home::{self, Home, hours, oauth, store};
use serde_json::json;

/// The peak memory of a run over so many agents in step with the CLI, in bytes; `None` where nothing measures it.
fn peak(agents: u64) -> Option<u64> {
    let time = "/usr/bin/time";
    if !fs::exists(time).unwrap() {
        println!("SKIPPED: GNU time is not installed");
        return None;
    }
    let key = json!({ "type": "api_key", "provider": "openrouter", "key": "FAKE" });
    let text = store(&[("anthropic:default", oauth("new", hours(8))), ("openrouter:default", key)]);
    let home = (1..agents).fold(Home::new().claude("new", hours(8)).agent("main", &text), |home, number| {
        home.agent(&format!("agent-{number:05}"), &text)
    });
    home.run(&["sync"]).code(0);
    let report = home.path("peak");
    let measured = || {
        let mut command = Command::new(time);
        command.args(["-f", "%M", "-o"]).arg(&report).args([home::OCSYNC, "sync"]);
        home.dress(&mut command);
        home.start(command).end().code(0);
        fs::read_to_string(&report).unwrap().trim().parse::<u64>().unwrap() * 1024
    };
    // The kernel decides how much of the program itself it counts: more on a busy machine.
    (0..3).map(|_| measured()).min()
}

#[test]
fn an_agent_in_step_costs_less_than_800_bytes() {
    // With fewer, what the kernel counts of the program itself is a tenth of an agent.
    const AGENTS: u64 = 8000;
    let (Some(one), Some(many)) = (peak(1), peak(AGENTS)) else { return };
    let each = many.saturating_sub(one) / AGENTS;
    assert!((1..800).contains(&each), "{each} bytes: {one} for 1 agent, {many} for {AGENTS}");
}
