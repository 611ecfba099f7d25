//! The real OpenClaw, of three versions that differ in their stores and locks, agrees with ocsync:
//! it reads what ocsync has written, its lock and ocsync's exclude each other, and its gateway
//! takes the reload. Everything else here is tested against models of OpenClaw; this tests them.
//!
//! Opt-in, as it needs npm and 3 GB: set `OCSYNC_REAL_OPENCLAW=1`. The installations are kept in
//! `OCSYNC_REAL_DIR`, by default in the target directory. Without the variable, or where npm cannot
//! download, a test prints `SKIPPED` and passes. Needs Linux with `unshare`, `nsenter` and `ip`:
//! OpenClaw runs in a throw-away home and in a network of loopback only.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::cage::openclaw::OpenClaw;
use crate::cage::{Started, json_of};
use crate::home::{self, CLAUDE, Home, at, claude_store, hours, now, oauth, rt, setting, store};
use base64::Engine;
use serde_json::{Value, json};

const CODEX: &str = "openai-codex:default";

versions! { crate::cage::openclaw::run;
    v2026_3_11 "2026.3.11": updates_are_read new_shapes_are_read no_update_is_lost a_gateway_is_told;
    #[ignore = "minutes, between two that are run: just real-openclaw"]
    v2026_4_5 "2026.4.5": updates_are_read new_shapes_are_read no_update_is_lost;
    v2026_5_28 "2026.5.28": updates_are_read new_shapes_are_read no_update_is_lost a_gateway_is_told;
}

/// A fake token of Codex's.
fn jwt(name: &str, issued: i64, expires: i64) -> String {
    let part = |value: &Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({ "iat": issued / 1000, "exp": expires / 1000, "jti": name,
                         "https://api.openai.com/auth": { "chatgpt_account_id": "acct-A" } });
    format!("{}.{}.canary", part(&json!({ "alg": "none" })), part(&claims))
}

/// What `openclaw models status` says, which changes nothing.
fn status(openclaw: &OpenClaw, home: &Home) -> Value {
    let before = home.store_text("main");
    let said = json_of(&mut openclaw.command(home, &["models", "status", "--json"]));
    assert_eq!(home.store_text("main"), before);
    home.nothing_left();
    said["auth"].clone()
}

/// Status, type and expiry of a profile.
#[track_caller]
fn seen(status: &Value, id: &str) -> (String, String, Option<i64>) {
    let all = status["oauth"]["profiles"].as_array().unwrap();
    let found = all.iter().find(|profile| profile["profileId"] == id).unwrap_or_else(|| panic!("no {id}: {status}"));
    let text = |key: &str| found[key].as_str().unwrap().to_owned();
    (text("status"), text("type"), found["expiresAt"].as_i64())
}

fn expected(status: &str, kind: &str, expires: i64) -> (String, String, Option<i64>) {
    (status.to_owned(), kind.to_owned(), Some(expires))
}

fn is_unusable(status: &Value, id: &str) -> bool {
    status["unusableProfiles"].as_array().unwrap().iter().any(|profile| profile["profileId"] == id)
}

/// Where the version keeps its cooldowns: a file of their own, or the store.
fn with_cooldown(home: Home, version: &str, mut document: Value) -> Home {
    let usage = json!({ CLAUDE: { "cooldownUntil": hours(2), "cooldownReason": "auth", "errorCount": 3,
                                  "failureCounts": { "auth": 3 }, "lastUsed": 1_795_000_000_000_i64 } });
    if version == "2026.5.28" {
        let state = json!({ "version": 1, "usageStats": usage });
        return home
            .file(".openclaw/agents/main/agent/auth-state.json", &state.to_string())
            .agent("main", &document.to_string());
    }
    document["usageStats"] = usage;
    home.agent("main", &document.to_string())
}

