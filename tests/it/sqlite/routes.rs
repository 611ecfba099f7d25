//! Agents whose models Claude Code runs: they depend on its login without a profile, and nothing is linked for them.

use std::fs;

use crate::home::sqlite::{STATE, agent_database, state_database};
use crate::home::{Home, at, chmod, hours, put, store};
use serde_json::{Value, json};

const LOGIN: &str = ".claude/.credentials.json";

fn cli() -> Value {
    json!({ "agentRuntime": { "id": "claude-cli" } })
}

/// An OpenClaw 2026.9.6 with these agents, an empty shared store, and an `openclaw` that notes its arguments. The main
/// agent always runs on `anthropic/o`; `models` says by which runtime.
fn home(models: &Value, agents: &[(&str, Value)]) -> Home {
    let mut entries: serde_json::Map<String, Value> =
        agents.iter().map(|(id, entry)| ((*id).to_owned(), entry.clone())).collect();
    entries.entry("main").or_insert(json!({}));
    let config = json!({
        "meta": { "lastTouchedVersion": "2026.9.6" },
        "agents": { "defaults": { "model": { "primary": "anthropic/o" }, "models": models }, "entries": entries }
    });
    let home = Home::new().file(".openclaw/openclaw.json", &config.to_string()).claude("new", hours(8));
    drop(state_database(&home.path(STATE), &store(&[])));
    for (id, _) in agents.iter().chain([&("main", Value::Null)]) {
        let path = home.path(&format!(".openclaw/agents/{id}/agent/openclaw-agent.sqlite"));
        drop(agent_database(&path, 23, &store(&[])));
    }
    let seen = home.root().join("seen");
    fs::create_dir(&seen).unwrap();
    let script = format!(
        "#!/bin/sh\nPATH=/usr/bin:/bin\ncase \"$*\" in\n\
         *--dry-run*) echo '{{\"mode\":\"dry-run\",\"changed\":true}}';;\n\
         'secrets apply'*) cp \"$4\" {s}/plan$(ls {s} | wc -l); echo '{{\"mode\":\"write\",\"changed\":true}}';;\n\
         *) echo '{{\"ok\":true,\"warningCount\":0}}';;\nesac\n",
        s = seen.display()
    );
    let path = home.root().join("bin/openclaw");
    put(&path, &script);
    chmod(&path, 0o755);
    home
}

/// The agents that a profile was linked for.
fn linked(home: &Home) -> Vec<String> {
    let plans = fs::read_dir(home.root().join("seen")).unwrap();
    let agent = |path: std::path::PathBuf| {
        let plan: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        plan["targets"][0]["agentId"].as_str().unwrap().to_owned()
    };
    let mut agents: Vec<String> = plans.map(|plan| agent(plan.unwrap().path())).collect();
    agents.sort();
    agents
}

#[test]
fn nothing_is_linked_and_the_reason_is_said() {
    let home = home(&json!({ "anthropic/o": cli() }), &[("ops", json!({}))]);
    let run = home.run(&["sync", "--create"]);
    run.code(0).says("main and 1 more: Claude Code runs the anthropic models with its own login");
    home.run(&["sync", "--create", "-q"]).code(0).silent();
    home.run(&["sync"]).code(0).silent();
    assert_eq!(linked(&home), Vec::<String>::new());
    let status = home.run(&["status"]);
    status.code(0).says("route claude-cli");
    assert!(!format!("{}{}", status.stdout, status.stderr).contains("--create"), "{status:?}");
}

#[test]
fn each_agent_that_calls_the_api_gets_a_link_of_its_own() {
    let by_cli = json!({ "model": "claude-cli/o" });
    let agents = [("a", json!({})), ("b", by_cli), ("c", json!({ "model": "openai/g" })), ("d", json!({}))];
    let home = home(&json!({}), &agents);
    let status = home.run(&["status"]);
    status.says("no profile of OpenClaw is bound to claude").says("--create");
    home.run(&["sync", "--create", "--dry-run"]).code(3).prints("would link d anthropic:ocsync to claude");
    home.run(&["sync", "--create"]).prints("linked a anthropic:ocsync").says("b: Claude Code runs");
    assert_eq!(linked(&home), ["a", "d", "main"]);
}

