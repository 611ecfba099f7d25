//! Profiles that OpenClaw gives to Claude Code in place of its own login, and the command that removes them.

use crate::home::sqlite::{MAIN, STATE, agent_database, state_database};
use crate::home::{CLAUDE, Home, hours, oauth, store};
use serde_json::{Value, json};

const LINK: &str = r#"{"type":"token","provider":"anthropic","tokenRef":{"source":"file","provider":"claudecli","id":"/claudeAiOauth/accessToken"}}"#;
const OTHER: &str = ".openclaw/agents/other/agent/openclaw-agent.sqlite";

fn link() -> Value {
    serde_json::from_str(LINK).unwrap()
}

fn token(name: &str) -> Value {
    json!({ "type": "token", "provider": "anthropic", "token": format!("sk-ant-oat01-canary-{name}"), "expires": hours(8) })
}

/// An OpenClaw of this version with the agents `main`, which Claude Code runs, and `other`, which runs on `model`.
/// `shared` and `own` are the shared row and the main agent's.
fn home(version: &str, model: &str, shared: &str, own: &str) -> Home {
    let path = "~/.claude/.credentials.json";
    let config = json!({
        "meta": { "lastTouchedVersion": version },
        "secrets": { "providers": { "claudecli": { "source": "file", "path": path, "mode": "json" } } },
        "agents": { "defaults": { "model": "claude-cli/o" }, "entries": { "main": {}, "other": { "model": model } } }
    });
    let home = Home::new().file(".openclaw/openclaw.json", &config.to_string()).claude("new", hours(8));
    drop(state_database(&home.path(STATE), shared));
    drop(agent_database(&home.path(MAIN), 23, own));
    drop(agent_database(&home.path(OTHER), 23, &store(&[])));
    home
}

fn verdicts(home: &Home) -> Vec<(String, String)> {
    let report = home.run(&["status", "--json"]).json();
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let rows = report["profiles"].as_array().unwrap().iter();
    rows.map(|row| (text(row, "agent"), text(row, "verdict"))).collect()
}

