//! Whether an expired token can be had anew: `check-expiry` says it in its line and in `refreshable`,
//! and agrees with `sync` on who needs a person.

use crate::home::{CLAUDE, Home, claude_json, claude_store, hours, oauth, store};
use serde_json::{Value, json};

/// Claude's file with some of its keys exchanged, expired.
fn claude(name: &str, keys: &Value) -> String {
    let mut file: Value = serde_json::from_str(&claude_json(name, hours(-1))).unwrap();
    for (key, value) in keys.as_object().unwrap() {
        file["claudeAiOauth"][key] = value.clone();
    }
    file.to_string()
}

/// A home with Claude's file and an expired profile of `main` with the tokens of a name.
fn home(file: &str, profile: &str) -> Home {
    Home::new().file(".claude/.credentials.json", file).agent("main", &claude_store(profile, hours(-1)))
}

#[test]
fn a_login_and_its_profile_say_whether_the_cli_can_refresh_them() {
    let cases = [
        (json!({}), Some(true), "ocsync refresh renews it"),
        (json!({ "refreshToken": null }), Some(false), "log in: claude auth login"),
        (json!({ "refreshTokenExpiresAt": hours(-1) }), Some(false), "log in: claude auth login"),
        (json!({ "refreshTokenExpiresAt": hours(100) }), Some(true), "ocsync refresh renews it"),
    ];
    for (keys, refreshable, words) in cases {
        let home = home(&claude("a", &keys), "a");
        // 1 where nothing but a login helps, and only there.
        let code = if refreshable == Some(true) { 2 } else { 1 };
        let report = home.run(&["check-expiry", "--json"]).code(code).json();
        assert_eq!(report["sources"][0]["refreshable"], json!(refreshable), "{keys}");
        assert_eq!(report["profiles"][0]["refreshable"], json!(refreshable), "{keys}");
        let run = home.run(&["check-expiry"]);
        run.code(code).prints("expired: ").prints(&format!(", {words}; 1 more\n"));
        // `sync` agrees.
        let code = home.run(&["sync"]).code;
        assert_eq!(code == Some(1), refreshable == Some(false), "{keys}: {code:?}");
    }
}

#[test]
fn a_logged_out_cli_needs_a_login_and_a_profile_of_its_own_lineage_does_not() {
    let out = claude("", &json!({ "accessToken": "", "refreshToken": "" }));
    let report = home(&out, "a").run(&["check-expiry", "--json"]).code(1).json();
    assert_eq!(report["sources"][0]["refreshable"], json!(false));
    assert_eq!(report["profiles"][0]["refreshable"], json!(true));
    // Once the CLI has had the profile's refresh token, it went with the login.
    let home = home(&claude("a", &json!({})), "a");
    home.run(&["sync"]);
    let home = home.file(".claude/.credentials.json", &out);
    let report = home.run(&["check-expiry", "--json"]).code(1).json();
    assert_eq!(report["profiles"][0]["refreshable"], json!(false));
    home.run(&["check-expiry", "--profile", CLAUDE]).prints(", log in: claude auth login; 1 more");
    home.run(&["sync"]).code(1);
}

#[test]
fn what_has_no_end_or_cannot_be_read_is_neither() {
    let key = json!({ "type": "api_key", "provider": "openai", "key": "canary" });
    let token = json!({ "type": "token", "provider": "github-copilot", "token": "ghu_canary" });
    let profiles = [(CLAUDE, oauth("a", hours(-1))), ("github-copilot:github", token), ("openai:key", key)];
    let home = Home::new().file(".claude/.credentials.json", "{").agent("main", &store(&profiles));
    let report = home.run(&["check-expiry", "--json"]).json();
    assert_eq!(report["sources"][0]["refreshable"], Value::Null);
    let all = report["profiles"].as_array().unwrap();
    assert_eq!(all.len(), 3);
    assert!(all.iter().all(|row| row["refreshable"] == Value::Null), "{all:?}");
}

#[test]
fn a_profile_that_sync_would_renew_says_so() {
    let home = Home::new().claude("new", hours(8)).agent("main", &claude_store("old", hours(-1)));
    let line = "expired: main anthropic:default, 1h 0m ago, ocsync sync delivers a newer one\n";
    home.run(&["check-expiry"]).code(2).prints(line);
    home.run(&["sync"]).code(0);
    home.run(&["check-expiry"]).code(0).prints("ok: 2 checked");
}
