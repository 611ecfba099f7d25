//! `--adopt` gives a profile to a login on purpose: tokens and account, once, and only while it can be told whose the
//! login is.

use crate::home::provide::{codex_json, jwt};
use crate::home::sqlite::{MAIN, agent_database, text};
use crate::home::{CLAUDE, Home, at, hours, oauth, rt, store};
use serde_json::{Value, json};

const BOSS: &str = "boss@example.test";

fn account(email: &str) -> String {
    json!({ "oauthAccount": { "emailAddress": email, "accountUuid": format!("uuid-{}", email.replace('@', "-")) } })
        .to_string()
}

fn of(email: &str) -> Value {
    let mut profile = oauth("theirs", hours(2));
    profile["email"] = json!(email);
    profile["displayName"] = json!("them");
    profile
}

fn held(home: &Home, id: &str) -> Value {
    let store: Value = serde_json::from_str(&home.store_text("main")).unwrap();
    store["profiles"][id].clone()
}

#[test]
fn a_profile_of_another_account_is_written_with_adopt_alone() {
    let home = Home::new().claude("cli", hours(8)).file(".claude.json", &account("me@example.test"));
    let home = home.agent("main", &store(&[(CLAUDE, of(BOSS)), ("anthropic:other", of(BOSS))]));
    let before = home.store_text("main");
    for args in [&["sync"][..], &["sync", "--prefer-source"], &["sync", "--force-type"], &["refresh"]] {
        home.run(args);
        assert_eq!(home.store_text("main"), before, "{args:?}");
    }
    let home = home.file(".claude.json", "{\"oauthAccount\":{");
    home.run(&["sync", "--adopt", "main/anthropic:default"]).code(4).says(".claude.json");
    assert_eq!(home.store_text("main"), before);
    let home = home.file(".claude.json", &account("me@example.test"));
    home.run(&["sync", "--adopt", "main/anthropic:default", "--dry-run"]).code(3).prints("replaces another login");
    assert_eq!(home.store_text("main"), before);
    home.run(&["sync", "--adopt", "main/anthropic:default"]).code(0);
    let adopted = held(&home, CLAUDE);
    assert_eq!((&adopted["access"], &adopted["email"]), (&json!(at("cli")), &json!("me@example.test")));
    assert_eq!(adopted["displayName"], Value::Null);
    assert_eq!(held(&home, "anthropic:other"), of(BOSS));
    home.run(&["sync"]).code(0).silent();
    let home = home.claude("next", hours(9));
    let run = home.run(&["sync", "--json"]);
    assert_eq!(held(&home, CLAUDE)["access"], json!(at("next")), "{run:?}");
    home.run(&["sync", "--restore", "main/anthropic:default"]).code(0);
    assert_eq!(held(&home, CLAUDE), of(BOSS));
}

#[test]
fn a_profile_without_a_source_and_a_newer_one_can_be_adopted() {
    let (codex, access) = codex_json(hours(8));
    let own = json!({ "type": "oauth", "provider": "openai-codex", "access": jwt(&json!({ "exp": hours(90) / 1000 })),
                      "refresh": rt("own"), "expires": hours(90), "accountId": "acct-other", "idToken": "i-canary" });
    let home = Home::new().version("2026.5.28").file(".codex/auth.json", &codex);
    let home = home.agent("main", &store(&[("openai-codex:x", own.clone()), ("openai-codex:default", own)]));
    home.run(&["sync", "--adopt", "main/openai-codex:x=claude"]).code(4).says("is not adopted");
    home.run(&["sync", "--adopt", "openai-codex:x=codex", "--adopt", "main/openai-codex:default"]).code(0);
    for id in ["openai-codex:x", "openai-codex:default"] {
        let profile = held(&home, id);
        assert_eq!((&profile["access"], &profile["accountId"]), (&json!(access), &json!("acct-FAKE")));
        assert_eq!(profile["idToken"], Value::Null);
    }
    home.run(&["sync"]).code(0).silent();
}

#[test]
fn an_api_key_and_what_bind_protects_are_never_adopted() {
    let key = json!({ "type": "api_key", "provider": "anthropic", "key": "sk-canary" });
    let home = Home::new().claude("cli", hours(8)).file(".claude.json", &account("me@example.test"));
    let home = home.agent("main", &store(&[("anthropic:key", key), (CLAUDE, of(BOSS))]));
    let before = home.store_text("main");
    home.run(&["sync", "--adopt", "main/anthropic:key"]).code(4).says("it is no login");
    let protected = ["sync", "--bind", "anthropic:default=none", "--adopt", "anthropic:default"];
    home.run(&protected).code(4).says("\"bind\" protects it");
    assert_eq!(home.store_text("main"), before);
}

#[test]
fn in_sqlite_an_adopted_profile_gets_no_refresh_token() {
    let home = Home::linked("2026.7.35").file(".claude.json", &account("me@example.test"));
    drop(agent_database(&home.path(MAIN), 1, &store(&[(CLAUDE, of(BOSS))])));
    let before = text(&home.path(MAIN));
    home.run(&["sync"]).code(0);
    assert_eq!(text(&home.path(MAIN)), before);
    home.run(&["sync", "--adopt", "main/anthropic:default"]).code(0);
    let after: Value = serde_json::from_str(&text(&home.path(MAIN))).unwrap();
    let after = &after["profiles"][CLAUDE];
    assert_eq!((&after["access"], &after["refresh"]), (&json!(at("new")), &Value::Null));
    assert_eq!(after["email"], json!("me@example.test"));
    home.run(&["sync", "--restore", "main/anthropic:default"]).code(0);
    assert_eq!(text(&home.path(MAIN)), before);
}

#[test]
fn the_command_that_status_prints_does_what_it_says() {
    let home = Home::new().claude("cli", hours(8)).file(".claude.json", &account("me@example.test"));
    let home = home.agent("main", &store(&[("anthropic:me@example.test", of("me@example.test"))]));
    home.run(&["sync"]).code(0).silent();
    let home = home.var("COLUMNS", "400");
    home.run(&["status"]).code(0).prints("ocsync sync --adopt main/anthropic:me@example.test");
    home.run(&["sync", "--adopt", "main/anthropic:me@example.test"]).code(0);
    assert_eq!(held(&home, "anthropic:me@example.test")["access"], json!(at("cli")));
    // The CLI's account changes: the profile is left behind, and the hint names it.
    let home = home.claude("boss", hours(9)).file(".claude.json", &account(BOSS));
    home.run(&["sync"]).code(3).says("ocsync sync --adopt main/anthropic:me@example.test");
    home.run(&["sync", "--adopt", "main/anthropic:me@example.test"]).code(0);
    home.run(&["sync"]).code(0).silent();
    assert_eq!(held(&home, "anthropic:me@example.test")["email"], json!(BOSS));
}
