//! Homes of the SQLite era that are in the states of the table of reasons. `openclaw` is a program that puts prepared
//! databases in place of those that are there, as the real one changes them.

use std::fs;

use serde_json::{Value, json};

use super::remedy_homes::{World, with, world};
use crate::home::sqlite::{Coordinator, MAIN, STATE, agent_database, change, state_database};
use crate::home::sqlite_write::fence;
use crate::home::{CLAUDE, Home, chmod, claude_store, hours, oauth, store};

pub fn refresh_failed() -> World {
    let profiles = store(&[(CLAUDE, fence(true, "new"))]);
    let home = Home::linked("2026.9.6");
    drop(state_database(&home.path(STATE), &profiles));
    drop(agent_database(&home.path(MAIN), 23, &store(&[])));
    let coordinator = Coordinator::of(&home.path(STATE));
    with(home, coordinator)
}

/// Puts databases in place of the first ones when `openclaw` is called with `words`.
fn openclaw(home: Home, words: &str, after: &Home) -> Home {
    let places = [MAIN, STATE].into_iter().filter(|place| after.path(place).exists());
    let copies = places.map(|place| {
        let (from, to) = (home.root().join(place.replace('/', "+")), home.path(place));
        fs::copy(after.path(place), &from).unwrap();
        chmod(&from, 0o600);
        format!("mkdir -p {}; cp -p {} {}\n", to.parent().unwrap().display(), from.display(), to.display())
    });
    let copies: String = copies.collect();
    home.openclaw(&format!("PATH=/usr/bin:/bin\ncase \"$*\" in '{words}')\n{copies};; esac"))
}

fn link() -> Value {
    json!({ "type": "token", "provider": "anthropic",
            "tokenRef": { "source": "file", "provider": "claudecli", "id": "/claudeAiOauth/accessToken" } })
}

pub fn shadows() -> World {
    let config = json!({
        "meta": { "lastTouchedVersion": "2026.9.6" },
        "secrets": { "providers": { "claudecli": { "source": "file", "path": "~/.claude/.credentials.json", "mode": "json" } } },
        "agents": { "defaults": { "model": "claude-cli/o" }, "entries": { "main": {} } }
    });
    let made = |profiles: &[(&str, Value)]| {
        let home = Home::new().file(".openclaw/openclaw.json", &config.to_string()).claude("new", hours(8));
        drop(state_database(&home.path(STATE), &store(&[])));
        drop(agent_database(&home.path(MAIN), 23, &store(profiles)));
        home
    };
    let logout = "models auth logout anthropic:ocsync --agent main --yes";
    world(openclaw(made(&[("anthropic:ocsync", link())]), logout, &made(&[])))
}

pub fn sqlite_not_written() -> World {
    world(Home::per_agent().never_written())
}

pub fn not_upgraded() -> World {
    world(openclaw(Home::per_agent().version("2026.9.6"), "doctor --fix", &Home::shared()))
}

pub fn not_migrated() -> World {
    let home = Home::linked("2026.6.10").agent("main", &claude_store("old", hours(1)));
    world(openclaw(home, "doctor --fix", &Home::per_agent()))
}

/// A database that must not be written, and an `openclaw` that links: it puts `anthropic:ocsync` into the main agent's.
fn refused(home: Home, sql: &str) -> World {
    let is_shared = home.path(STATE).exists();
    let old = [(CLAUDE, oauth("old", hours(1)))];
    let place = if is_shared { STATE } else { MAIN };
    let put_row = |place: &str, profiles: &str| {
        let (table, column) = if place == STATE {
            ("config_machine_state", "value_json")
        } else {
            ("auth_profile_store", "store_json")
        };
        let of = if place == STATE { "state_key = 'authProfiles.store'" } else { "store_key = 'primary'" };
        change(&home.path(place), &format!("UPDATE {table} SET {column} = '{profiles}' WHERE {of}"));
    };
    put_row(place, &store(&old));
    if !sql.is_empty() {
        change(&home.path(place), sql);
    }
    let before = home.root().join("before");
    fs::copy(home.path(MAIN), &before).unwrap();
    let linked = [("anthropic:ocsync", link())];
    put_row(MAIN, &store(&if is_shared { linked.to_vec() } else { [&old[..], &linked].concat() }));
    let after = home.root().join("after");
    fs::copy(home.path(MAIN), &after).unwrap();
    fs::copy(&before, home.path(MAIN)).unwrap();
    let script = format!(
        "PATH=/usr/bin:/bin\ncase \"$*\" in *--dry-run*) echo '{{\"mode\":\"dry-run\",\"changed\":true}}';;\n\
         'secrets apply'*) cp {} {}; echo '{{\"mode\":\"write\",\"changed\":true}}';; esac",
        after.display(),
        home.path(MAIN).display()
    );
    world(home.openclaw(&script))
}

pub fn unknown_schema() -> World {
    refused(Home::per_agent(), "PRAGMA user_version = 2")
}

pub fn other_form() -> World {
    refused(Home::per_agent(), "ALTER TABLE auth_profile_store ADD COLUMN revision INTEGER")
}

pub fn other_agent() -> World {
    refused(Home::per_agent(), "UPDATE schema_meta SET agent_id = 'night'")
}

pub fn other_place() -> World {
    let place =
        "INSERT OR REPLACE INTO config_machine_state VALUES ('auth.sharedStore', '{\"location\":\"elsewhere\"}', 1)";
    refused(Home::shared(), place)
}

pub fn coordinator_unseen() -> World {
    refused(Home::shared(), "")
}
