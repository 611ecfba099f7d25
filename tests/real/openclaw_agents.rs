//! The real OpenClaw with several agents: `ocsync sync --create` serves each of them, and OpenClaw itself says so.
//!
//! 2026.9.6 has no command that links the row that all agents share: `secrets apply` writes the row of the agent that
//! it is given. A configured agent may have no directory yet.
//!
//! Opt-in as `openclaw_json.rs`, and in the same cage: `OCSYNC_REAL_OPENCLAW=1`.

use crate::cage::json_of;
use crate::cage::openclaw::{OpenClaw, own};
use crate::home::{Home, hours, put};
use serde_json::{Map, Value, json};

versions! { crate::cage::openclaw::run_alone;
    v2026_9_6 "2026.9.6": two_agents_are_served;
}

#[test]
#[ignore = "minutes: just real-openclaw"]
fn five_agents() {
    crate::cage::openclaw::run_alone("2026.9.6", five_agents_are_served);
}

fn two_agents_are_served(openclaw: &OpenClaw) {
    are_served(openclaw, &["main", "research"]);
}

fn five_agents_are_served(openclaw: &OpenClaw) {
    are_served(openclaw, &["main", "a", "b", "c", "research"]);
}

/// `cli` is one more agent, which Claude Code runs.
fn are_served(openclaw: &OpenClaw, agents: &[&str]) {
    let home = Home::new().claude("first", hours(8));
    let mut entries: Map<String, Value> = agents.iter().map(|id| ((*id).to_owned(), json!({}))).collect();
    let by_cli = json!({ "anthropic/claude-opus-5": { "agentRuntime": { "id": "claude-cli" } } });
    entries.insert("cli".to_owned(), json!({ "models": by_cli }));
    let model = json!({ "primary": "anthropic/claude-opus-5" });
    let config = json!({
        "meta": { "lastTouchedVersion": openclaw.version },
        "gateway": { "mode": "local" },
        "agents": { "defaults": { "model": model }, "entries": entries },
    });
    put(&home.path(".openclaw/openclaw.json"), &config.to_string());
    let home = openclaw.install(home, None);
    openclaw.repair(&home);
    let listed = |agent: &str| {
        let args = ["models", "auth", "list", "--agent", agent, "--provider", "anthropic", "--json"];
        let said = json_of(&mut openclaw.command(&home, &args));
        let profiles = said["profiles"].as_array().unwrap().iter();
        profiles.map(|profile| profile["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let run = own(&home, &["sync", "--create"]);
    for agent in agents {
        run.prints(&format!("linked {agent} anthropic:ocsync to claude"));
    }
    run.says("cli: Claude Code runs the anthropic models");
    for agent in agents {
        assert_eq!(listed(agent), ["anthropic:ocsync"], "{agent}");
    }
    assert_eq!(listed("cli"), Vec::<String>::new());
    let report = own(&home, &["status", "--json"]).code(0).json();
    let verdicts = report["profiles"].as_array().unwrap().iter().map(|row| row["verdict"].as_str().unwrap());
    assert_eq!(verdicts.collect::<Vec<_>>(), vec!["linked"; agents.len()]);
    // Nobody lacks anything any more.
    own(&home, &["sync", "--create", "-q"]).code(0).silent();
}
