//! What `status` warns of beside the verdicts: each has a code for scripts, and is told to `status` alone.

use std::path::Path;

use crate::home::{self, CLAUDE, Home, at, chmod, claude_store, hours, now, oauth, rt, store};
use serde_json::{Value, json};

fn home() -> Home {
    Home::new().claude("new", hours(8)).agent("main", &claude_store("new", hours(8)))
}

/// The message and the hint of a problem with this code, where there is one.
fn problem(home: &Home, args: &[&str], code: &str) -> Option<(String, String)> {
    let args: Vec<&str> = args.iter().copied().chain(["--json"]).collect();
    let report = home.run(&args).json();
    let problems: Vec<&Value> =
        report["problems"].as_array().unwrap().iter().filter(|problem| problem["code"] == code).collect();
    assert!(problems.len() < 2, "{problems:?}");
    let text = |key: &str| problems[0][key].as_str().unwrap().to_owned();
    (!problems.is_empty()).then(|| (text("message"), text("hint")))
}

#[track_caller]
fn warns(home: &Home, code: &str, message: &str, hint: &str) {
    let before = home.tree();
    let told = problem(home, &["status"], code).unwrap_or_else(|| panic!("no {code}"));
    assert!(told.0.contains(message) && told.1.contains(hint), "{told:?}");
    assert_eq!(home.tree(), before, "status has touched something");
    assert_eq!(problem(home, &["sync", "--dry-run"], code), None, "{code} is for status to tell");
}