fn shadows(home: &Home) -> Vec<String> {
    let report = home.run(&["status", "--json"]).json();
    let problems = report["problems"].as_array().unwrap().iter();
    let found = problems.filter(|problem| problem["code"] == "shadows");
    found.map(|problem| problem["hint"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_link_and_a_token_shadow_and_each_has_its_cure() {
    let own = store(&[("anthropic:ocsync", link()), ("anthropic:it's", token("new"))]);
    let home = home("2026.9.6", "claude-cli/o", &store(&[]), &own);
    let all = [("main".into(), "shadows".into()), ("main".into(), "shadows".into())];
    assert_eq!(verdicts(&home), all);
    let cures = [
        r"openclaw models auth logout 'anthropic:it'\''s' --agent main --yes",
        "openclaw models auth logout anthropic:ocsync --agent main --yes",
    ];
    assert_eq!(shadows(&home), cures);
    let run = home.run(&["sync"]);
    run.code(3).says(cures[0]).says("OpenClaw gives it to Claude Code in place of Claude Code's own login");
    home.run(&["sync", "-q"]).code(3).silent();
    home.run(&["status"]).code(3).says(cures[0]).says(cures[1]);
    let report = home.run(&["status", "--json"]).json();
    assert_eq!(report["profiles"][0]["route"], "claude-cli");
    // The logout does this.
    crate::home::sqlite::change(&home.path(MAIN), "DELETE FROM auth_profile_store");
    assert_eq!((verdicts(&home), shadows(&home)), (vec![], vec![]));
    home.run(&["sync"]).code(0).silent();
}

#[test]
fn a_row_that_an_agent_needs_for_the_api_shadows_nothing() {
    let shared = store(&[("anthropic:ocsync", link())]);
    let both = |verdict: &str| ["main", "other"].map(|agent| (agent.to_owned(), verdict.to_owned())).to_vec();
    let by_api = home("2026.9.6", "anthropic/o", &shared, &store(&[]));
    assert_eq!((verdicts(&by_api), shadows(&by_api)), (both("linked"), vec![]));
    by_api.run(&["sync", "--reload", "never"]).code(0).silent();
    // An agent without a model of Anthropic's does not need it.
    let by_nobody = home("2026.9.6", "openai/g", &shared, &store(&[]));
    assert_eq!(verdicts(&by_nobody), [("main".into(), "shadows".into()), ("other".into(), "linked".into())]);
    let by_cli = home("2026.9.6", "claude-cli/s", &shared, &store(&[]));
    assert_eq!(verdicts(&by_cli), both("shadows"));
    assert_eq!(shadows(&by_cli), ["openclaw models auth logout anthropic:ocsync --agent main --yes"], "one row");
}

#[test]
fn only_some_releases_hand_profiles_over() {
    let own = store(&[("anthropic:ocsync", link())]);
    for (version, verdict) in [
        ("2026.8.1", "shadows"),
        ("2026.8.2", "linked"),
        ("2026.9.4", "linked"),
        ("2026.9.5", "shadows"),
        ("2027.1.0", "shadows"),
    ] {
        let home = home(version, "claude-cli/o", &store(&[]), &own);
        assert_eq!(verdicts(&home), [("main".to_owned(), verdict.to_owned())], "{version}");
    }
}

#[test]
fn a_profile_shadows_only_a_login_that_is_live() {
    let own = store(&[("anthropic:ocsync", link())]);
    let home = home("2026.9.6", "claude-cli/o", &store(&[]), &own);
    // Claude Code renews this one when it is used.
    let home = home.claude("old", hours(-3));
    assert_eq!(verdicts(&home), [("main".into(), "shadows".into())]);
    let dead = json!({ "accessToken": "", "refreshToken": "", "expiresAt": 0 });
    let home = home.file(".claude/.credentials.json", &json!({ "claudeAiOauth": dead }).to_string());
    assert_eq!((verdicts(&home), shadows(&home)), (vec![("main".into(), "linked".into())], vec![]));
    home.run(&["sync"]).code(1).says("claude auth login");
}

#[test]
fn an_oauth_profile_keeps_its_verdict_and_has_a_warning() {
    let own = store(&[(CLAUDE, oauth("old", hours(-1)))]);
    let home = home("2026.9.6", "claude-cli/o", &store(&[]), &own);
    let logout = "openclaw models auth logout anthropic:default --agent main --yes";
    assert_eq!(
        (verdicts(&home), shadows(&home)),
        (vec![("main".into(), "source-newer".into())], vec![logout.into()])
    );
    home.run(&["sync"]).code(0);
    assert_eq!((verdicts(&home), shadows(&home)), (vec![("main".into(), "in-sync".into())], vec![logout.into()]));
    home.run(&["sync"]).code(0).silent();
    home.run(&["status"]).code(0);
}

#[test]
fn what_somebody_saved_on_purpose_is_left_alone_without_a_word() {
    let setup = json!({ "type": "token", "provider": "anthropic", "token": "sk-ant-oat01-canary-setup" });
    let boss = json!({ "type": "oauth", "provider": "anthropic", "access": "sk-ant-oat01-canary-boss",
        "refresh": "sk-ant-ort01-canary-boss", "expires": hours(5), "email": "boss@example.test" });
    for (id, profile, config) in [
        ("anthropic:manual", setup.clone(), json!({})),
        ("anthropic:default", oauth("old", hours(5)), json!({ "bind": { "anthropic:default": "none" } })),
        ("anthropic:boss", boss, json!({})),
    ] {
        let home = home("2026.9.6", "claude-cli/o", &store(&[]), &store(&[(id, profile)])).config(&config);
        for command in ["sync", "status", "check-expiry"] {
            let run = home.run(&[command]);
            run.code(0);
            assert!(!format!("{}{}", run.stdout, run.stderr).contains("logout"), "{id}: {run:?}");
        }
        assert_eq!(shadows(&home), Vec::<String>::new(), "{id}");
    }
}