/// An update of Claude's and of Codex's profile, a lifted cooldown, and an account id.
fn updates_are_read(openclaw: &OpenClaw) {
    let (soon, later) = (hours(1), hours(30));
    let codex = json!({ "type": "oauth", "provider": "openai-codex", "access": jwt("old", now() - 86_400_000, soon),
                        "refresh": "rt_canary_old", "expires": soon });
    let document = json!({ "version": 1, "profiles": { CLAUDE: oauth("old", soon), CODEX: codex } });
    let login = json!({ "auth_mode": "chatgpt", "OPENAI_API_KEY": null, "last_refresh": home::iso(now()),
        "tokens": { "id_token": jwt("id", now(), later), "access_token": jwt("new", now(), later),
                    "refresh_token": "rt_canary_new", "account_id": "acct-A" } });
    let home =
        Home::new().version(openclaw.version).claude("new", later).file(".codex/auth.json", &login.to_string());
    let home = with_cooldown(home, openclaw.version, document);

    let before = status(openclaw, &home);
    assert!(is_unusable(&before, CLAUDE), "{before}");
    assert_eq!(seen(&before, CLAUDE).2, Some(soon));
    home.run(&["sync"]).code(0).prints("cooldown lifted").prints(CODEX);
    let after = status(openclaw, &home);
    assert!(!is_unusable(&after, CLAUDE), "{after}");
    assert_eq!(seen(&after, CLAUDE), expected("ok", "oauth", later));
    assert_eq!(seen(&after, CODEX), expected("ok", "oauth", later));

    let loaded = json_of(&mut openclaw.drive(&home, &["read"]));
    assert_eq!(loaded["profiles"][CODEX]["accountId"], "acct-A");
    assert_eq!(loaded["profiles"][CLAUDE]["refresh"], json!(rt("new")));
    assert_eq!(loaded["keys"], json!({ CLAUDE: at("new"), CODEX: login["tokens"]["access_token"] }));
    assert!(loaded["usageStats"][CLAUDE]["lastUsed"].is_number());
    home.run(&["sync"]).code(0).silent();
}

/// A new profile, a `token` made of an `oauth`, and an entry with the field names of other tools.
fn new_shapes_are_read(openclaw: &OpenClaw) {
    let (day, later) = (hours(8), hours(30));
    let create = Home::new().version(openclaw.version).claude("new", later);
    fs::create_dir_all(create.store_path("main").parent().unwrap()).unwrap();
    create.run(&["sync", "--create"]).code(0);

    let access =
        Home::new().version(openclaw.version).claude("new", day).agent("main", &claude_store("old", hours(1)));
    access.run(&["sync", "--access-only"]).code(0);

    let wrong = json!({ "type": "oauth", "provider": "anthropic", "key": at("old"), "accessToken": at("old"),
                        "refreshToken": rt("old"), "expiresAt": hours(1) });
    let wrong = Home::new().version(openclaw.version).claude("new", later).agent("main", &store(&[(CLAUDE, wrong)]));
    assert_eq!(seen(&status(openclaw, &wrong), CLAUDE).0, "missing");
    wrong.run(&["sync"]).code(0);

    let cases =
        [(create, ("ok", "oauth", later)), (access, ("expiring", "token", day)), (wrong, ("ok", "oauth", later))];
    for (home, (health, kind, expires)) in cases {
        assert_eq!(seen(&status(openclaw, &home), CLAUDE), expected(health, kind, expires));
        let loaded = json_of(&mut openclaw.drive(&home, &["read"]));
        assert_eq!(loaded["keys"], json!({ CLAUDE: at("new") }));
        assert_eq!(loaded["profiles"][CLAUDE]["refresh"].is_string(), kind == "oauth");
        home.run(&["sync"]).code(0).silent();
    }
}

