//! Homes that are in the states of the table of reasons, with programs that stand for Claude Code and OpenClaw.

use std::any::Any;
use std::fs;
use std::os::unix::fs::symlink;

use ocsync::testing::model::source::SourceKind;
use serde_json::{Value, json};

use crate::home::clis::HELP;
use crate::home::rotated::Rotated;
use crate::home::{CLAUDE, Home, OCSYNC, at, chmod, claude_json, claude_store, hours, oauth, put, store};

const LOGIN: &str = ".claude/.credentials.json";

/// A home, and what must be there as long as it is.
pub struct World {
    pub home: Home,
    _kept: Vec<Box<dyn Any>>,
}

/// Puts `ocsync` into PATH, and a `claude` that logs in and renews as the real one does.
pub fn world(home: Home) -> World {
    let bin = home.root().join("bin");
    symlink(OCSYNC, bin.join("ocsync")).unwrap();
    put(&home.root().join("login"), &claude_json("again", hours(9)));
    let text = format!(
        "#!/bin/sh\nPATH=/usr/bin:/bin\ncase \"$*\" in *--help*) cat <<'END'\n{HELP}END\nexit;; esac\n\
         mkdir -p \"$HOME/.claude\"; cp -p {}/login \"$HOME/{LOGIN}\"\n",
        home.root().display()
    );
    put(&bin.join("claude"), &text);
    chmod(&bin.join("claude"), 0o755);
    World { home, _kept: Vec::new() }
}

pub fn with(home: Home, kept: impl Any) -> World {
    World { _kept: vec![Box::new(kept)], ..world(home) }
}

/// A home with this profile, and the login `new`.
fn holding(profile: Value) -> Home {
    Home::new().claude("new", hours(8)).agent("main", &store(&[(CLAUDE, profile)]))
}

/// A home that has delivered the login `old`.
fn delivered() -> Home {
    let home = Home::new().claude("old", hours(1)).agent("main", &claude_store("before", hours(-2)));
    home.run(&["sync"]).code(0);
    home
}

fn account(email: &str) -> String {
    json!({ "oauthAccount": { "emailAddress": email, "accountUuid": format!("uuid-{}", email.replace('@', "-")) } })
        .to_string()
}

fn of(email: &str, name: &str, expires: i64) -> Value {
    let mut profile = oauth(name, expires);
    profile["email"] = json!(email);
    profile
}

pub fn rotated_since() -> World {
    world(delivered().claude("new", hours(8)))
}

pub fn newer_source() -> World {
    world(Home::stale())
}

pub fn newer_access() -> World {
    let mut profile = oauth("new", hours(1));
    profile["access"] = json!(at("old"));
    world(holding(profile))
}

pub fn metadata() -> World {
    world(holding(oauth("new", hours(5))))
}

pub fn no_tokens() -> World {
    world(holding(json!({ "type": "oauth", "provider": "anthropic" })))
}

pub fn put_back() -> World {
    let home = Home::stale();
    home.run(&["sync"]).code(0);
    world(home.agent("main", &claude_store("old", hours(1))))
}

pub fn taken_out() -> World {
    world(holding(oauth("new", hours(8))).config(&json!({ "share": "access" })))
}

pub fn newer_in_store() -> World {
    let mut profile = oauth("new", hours(20));
    profile["access"] = json!(at("newer"));
    world(holding(profile))
}

pub fn not_older() -> World {
    world(holding(oauth("other", hours(20))))
}

pub fn rolled_back() -> World {
    let home = delivered().claude("new", hours(8));
    home.run(&["sync"]).code(0);
    world(home.claude("old", hours(1)))
}

pub fn spent() -> World {
    let Rotated { home, server, .. } = Rotated::new(SourceKind::Claude);
    with(home, server)
}

pub fn spent_by_another() -> World {
    let Rotated { home, server, .. } = Rotated::new(SourceKind::Claude);
    with(home.agent("ops", &claude_store("stale", hours(-9))), server)
}

pub fn spent_and_due() -> World {
    let Rotated { home, server, .. } = Rotated::with(SourceKind::Claude, &["main"], 600);
    with(home, server)
}

pub fn expired() -> World {
    world(Home::new().claude("new", hours(-1)).agent("main", &claude_store("old", hours(-2))))
}

pub fn incomplete() -> World {
    let login =
        json!({ "claudeAiOauth": { "accessToken": at("new"), "expiresAt": hours(8), "scopes": ["user:inference"] } });
    world(Home::stale().file(LOGIN, &login.to_string()))
}

pub fn logged_out() -> World {
    world(Home::stale().file(LOGIN, "{}"))
}

pub fn file_gone() -> World {
    let home = delivered();
    fs::remove_file(home.path(LOGIN)).unwrap();
    world(home)
}

pub fn no_usable_login() -> World {
    let World { home, _kept } = rolled_back();
    World { home: home.agent("main", &store(&[])), _kept }
}

pub fn access_ended() -> World {
    let token = json!({ "type": "token", "provider": "anthropic", "token": at("new"), "expires": hours(0) - 1000 });
    world(Home::new().claude("new", hours(0) - 1000).agent("main", &store(&[(CLAUDE, token)])))
}

pub fn account_moved() -> World {
    let home = holding(oauth("old", hours(1))).file(".claude.json", &account("me@example.test"));
    home.run(&["sync"]).code(0);
    world(home.claude("next", hours(9)).file(".claude.json", &account("other@example.test")))
}

pub fn bound_to_other() -> World {
    let home = holding(of("boss@example.test", "theirs", hours(2))).file(".claude.json", &account("me@example.test"));
    world(home.config(&json!({ "bind": { CLAUDE: "claude" } })))
}

pub fn own_login() -> World {
    let profiles = store(&[("anthropic:me@example.test", of("me@example.test", "own", hours(2)))]);
    let home = Home::new().claude("new", hours(8)).file(".claude.json", &account("me@example.test"));
    world(home.agent("main", &profiles))
}
