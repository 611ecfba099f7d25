//! Stores that the real OpenClaw of the SQLite era has written itself: `ocsync status` and
//! `openclaw models status` name the same profiles of every agent, with the same provider, type and expiry.
//!
//! Twelve stores: pasted tokens and references on either version; profiles of before that `doctor --fix` has
//! taken over, on either; and those of 2026.6.10 after its upgrade to 2026.9.6.
//!
//! Opt-in as `openclaw_json.rs`, and in the same cage: `OCSYNC_REAL_OPENCLAW=1`.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use crate::cage::agreement::agree;
use crate::cage::json_of;
use crate::cage::openclaw::{DOCTOR, OpenClaw};
use crate::home::every_call::{calls, no_file_of_before};
use crate::home::{Home, at, hours, oauth, put, store};
use serde_json::{Value, json};

versions! { crate::cage::openclaw::run_alone;
    v2026_6_10 "2026.6.10": what_was_pasted_and_linked what_was_taken_over_and_upgraded;
    v2026_9_6 "2026.9.6": what_was_pasted_and_linked what_was_taken_over;
}

/// Three agents, of which one is elsewhere, in the form of the version.
fn home_of(version: &str) -> Home {
    let home = Home::new().claude("first", hours(8));
    let elsewhere = json!({ "agentDir": home.path("elsewhere") });
    let agents = if version == "2026.9.6" {
        let entries = json!({ "main": {}, "ops": {}, "out": elsewhere });
        json!({ "ownership": "explicit", "defaults": { "systemAgent": { "agentId": "main" } }, "entries": entries })
    } else {
        json!({ "list": [{ "id": "main" }, { "id": "ops" }, { "id": "out", "agentDir": elsewhere["agentDir"] }] })
    };
    let config = json!({ "gateway": { "mode": "local" }, "logging": { "file": home.path("log") }, "agents": agents });
    put(&home.path(".openclaw/openclaw.json"), &config.to_string());
    home
}