/// The access token of Claude's profile. Up to 2026.4.2 OpenClaw writes in place: a reader without
/// its lock may meet a part of the store there, and only there.
fn access(openclaw: &OpenClaw, home: &Home) -> String {
    let tries = if openclaw.version == "2026.3.11" { 1_000 } else { 1 };
    for _ in 0..tries {
        if let Ok(whole) = serde_json::from_str::<Value>(&home.store_text("main")) {
            return whole["profiles"][CLAUDE]["access"].as_str().unwrap().to_owned();
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    panic!("no whole store");
}

/// OpenClaw counts under its lock while Claude's login rotates and ocsync delivers it.
fn no_update_is_lost(openclaw: &OpenClaw) {
    let times = setting("OCSYNC_REAL_UPDATES", 200);
    let key = json!({ "type": "api_key", "provider": "openai", "key": "canary", "metadata": { "count": "0" } });
    let document = store(&[(CLAUDE, oauth("gen-0", hours(4))), ("openai:default", key)]);
    let mut home = Home::new().version(openclaw.version).agent("main", &document);
    let mut driver = openclaw.drive(&home, &["count", &times.to_string()]);
    let mut child = Started(driver.stdin(Stdio::piped()).spawn().unwrap());
    let mut out = BufReader::new(child.0.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();

    let (start, mut generation) = (Instant::now(), 0);
    let mut rotate = |home: Home| {
        assert_eq!(access(openclaw, &home), at(&format!("gen-{generation}")), "put back");
        generation += 1;
        let home = home.claude(&format!("gen-{generation}"), hours(4) + generation * 1000);
        let sync = || home.run(&["sync", "--wait", "30", "--reload", "never"]);
        let mut run = sync();
        // On a busy machine a release that writes in place leaves its store empty for longer than ocsync reads again.
        for _ in 0..3 {
            if openclaw.version == "2026.3.11" && run.code == Some(66) {
                run.says("the file is empty");
                assert_eq!(access(openclaw, &home), at(&format!("gen-{}", generation - 1)), "changed");
                run = sync();
            }
        }
        run.code(0).prints("updated main");
        std::thread::sleep(Duration::from_millis(30));
        (home, generation)
    };
    let mut during = 0;
    while child.0.try_wait().unwrap().is_none() {
        (home, during) = rotate(home);
        if during as u64 >= times {
            drop(child.0.stdin.take());
        }
        assert!(start.elapsed() < Duration::from_secs(120), "OpenClaw never had the lock: {line}");
    }
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert!(child.0.wait().unwrap().success() && line == "ready\n", "{line}{rest}");
    let (home, last) = rotate(home);

    let done = serde_json::from_str::<Value>(&rest).unwrap()["done"].as_u64().unwrap();
    let loaded = json_of(&mut openclaw.drive(&home, &["read"]));
    assert_eq!(loaded["profiles"]["openai:default"]["metadata"]["count"], done.to_string());
    assert_eq!(loaded["usageStats"]["openai:default"]["errorCount"], done);
    assert_eq!(loaded["keys"][CLAUDE], at(&format!("gen-{last}")));
    assert!(loaded["usageStats"][CLAUDE]["cooldownUntil"].is_null(), "{loaded}");
    home.nothing_left();
    println!("{}: {during} updates of ocsync's in {:?}, of OpenClaw's {rest}", openclaw.version, start.elapsed());
    assert!(done >= times && during as u64 >= times, "too few: {done} and {during}");
}

/// `sync` finds the hint of a gateway that runs, and the gateway confirms the reload.
fn a_gateway_is_told(openclaw: &OpenClaw) {
    let home = Home::stale().version(openclaw.version);
    let config = json!({ "meta": { "lastTouchedVersion": openclaw.version }, "logging": { "file": home.path("log") },
        "gateway": { "mode": "local", "port": 18_789, "auth": { "mode": "token", "token": "fake-gateway-token" } } });
    let home = home.file(".openclaw/openclaw.json", &config.to_string());
    let gateway = openclaw.gateway(&home, None);
    let home = home.openclaw(&openclaw.beside(gateway.0.id()));
    let run = home.run(&["sync"]);
    assert_eq!((run.code, home.calls(), home.access("main")), (Some(0), 1, at("new")), "{run:?}");
    home.run(&["sync"]).code(0).silent();
    assert_eq!(home.calls(), 1);

    if openclaw.version == "2026.5.28" {
        keeps_its_snapshot_until_told(home, &openclaw.beside(gateway.0.id()));
    }
}

/// What is delivered untold is owed: the gateway goes on with what it had until the next run.
fn keeps_its_snapshot_until_told(home: Home, script: &str) {
    let expiry = |home: &Home| {
        let command = &mut Command::new("/bin/sh");
        home.dress(command).args(["-c", script, "sh", "gateway", "call", "models.authStatus"]);
        let said = json_of(command.args(["--params", r#"{"refresh":true}"#, "--json"]));
        said["providers"][0]["profiles"][0]["expiry"]["at"].as_i64().unwrap()
    };
    let (old, new) = (expiry(&home), hours(9));
    let home = home.claude("newest", new);
    home.run(&["sync", "--reload", "never"]).code(0);
    assert_eq!((expiry(&home), home.access("main")), (old, at("newest")));
    home.run(&["sync"]).code(0);
    assert_eq!((expiry(&home), home.calls()), (new, 2));
}