#[test]
fn a_home_in_step_has_nothing_but_its_shared_lineage_to_tell() {
    let report = home().run(&["status", "--json"]).code(0).json();
    let codes: Vec<&str> =
        report["problems"].as_array().unwrap().iter().map(|problem| problem["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["shared-lineage"]);
}

#[test]
fn a_login_that_ends_soon_is_told_within_the_time_that_is_asked_for() {
    let with = |deadline: i64| {
        let oauth = json!({ "accessToken": at("new"), "refreshToken": rt("new"), "expiresAt": hours(8),
                            "refreshTokenExpiresAt": deadline, "scopes": ["user:inference"] });
        home().file(".claude/.credentials.json", &json!({ "claudeAiOauth": oauth }).to_string())
    };
    warns(&with(hours(50)), "login-expiring", "claude's login ends soon", "before that: claude auth login");
    warns(&with(hours(-1)), "login-ended", "claude's login has ended", "claude auth login");
    let home = with(hours(100));
    assert_eq!(problem(&home, &["status"], "login-expiring"), None);
    assert!(problem(&home, &["status", "--login-within", "5d"], "login-expiring").is_some());
}

#[test]
fn a_mode_that_contradicts_and_a_provider_that_is_built_in_are_named() {
    let config = |mode: &str| {
        json!({ "meta": { "lastTouchedVersion": "2026.5.28" },
                "auth": { "profiles": { CLAUDE: { "provider": "anthropic", "mode": mode } } },
                "models": { "providers": { "anthropic": { "baseUrl": "https://api.anthropic.com/v1" } } } })
    };
    let home = |mode: &str| home().file(".openclaw/openclaw.json", &config(mode).to_string());
    let message = "main anthropic:default: is \"oauth\", and openclaw.json says mode \"token\"";
    warns(&home("token"), "mode-conflict", message, "--force-type");
    warns(&home("api_key"), "mode-conflict", "mode \"api_key\"", "correct \"mode\"");
    warns(&home("oauth"), "own-anthropic", "models.providers", "remove that entry");
    assert_eq!(problem(&home("oauth"), &["status"], "mode-conflict"), None);
}

#[test]
fn files_that_others_can_open_are_named_once_for_each_mode() {
    let home = home().agent("night", &claude_store("new", hours(8)));
    for path in [home.store_path("main"), home.store_path("night"), home.path(".claude/.credentials.json")] {
        chmod(&path, 0o640);
    }
    let message = ".credentials.json and 2 more: holds tokens, and is open to other users (mode 640)";
    warns(&home, "wide-mode", message, "chmod 600 ");
    let (_, hint) = problem(&home, &["status"], "wide-mode").unwrap();
    let (_, files) = hint.split_once("chmod 600 ").unwrap();
    files.split(' ').for_each(|file| chmod(std::path::Path::new(file), 0o600));
    assert_eq!(problem(&home, &["status"], "wide-mode"), None);
}

#[test]
fn a_command_names_a_few_of_many_files_that_others_can_open() {
    let mut home = home();
    for agent in 0..10 {
        home = home.agent(&format!("a{agent}"), &claude_store("new", hours(8)));
        chmod(&home.path(&format!(".openclaw/agents/a{agent}/agent/auth-profiles.json")), 0o644);
    }
    let (message, hint) = problem(&home, &["status"], "wide-mode").unwrap();
    assert!(message.contains("auth-profiles.json and 9 more: "), "{message}");
    assert!(hint.starts_with("for the first 8: chmod 600 ") && hint.matches("auth-profiles").count() == 8, "{hint}");
}

#[test]
fn files_of_another_owner_are_named() {
    if !home::is_root() {
        println!("SKIPPED: only root can give a file away");
        return;
    }
    let home = home();
    std::os::unix::fs::chown(home.store_path("main"), Some(1234), None).unwrap();
    warns(&home, "wrong-owner", "belongs to uid 1234, and its directory to uid 0", "sudo chown 0 ");
}

#[test]
fn json_beside_sqlite_is_a_leftover() {
    let home = home().version("2026.6.10").file(".openclaw/agents/main/agent/openclaw-agent.sqlite", "");
    let message = "main/agent/auth-profiles.json: JSON beside SQLite: OpenClaw 2026.6.5 to 2026.7.35 ignores it";
    warns(&home, "leftover", message, "openclaw doctor --fix");
}

#[test]
fn a_cooldown_is_told_with_cause_and_end_and_one_that_is_over_is_not() {
    let with = |place: &str, until: i64, reason: &str| {
        let stats = json!({ CLAUDE: { "cooldownUntil": until, "cooldownReason": reason } });
        let mut document: Value = serde_json::from_str(&store(&[(CLAUDE, oauth("new", hours(8)))])).unwrap();
        document["usageStats"] = stats;
        home().file(&format!(".openclaw/agents/main/agent/{place}"), &document.to_string())
    };
    for place in ["auth-profiles.json", "auth-state.json"] {
        let told = "main anthropic:default: OpenClaw does not use it until";
        warns(&with(place, hours(1), "auth"), "cooldown", told, "--clear-cooldown=always");
        warns(&with(place, hours(1), "billing"), "cooldown", "cause: billing", "it ends by itself");
        assert_eq!(problem(&with(place, hours(-1), "auth"), &["status"], "cooldown"), None);
    }
}

#[test]
fn a_cooldown_is_nothing_to_an_agent_whose_models_claude_code_runs() {
    let config = |work: &str, version: &str| {
        let agents = json!({ "defaults": { "model": "anthropic/o" }, "list": [{ "id": "main" }, { "id": "work", "model": work }] });
        json!({ "meta": { "lastTouchedVersion": version }, "agents": agents }).to_string()
    };
    let stats = json!({ CLAUDE: { "cooldownUntil": hours(1), "cooldownReason": "auth" } });
    let mut document: Value = serde_json::from_str(&store(&[(CLAUDE, oauth("new", hours(8)))])).unwrap();
    document["usageStats"] = stats;
    let home = |work: &str| {
        let home = Home::new().claude("new", hours(8)).file(".openclaw/openclaw.json", &config(work, "2026.5.28"));
        home.agent("main", &document.to_string()).agent("work", &document.to_string())
    };
    let told = |home: &Home, args: &[&str]| problem(home, args, "cooldown").map(|(message, _)| message);
    let both = told(&home("anthropic/o"), &["status"]).unwrap();
    assert!(both.starts_with("main anthropic:default and 1 more: "), "{both}");
    let one = told(&home("claude-cli/o"), &["status"]).unwrap();
    assert!(one.starts_with("main anthropic:default: "), "{one}");
    assert_eq!(told(&home("claude-cli/o"), &["status", "--agent", "work"]), None);
}

#[test]
fn a_lock_that_runs_have_found_is_told_until_it_is_gone() {
    let home = Home::stale();
    let lock = home.lock_path("main");
    home::put(&lock, &json!({ "pid": std::process::id(), "createdAt": home::iso(now()) }).to_string());
    for (runs, code) in [(1, "busy"), (2, "busy"), (3, "stuck-lock")] {
        home.run(&["sync", "--wait", "0"]);
        let (message, _) = problem(&home, &["status"], code).unwrap_or_else(|| panic!("no {code}"));
        let counted = if runs == 1 { "1 run,".to_owned() } else { format!("{runs} runs,") };
        assert!(message.contains(&counted) && message.contains("still held"), "{message}");
    }
    std::fs::remove_file(Path::new(&lock)).unwrap();
    assert_eq!(problem(&home, &["status"], "stuck-lock"), None);
}

#[test]
fn a_reload_that_is_owed_is_told_and_weighs_more_while_the_gateway_runs() {
    let home = Home::stale().openclaw("exit 1");
    home.run(&["sync"]).code(0);
    let severity = |home: &Home| {
        let report = home.run(&["status", "--json"]).json();
        let owed = |problem: &&Value| problem["code"] == "reload-owed";
        report["problems"].as_array().unwrap().iter().find(owed).map(|problem| problem["severity"].clone())
    };
    assert_eq!(severity(&home), Some(json!("note")));
    let home = home.gateway(now() - 3_600_000);
    assert_eq!(severity(&home), Some(json!("warning")));
    let home = home.gateway(now() + 3_600_000);
    assert_eq!(severity(&home), Some(json!("warning")), "it is from the future");
    let home = home.gateway(now());
    assert_eq!(severity(&home), None);
}

#[test]
fn another_program_that_holds_the_refresh_token_or_an_older_one_is_named() {
    let holding = |token: &str| {
        let pi =
            json!({ "anthropic": { "type": "oauth", "access": at("x"), "refresh": rt(token), "expires": hours(8) } });
        home().file(".pi/agent/auth.json", &pi.to_string())
    };
    let own = "let Pi have a login of its own";
    warns(&holding("new"), "also-held", "Pi holds claude's refresh token as well", own);
    assert_eq!(problem(&holding("other"), &["status"], "also-held"), None);
    let silent = holding("new").file(".config/ocsync/config.json", "{ also_held: false }");
    assert_eq!(problem(&silent, &["status"], "also-held"), None);

    let home = holding("old").claude("old", hours(1));
    home.run(&["sync"]).code(3);
    let home = home.claude("new", hours(8));
    warns(&home, "also-held", "Pi holds an older refresh token of claude", own);
    let logged_out = home.file(".claude/.credentials.json", "{}");
    assert!(problem(&logged_out, &["status"], "also-held").is_some());
}
