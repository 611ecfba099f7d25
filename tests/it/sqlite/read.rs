//! Profiles in SQLite, in both layouts (OpenClaw 2026.6.5 to 2026.9.6), are read as they are this moment, and
//! nothing beside them changes: no file, no byte, no time.

use std::collections::BTreeSet;
use std::fs;

use crate::home::sqlite::{MAIN, STATE, agent_database, rows, state_database, value};
use crate::home::sqlite_write::shared;
use crate::home::{self, CLAUDE, Home, at, claude_store, hours, now, store};
use serde_json::{Value, json};

use super::holder::Holder;

/// The clock of the fixtures.
const NOW: [&str; 2] = ["--now", "2026-11-20T10:00:00Z"];

fn verdict(report: &Value, agent: &str, profile: &str) -> String {
    value(report, agent, profile, "verdict")
}

#[test]
fn what_2026_6_10_wrote_is_read() {
    let home = Home::linked("2026.6.10").never_written().with_fixture("2026.6.10-agent.sqlite", MAIN);
    let report = home.look(&["status", "--json", NOW[0], NOW[1]]).json();
    assert_eq!(verdict(&report, "main", CLAUDE), "source-newer");
    assert_eq!(value(&report, "main", CLAUDE, "result"), "refused");
    assert_eq!(value(&report, "main", CLAUDE, "expires_at"), "2026-11-20T18:00:00Z");
    assert_eq!(verdict(&report, "main", "anthropic:ref"), "linked");
    assert_eq!(verdict(&report, "main", "anthropic:claude-cli"), "source-newer");
    assert_eq!(value(&report, "main", "openrouter:default", "type"), "api_key");
    assert!(report["profiles"].as_array().unwrap().iter().all(|row| row["store"] == "sqlite"));
    let codes: Vec<&str> =
        report["problems"].as_array().unwrap().iter().map(|problem| problem["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["cooldown", "refused"]);
}

#[test]
fn what_2026_9_6_wrote_is_read_and_the_agents_own_rows_count() {
    let home = Home::linked("2026.9.6").with_fixture("2026.9.6-agent.sqlite", MAIN);
    let home = home.with_fixture("2026.9.6-state.sqlite", STATE).file(".openclaw/agents/night/agent/x", "");
    let report = home.look(&["status", "--json", NOW[0], NOW[1]]).json();
    assert_eq!(value(&report, "main", CLAUDE, "expires_at"), "2026-11-20T11:00:00Z");
    assert_eq!(value(&report, "night", CLAUDE, "expires_at"), "2026-11-20T18:00:00Z");
    assert_eq!(verdict(&report, "night", "anthropic:ref"), "linked");
    assert_eq!(verdict(&report, "main", "anthropic:claude-cli"), "unbound");
    let told = home.look(&["status", NOW[0], NOW[1]]);
    for line in [
        "main openai:default and 1 more: OpenClaw's refresh of it has failed",
        "main openai:work and 1 more: OpenClaw is refreshing it, or was stopped",
        "main anthropic:claude-cli and 1 more: retired",
        "openai:default and 1 more: OpenClaw does not use it until 2026-11-20 10:00 UTC",
    ] {
        told.says(line);
    }
}

#[test]
fn a_fence_for_the_very_token_of_the_cli_is_told() {
    let digest = "openclaw.oauth-refresh-generation";
    let text = json!([digest, 1, CLAUDE, "anthropic", "refresh", home::rt("new")]).to_string();
    let digest: String =
        sha2::Digest::finalize(sha2::Digest::chain_update(<sha2::Sha256 as sha2::Digest>::new(), text))
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
    let fence = |kind: &str| format!("openclaw-oauth-refresh-fence:v1:{}:failed:{kind}:{digest}", "c".repeat(32));
    let entry = json!({ "type": "oauth", "provider": "anthropic", "access": fence("access"), "refresh": fence("refresh"), "expires": 1 });
    let home = Home::linked("2026.9.6");
    drop(agent_database(&home.path(MAIN), 23, &store(&[(CLAUDE, entry)])));
    let run = home.look(&["status"]);
    run.code(1).says("it was for the refresh token that claude has now").prints("opaque").prints("expired  ");
    // OpenClaw shows no time either.
    let row = home.look(&["status", "--json"]).json()["profiles"][0].clone();
    assert_eq!(
        (&row["state"], &row["expires_at"], &row["expires_in"]),
        (&json!("expired"), &Value::Null, &Value::Null)
    );
    home.look(&["sync"]).code(3);
}

#[test]
fn anthropic_under_models_providers_is_no_fault_here() {
    let config = json!({ "meta": { "lastTouchedVersion": "2026.9.6" },
                         "models": { "providers": { "anthropic": { "baseUrl": "http://127.0.0.1:9/v1" } } } });
    let home = Home::shared().file(".openclaw/openclaw.json", &config.to_string());
    let report = home.look(&["status", "--json"]).json();
    assert!(!report["problems"].to_string().contains("own-anthropic"), "{report:#}");
}

#[test]
fn both_eras_have_one_shape_of_report() {
    let keys = |home: &Home, command: &str| -> BTreeSet<String> {
        let report = home.run(&[command, "--json"]).json();
        let row = report["profiles"][0].as_object().unwrap();
        row.keys().cloned().collect()
    };
    for command in ["status", "check-expiry", "sync"] {
        let json = keys(&Home::stale(), command);
        assert_eq!(keys(&Home::per_agent(), command), json);
        let (shared, _coordinator) = shared();
        assert_eq!(keys(&shared, command), json);
    }
}

#[test]
fn what_is_only_in_the_log_of_a_running_gateway_is_read_and_the_gateway_goes_on() {
    let home = Home::shared().never_written();
    let state = Holder::of(&home.path(STATE), "UPDATE config_machine_state SET updated_at_ms = 2");
    let mut own = Holder::of(&home.path(MAIN), "SELECT 1");
    for (name, expected) in [("old", "source-newer"), ("new", "metadata"), ("older", "source-newer")] {
        own.puts(&rows(name));
        for command in ["status", "check-expiry", "sync"] {
            let report = home.look(&[command, "--json"]).json();
            assert_eq!(verdict(&report, "main", CLAUDE), expected, "{command} {name}");
        }
    }
    // One that died leaves its log; another ends as ever, and cleans up.
    own.kill_hard();
    state.ends();
    assert!(home.path(&format!("{MAIN}-wal")).exists() && !home.path(&format!("{STATE}-wal")).exists());
    home.look(&["status"]).code(3).prints("source-newer");
    let mut own = Holder::of(&home.path(MAIN), "SELECT 1");
    own.puts(&rows("new"));
    own.ends();
    assert!(!home.path(&format!("{MAIN}-wal")).exists());
    home.look(&["status"]).code(3).prints("metadata");
}

#[test]
fn a_copy_with_its_log_is_read_with_and_without_the_index_of_the_log() {
    let home = Home::linked("2026.6.10");
    let live = home.root().join("live.sqlite");
    drop(agent_database(&live, 1, &store(&[])));
    let mut open = Holder::of(&live, "SELECT 1");
    open.puts(&rows("old"));
    for suffixes in [&["", "-wal"][..], &["", "-wal", "-shm"]] {
        for suffix in suffixes {
            let to = home.path(&format!("{MAIN}{suffix}"));
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(home.root().join(format!("live.sqlite{suffix}")), &to).unwrap();
            home::chmod(&to, 0o600);
        }
        let report = home.look(&["status", "--json"]).code(3).json();
        assert_eq!(verdict(&report, "main", CLAUDE), "source-newer", "{suffixes:?}");
    }
    open.ends();
}

#[test]
fn a_profile_that_is_linked_is_reloaded_when_the_cli_has_rotated_and_once() {
    for layout in [Home::per_agent, Home::shared] {
        let home = layout().never_written().openclaw("echo '{\"ok\":true}'").gateway(now() - 3_600_000);
        home.look(&["sync"]).code(3);
        assert_eq!(home.calls(), 1);
        home.look(&["sync"]).code(3);
        assert_eq!(home.calls(), 1);
        let home = home.claude("newer", hours(9));
        home.look(&["sync"]).code(3);
        assert_eq!(home.calls(), 2);
        assert!(!fs::read_to_string(home.root().join("calls")).unwrap().contains(&at("newer")));
        // Without a gateway: asked, and no matter.
        fs::remove_dir_all(home.root().join("tmp")).unwrap();
        let home = home.claude("newest", hours(10)).openclaw("echo '{\"ok\":false}'; exit 1");
        assert_eq!(home.look(&["sync"]).code(3).says("sqlite_write is \"never\"").stdout, "");
        assert_eq!(home.calls(), 3);
    }
}

#[test]
fn json_beside_sqlite_is_told_with_what_that_version_makes_of_it() {
    let told = |home: Home, code: i32, what: &str| {
        let home = home.never_written().agent("main", &claude_store("old", hours(1)));
        home.look(&["status"]).code(code).says("JSON beside SQLite").says(what);
        let code = home.look(&["sync", "--create"]).code;
        assert_eq!(code, Some(if what.contains("MIGRATION") { 4 } else { 3 }));
    };
    told(Home::per_agent(), 3, "OpenClaw 2026.6.5 to 2026.7.35 ignores it without a word");
    told(Home::shared(), 3, "OpenClaw from 2026.8.1 on ignores it while");
    let home = Home::linked("2026.9.6");
    drop(state_database(&home.path(STATE), &store(&[])));
    told(home, 4, "AUTH_PROFILE_MIGRATION_REQUIRED");
}

#[test]
fn an_empty_store_is_empty_and_a_half_migrated_home_is_read_as_far_as_it_is_migrated() {
    let home = Home::linked("2026.6.10");
    drop(agent_database(&home.path(MAIN), 1, &store(&[])));
    home.look(&["status"]).code(0).says("no profile of OpenClaw is bound to claude");
    home.look(&["sync"]).code(0);
    let home = Home::per_agent().agent("night", &claude_store("old", hours(1)));
    let report = home.look(&["status", "--json"]).code(4).json();
    assert_eq!(verdict(&report, "main", CLAUDE), "source-newer");
    let night = report["profiles"].as_array().unwrap().iter().find(|row| row["agent"] == "night").unwrap();
    assert_eq!((&night["verdict"], &night["result"]), (&Value::Null, &json!("refused")));
}
