//! Several logins of one CLI: each profile gets its own account's tokens, and none another's.

use serde_json::{Value, json};

use crate::home::provide::codex_json;
use crate::home::{Home, at, claude_json, hours, oauth, rt, store};

const WORK: &str = ".claude-work/.credentials.json";
const OF_WORK: &str = "anthropic:w@example.test";

fn account(email: &str) -> String {
    json!({ "oauthAccount": { "accountUuid": format!("uuid-{}", &email[..1]), "emailAddress": email } }).to_string()
}

fn named(email: &str, entry: Value) -> Value {
    let mut entry = entry;
    entry["email"] = json!(email);
    entry
}

/// `claude` is p@example.test's, `claude:work` w@example.test's.
fn home() -> Home {
    Home::new()
        .claude("p1", hours(8))
        .file(".claude.json", &account("p@example.test"))
        .file(WORK, &claude_json("w1", hours(8)))
        .file(".claude-work/.claude.json", &account("w@example.test"))
        .file(".config/ocsync/config.json", "{ logins: { work: { source: 'claude', dir: '~/.claude-work' } } }")
}

fn holds(home: &Home, agent: &str, id: &str, name: &str) {
    let path = home.path(&format!(".openclaw/agents/{agent}/agent/auth-profiles.json"));
    let store: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let profile = &store["profiles"][id];
    assert_eq!((&profile["access"], &profile["refresh"]), (&json!(at(name)), &json!(rt(name))), "{agent} {id}");
}

#[test]
fn each_profile_follows_the_login_of_its_account_and_a_token_outweighs_an_id() {
    let id = "anthropic:default";
    let home = home()
        .agent(
            "main",
            &store(&[(id, oauth("p0", hours(-1))), (OF_WORK, named("w@example.test", oauth("w0", hours(-2))))]),
        )
        // An unnamed profile under the usual id that holds the other login's tokens.
        .agent("ops", &store(&[(id, oauth("w1", hours(8)))]));
    home.run(&["sync"]).code(0);
    holds(&home, "main", id, "p1");
    holds(&home, "main", OF_WORK, "w1");
    let home = home.file(WORK, &claude_json("w2", hours(9)));
    home.run(&["sync"]).code(0);
    holds(&home, "main", id, "p1");
    holds(&home, "main", OF_WORK, "w2");
    holds(&home, "ops", id, "w2");
    let home = home.claude("p2", hours(10));
    home.run(&["sync"]).code(0);
    holds(&home, "main", id, "p2");
    holds(&home, "ops", id, "w2");
}

/// claude-swap exchanges `.credentials.json` and `oauthAccount` under one path.
#[test]
fn a_login_that_is_swapped_in_touches_no_profile_of_the_other_account_and_comes_back() {
    let id = "anthropic:default";
    let home = Home::new()
        .claude("p1", hours(8))
        .file(".claude.json", &account("p@example.test"))
        .agent("main", &store(&[(id, named("p@example.test", oauth("p0", hours(-1))))]));
    home.run(&["sync"]).code(0);
    let home = home.claude("x1", hours(9)).file(".claude.json", &account("x@example.test"));
    home.run(&["sync"]).code(3);
    holds(&home, "main", id, "p1");
    let home = home.claude("p1", hours(8)).file(".claude.json", &account("p@example.test"));
    home.run(&["sync"]).code(0);
    let home = home.claude("p2", hours(12));
    home.run(&["sync"]).code(0);
    holds(&home, "main", id, "p2");
}

#[test]
fn two_logins_of_one_account_are_not_guessed_between() {
    let home = home()
        .file(".claude-work/.claude.json", &account("p@example.test"))
        .agent("main", &store(&[("anthropic:x", named("p@example.test", oauth("old", hours(-2))))]));
    let run = home.run(&["sync"]);
    run.code(3);
    assert!(run.stderr.contains("several logins belong to its account"), "{}", run.stderr);
    holds(&home, "main", "anthropic:x", "old");
    home.run(&["sync", "--bind", "anthropic:x=claude:work"]).code(0);
    holds(&home, "main", "anthropic:x", "w1");
}

#[test]
fn status_names_the_directories_that_hold_a_login_and_have_no_name() {
    let dead = json!({ "claudeAiOauth": { "accessToken": "", "refreshToken": "", "expiresAt": 0 } }).to_string();
    let (codex, _) = codex_json(hours(8));
    let home = home()
        .agent("main", &store(&[]))
        .file(".claude-Client/.credentials.json", &claude_json("client", hours(-8)))
        .file(".codex-work/auth.json", &codex)
        .file(".claude-my login/.credentials.json", &claude_json("mine", hours(8)))
        // A backup, a login that is over, a file that is none, and a link to the first login's directory.
        .file(".claude-backup/.credentials.json", &claude_json("p1", hours(8)))
        .file(".claude-over/.credentials.json", &dead)
        .file(".claude-torn/.credentials.json", "{")
        .file(".claude-code-router/config.json", "{}");
    std::os::unix::fs::symlink(home.path(".claude"), home.path(".claude-link")).unwrap();
    let before = home.tree();
    let run = home.run(&["status"]);
    assert_eq!(home.tree(), before);
    let notes: Vec<&str> = run.stderr.lines().filter(|line| line.contains("does not serve")).collect();
    assert_eq!(notes.len(), 3, "{}", run.stderr);
    run.says("~/.claude-Client: a login of claude that ocsync does not serve");
    run.says("logins: { \"client\": { source: \"claude\", dir: \"~/.claude-Client\" } }");
    // `work` is Claude Code's already.
    run.says("logins: { \"work-codex\": { source: \"codex\", dir: \"~/.codex-work\" } }");
    run.says("logins: { \"NAME\": { source: \"claude\", dir: \"~/.claude-my login\" } }");
    // The line is what the configuration takes.
    let config = "{ logins: { work: { source: 'claude', dir: '~/.claude-work' }, \"client\": { source: \"claude\", dir: \"~/.claude-Client\" } } }";
    let home = home.file(".config/ocsync/config.json", config);
    let run = home.run(&["status"]);
    assert!(run.stdout.contains("claude:client") && !run.stderr.contains("~/.claude-Client"), "{run:?}");
    let only = home.run(&["status", "--source", "codex"]);
    assert!(!only.stderr.contains(".claude-my"), "{only:?}");
    for command in ["sync", "check-expiry"] {
        let run = home.run(&[command]);
        assert!(!run.stderr.contains("does not serve"), "{run:?}");
    }
}
