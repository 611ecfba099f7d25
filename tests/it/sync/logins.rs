//! Several logins of one CLI: each profile gets its own account's tokens, and none another's.

use serde_json::{Value, json};

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
    assert!(run.stderr.contains("several logins are of its account"), "{}", run.stderr);
    holds(&home, "main", "anthropic:x", "old");
    home.run(&["sync", "--bind", "anthropic:x=claude:work"]).code(0);
    holds(&home, "main", "anthropic:x", "w1");
}