fn paste(openclaw: &OpenClaw, home: &Home, token: &str, args: &[&str]) {
    let agent: &[&str] = if openclaw.version == "2026.9.6" { &["--agent", "main"] } else { &[] };
    let mut command = openclaw.command(home, &[&["models", "auth", "paste-token"], args, agent].concat());
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{token}").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A setup token is long.
fn setup_token(name: &str) -> String {
    format!("{}-{}", at(name), "x".repeat(80))
}

/// `agentId`, type and name of a profile that refers to a login.
fn target(agent: &str, kind: &str, provider: &str, id: &str, by: (&str, &str, &str)) -> Value {
    let field = if kind == "token" { "token" } else { "key" };
    json!({ "type": format!("auth-profiles.{kind}.{field}"), "path": format!("profiles.{id}.{field}"),
            "pathSegments": ["profiles", id, field], "agentId": agent, "authProfileProvider": provider,
            "ref": { "source": by.0, "provider": by.1, "id": by.2 } })
}

fn what_was_pasted_and_linked(openclaw: &OpenClaw) {
    let home = home_of(openclaw.version);
    paste(openclaw, &home, &setup_token("a"), &["--provider", "anthropic"]);
    let brief = ["--provider", "anthropic", "--profile-id", "anthropic:brief", "--expires-in", "470m"];
    paste(openclaw, &home, &setup_token("b"), &brief);
    // 2026.9.6 uses this one no more, and shows it all the same.
    let retired = ["--provider", "anthropic", "--profile-id", "anthropic:claude-cli", "--expires-in", "30d"];
    paste(openclaw, &home, &setup_token("c"), &retired);

    let home = openclaw.install(home, None);
    let (file, exec) = (("file", "cli", "/claudeAiOauth/accessToken"), ("exec", "own", "claude/access"));
    let own = json!({ "source": "exec", "command": home.root().join("bin/ocsync"), "timeoutMs": 10_000,
                      "args": ["provide", "--home", home.path("")], "jsonOnly": true });
    let cli = json!({ "source": "file", "path": home.path(".claude/.credentials.json"), "mode": "json" });
    let targets = [
        target("main", "token", "anthropic", "anthropic:linked", file),
        target("main", "token", "anthropic", "anthropic:asked", exec),
        target("out", "api_key", "openai", "openai:key", file),
    ];
    let plan = json!({ "version": 1, "protocolVersion": 1, "targets": targets,
                       "providerUpserts": { "cli": cli, "own": own } });
    put(&home.path("plan.json"), &plan.to_string());
    let path = home.path("plan.json");
    let apply = ["secrets", "apply", "--from", path.to_str().unwrap(), "--allow-exec", "--json"];
    assert_eq!(json_of(&mut openclaw.command(&home, &apply))["changed"], true);

    let seen = agree(openclaw, &home, &["main", "out"]);
    assert!(seen >= 9, "{seen}");
}

/// Stores of 2026.5.28 for three agents, with all sorts of profiles.
fn of_before(version: &str) -> Home {
    let home = home_of(version);
    let without_refresh = |name: &str, expires: i64| {
        let mut entry = oauth(name, expires);
        entry.as_object_mut().unwrap().remove("refresh");
        entry
    };
    let token = |name: &str, expires: Option<i64>| {
        let mut entry = json!({ "type": "token", "provider": "anthropic", "token": at(name) });
        entry.as_object_mut().unwrap().extend(expires.map(|at| ("expires".to_owned(), json!(at))));
        entry
    };
    let login = |provider: &str, expires: i64| {
        json!({ "type": "oauth", "provider": provider, "access": format!("canary-{provider}"),
                "refresh": format!("canary-rt-{provider}"), "expires": expires, "accountId": "acct-A" })
    };
    let key = json!({ "type": "api_key", "provider": "openrouter", "key": "sk-or-canary" });
    let named = json!({ "type": "api_key", "provider": "google",
                        "keyRef": { "source": "env", "provider": "default", "id": "GEMINI_API_KEY" } });
    let main = store(&[
        ("anthropic:default", oauth("a", hours(8))),
        ("anthropic:late", oauth("b", hours(30))),
        ("anthropic:ended", oauth("c", hours(-1))),
        ("anthropic:no-refresh", without_refresh("d", hours(27))),
        ("anthropic:no-refresh-ended", without_refresh("e", hours(-27))),
        ("anthropic:claude-cli", oauth("f", hours(8))),
        ("anthropic:setup", token("g", None)),
        ("anthropic:setup-dated", token("h", Some(hours(480)))),
        ("anthropic:setup-ended", token("i", Some(hours(-1)))),
        ("openai:default", login("openai", hours(48))),
        ("openai-codex:default", login("openai-codex", hours(72))),
        ("minimax-portal:minimax-cli", login("minimax-portal", hours(5))),
        ("openrouter:team", key),
        ("google:named", named),
    ]);
    let ops = store(&[("anthropic:ops", oauth("j", hours(3))), ("anthropic:default", oauth("k", hours(12)))]);
    let out = store(&[("anthropic:out", token("l", Some(hours(100))))]);
    home.agent("main", &main).agent("ops", &ops).file("elsewhere/auth-profiles.json", &out)
}

fn what_was_taken_over(openclaw: &OpenClaw) {
    let home = of_before(openclaw.version);
    openclaw.repair(&home);
    let seen = agree(openclaw, &home, &["main", "ops", "out"]);
    assert!(seen >= 30, "{seen}");
    // There is no `openclaw` in its bin; and what Node keeps of it is not looked through each time.
    fs::remove_dir_all(home.root().join("tmp/node-compile-cache")).unwrap();
    no_file_of_before(&home, &calls());
}

fn what_was_taken_over_and_upgraded(openclaw: &OpenClaw) {
    let home = of_before(openclaw.version);
    openclaw.repair(&home);
    let seen = agree(openclaw, &home, &["main", "ops", "out"]);
    assert!(seen >= 30, "{seen}");

    let Some(newer) = OpenClaw::get("2026.9.6") else { return };
    // Files that it moves by a native module, which is not there without install scripts.
    for dir in ["identity", "logs"] {
        fs::remove_dir_all(home.path(".openclaw").join(dir)).unwrap();
    }
    // The first run stops before the profiles: "Cannot read legacy shared auth database".
    let _ = newer.command(&home, DOCTOR).output().unwrap();
    newer.repair(&home);
    let seen = agree(&newer, &home, &["main", "ops"]);
    assert!(seen >= 26, "{seen}");
}