#[test]
fn an_agent_that_is_named_is_linked_or_the_reason_is_said() {
    let models = json!({ "anthropic/*": { "agentRuntime": { "id": "openclaw" } } });
    let agents = [("cli", json!({ "models": { "anthropic/o": cli() } })), ("other", json!({ "model": "openai/g" }))];
    let home = home(&models, &agents);
    home.run(&["sync", "--create", "--agent", "cli"]).code(0).says("cli: Claude Code runs the anthropic models");
    home.run(&["sync", "--create", "--agent", "other"]).code(0).says("other: no model of anthropic");
    assert_eq!(linked(&home), Vec::<String>::new());
    home.run(&["sync", "--create", "--agent", "main"]).prints("linked main anthropic:ocsync");
    assert_eq!(linked(&home), ["main"]);
}

#[test]
fn the_agents_without_a_profile_are_named_beside_those_that_have_one() {
    let home = home(&json!({}), &[("a", json!({})), ("b", json!({}))]);
    let token = json!({ "type": "token", "provider": "anthropic", "token": at("new"), "expires": hours(8) });
    let own = store(&[("anthropic:mine", token)]);
    let path = home.path(".openclaw/agents/main/agent/openclaw-agent.sqlite");
    fs::remove_file(&path).unwrap();
    drop(agent_database(&path, 23, &own));
    let status = home.run(&["status"]);
    status.says("a and 1 more: no profile that is bound to claude").says("to link one: ocsync sync --create");
}

#[test]
fn its_login_counts_once_it_was_seen() {
    let home = home(&json!({ "anthropic/*": cli() }), &[]);
    home.run(&["sync"]).code(0).silent();
    home.run(&["check-expiry"]).code(0).prints("ok: 1 checked");
    // The CLI renews it when it is used: its access token alone is no problem.
    let home = home.claude("old", hours(-30));
    for command in ["sync", "status", "check-expiry"] {
        home.run(&[command]).code(0);
    }
    fs::remove_file(home.path(LOGIN)).unwrap();
    for args in [&["sync", "--wait", "0"][..], &["status"], &["check-expiry"], &["refresh", "--wait", "0"]] {
        home.run(args).code(1);
    }
    let flag = home.path("flag");
    let run = home.run(&["sync", "--wait", "0", "--flag-file", flag.to_str().unwrap()]);
    run.code(1).says("Claude Code runs the models of main, and the login's file is gone");
    assert!(flag.exists());
    let home = home.claude("newer", hours(8));
    home.run(&["sync", "--flag-file", flag.to_str().unwrap()]).code(0);
    assert!(!flag.exists());
}

#[test]
fn a_login_that_has_ended_or_is_logged_out_is_1() {
    for login in [
        json!({ "accessToken": "", "refreshToken": "", "expiresAt": 0 }),
        json!({ "accessToken": "sk-ant-oat01-canary-x", "refreshToken": "sk-ant-ort01-canary-x", "expiresAt": hours(-2),
                "refreshTokenExpiresAt": hours(-1) }),
    ] {
        let home = home(&json!({ "anthropic/o": cli() }), &[]);
        home.run(&["sync"]).code(0);
        let home = home.file(LOGIN, &json!({ "claudeAiOauth": login }).to_string());
        for command in ["sync", "status", "check-expiry"] {
            home.run(&[command]).code(1);
        }
        home.run(&["sync"]).code(1).says("only a login with claude can help");
    }
}

#[test]
fn a_login_that_nobody_has_ever_had_is_nobodys() {
    let home = home(&json!({ "anthropic/o": cli() }), &[]);
    fs::remove_file(home.path(LOGIN)).unwrap();
    home.run(&["sync", "--wait", "0"]).code(66);
    home.run(&["status"]).code(0);
    // Other agents call the API: then the login is bound as ever.
    let by_api = self::home(&json!({}), &[]);
    by_api.run(&["sync"]).code(0);
    fs::remove_file(by_api.path(LOGIN)).unwrap();
    by_api.run(&["status"]).code(0);
}
