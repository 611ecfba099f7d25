//! `sync --create` where profiles are in SQLite: the login is linked once, by OpenClaw's own command, and followed
//! by reloads from then on.

use std::fs;

use crate::home::sqlite::{MAIN, agent_database, put_rows};
use crate::home::{CLAUDE, Home, chmod, claude_json, hours, oauth, put, store};
use serde_json::{Value, json};

/// An `openclaw` that notes its arguments and keeps the plan, and answers as 2026.6.10 does.
fn home(rows: &str) -> Home {
    let home = Home::new().version("2026.6.10").claude("new", hours(8));
    drop(agent_database(&home.path(MAIN), 1, rows));
    let seen = home.root().join("seen");
    fs::create_dir(&seen).unwrap();
    let script = format!(
        "#!/bin/sh\nPATH=/usr/bin:/bin\necho \"$*\" >>{s}/args\ncase \"$*\" in\n\
         'secrets reload --json') echo '{{\"ok\":true,\"warningCount\":0}}';;\n\
         *--dry-run*) echo '{{\"mode\":\"dry-run\",\"changed\":true,\"changedFiles\":[],\"checks\":{{\"resolvability\":true}}}}';;\n\
         *) cp \"$4\" {s}/plan; echo '{{\"mode\":\"write\",\"changed\":true,\"changedFiles\":[],\"checks\":{{\"resolvability\":true}}}}';;\nesac\n",
        s = seen.display()
    );
    let path = home.root().join("bin/openclaw");
    put(&path, &script);
    chmod(&path, 0o755);
    home
}

fn calls(home: &Home) -> Vec<String> {
    let args = fs::read_to_string(home.root().join("seen/args")).unwrap_or_default();
    let kind = |line: &str| match line {
        line if line.contains("--dry-run") => "rehearsal",
        line if line.contains("apply") => "apply",
        "secrets reload --json" => "reload",
        _ => "other",
    };
    args.lines().map(|line| kind(line).to_owned()).collect()
}

#[test]
fn a_login_is_linked_once_and_followed_by_reloads() {
    let home = home(&store(&[]));
    let before = home.tree();
    home.run(&["sync", "--create", "--dry-run"]).code(3).prints("would link main anthropic:ocsync to claude");
    assert_eq!(home.tree(), before);
    let run = home.run(&["sync", "--create"]);
    run.prints("linked main anthropic:ocsync to claude");
    assert_eq!(calls(&home)[..2], ["rehearsal", "apply"]);
    let plan: Value = serde_json::from_slice(&fs::read(home.root().join("seen/plan")).unwrap()).unwrap();
    assert_eq!(plan["targets"][0]["pathSegments"], json!(["profiles", "anthropic:ocsync", "token"]));

    // OpenClaw has carried it out.
    let upserts = plan["providerUpserts"].clone();
    let config = json!({ "meta": { "lastTouchedVersion": "2026.6.10" }, "secrets": { "providers": upserts } });
    let home = home.file(".openclaw/openclaw.json", &config.to_string());
    let link = json!({ "type": "token", "provider": "anthropic", "tokenRef": plan["targets"][0]["ref"] });
    let database = rusqlite::Connection::open(home.path(MAIN)).unwrap();
    put_rows(&database, &store(&[("anthropic:ocsync", link)]));
    drop(database);
    let applied = calls(&home).len();
    home.run(&["sync", "--create", "--reload", "always"]).code(0);
    assert!(calls(&home)[applied..].iter().all(|call| call == "reload"), "{:?}", calls(&home));
    let known = calls(&home).len();
    home.run(&["sync", "--create"]).code(0).silent();
    assert_eq!(calls(&home).len(), known, "nothing has changed");
    let home = home.claude("newer", hours(9));
    home.run(&["sync", "--reload", "always"]).code(0);
    assert_eq!(calls(&home)[known..], ["reload"]);
}

/// `bind` names the login for the new profile. The gateway reads its file, or asks for it by its name.
#[test]
fn a_further_login_is_linked_by_its_own_name() {
    for (way, provider, id) in
        [("file", "ocsync-claude-work", "/claudeAiOauth/accessToken"), ("exec", "ocsync", "claude:work/access")]
    {
        let home = home(&store(&[])).file(".claude-work/.credentials.json", &claude_json("work", hours(8)));
        chmod(&home.path(".claude-work/.credentials.json"), 0o600);
        let logins = json!({ "work": { "source": "claude", "dir": "~/.claude-work" } });
        let bind = json!({ "anthropic:ocsync": "claude:work" });
        let home = home.config(&json!({ "logins": logins, "bind": bind, "link": way }));
        let run = home.run(&["sync", "--create"]);
        run.prints("linked main anthropic:ocsync to claude:work");
        let plan: Value = serde_json::from_slice(&fs::read(home.root().join("seen/plan")).unwrap()).unwrap();
        assert_eq!(plan["targets"][0]["ref"], json!({ "source": way, "provider": provider, "id": id }));
        if way == "file" {
            let file = home.path(".claude-work/.credentials.json");
            assert_eq!(plan["providerUpserts"][provider]["path"], json!(file), "{plan}");
        }
    }
}

#[test]
fn a_copy_that_is_kept_in_step_needs_no_link_and_one_that_is_not_does() {
    let rows = store(&[(CLAUDE, oauth("old", hours(1)))]);
    let kept = home(&rows);
    kept.run(&["sync", "--create"]).code(0).prints("updated main anthropic:default from claude");
    assert_eq!(calls(&kept), Vec::<String>::new());
    let left = home(&rows);
    left.run(&["sync", "--create", "--sqlite-write", "never"]).prints("linked main anthropic:ocsync to claude");
    assert_eq!(calls(&left)[..2], ["rehearsal", "apply"]);
}

#[test]
fn a_provider_that_has_a_profile_of_its_own_is_left_alone() {
    for own in [
        json!({ "type": "token", "provider": "anthropic", "token": "sk-ant-oat01-canary-setup" }),
        json!({ "type": "api_key", "provider": "anthropic", "key": "sk-canary" }),
    ] {
        let home = home(&store(&[("anthropic:own", own)]));
        home.run(&["sync", "--create"]).code(0).silent();
        assert_eq!(calls(&home), Vec::<String>::new());
    }
    let home = home(&store(&[])).config(&json!({ "bind": { "anthropic:ocsync": "none" } }));
    home.run(&["sync", "--create"]).code(0);
    assert_eq!(calls(&home), Vec::<String>::new());
}

#[test]
fn what_openclaw_refuses_is_said_and_nothing_is_noted() {
    let home = home(&store(&[]));
    let path = home.root().join("bin/openclaw");
    put(&path, "#!/bin/sh\necho '{\"ok\":false,\"error\":{\"message\":\"no\"}}'\nexit 1\n");
    chmod(&path, 0o755);
    home.run(&["sync", "--create"]).code(4).says("anthropic:ocsync is not linked");
    let state = home.state();
    assert_eq!((&state["reloads"], &state["stores"]), (&json!({}), &json!({})), "{state}");
}
