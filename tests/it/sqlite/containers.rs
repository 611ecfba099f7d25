//! An OpenClaw whose gateway runs in a container: it has paths, a `/tmp` and pids of its own. A script stands for
//! `docker exec`; `tests/real/containers.rs` runs a real container.

use std::fs;
use std::path::Path;

use crate::home::sqlite::{Coordinator, MAIN, STATE, agent_database, put_rows, state_database, value};
use crate::home::sqlite_write::{WRITE, is_delivered, is_refused};
use crate::home::{Home, OCSYNC, hours, put, store};
use rusqlite::Connection;
use serde_json::{Value, json};

/// Where the container has the state directory and the login.
const STATE_DIR: &str = "/home/node/.openclaw";
const LOGIN: &str = "/home/node/.claude";

/// What stands for `openclaw` in the container: it keeps the plan, which it finds by the path that it has there.
const INSIDE: &str = r#"PATH=/usr/bin:/bin
case "$*" in
"secrets apply --from /home/node/.openclaw/"*)
    cp -p "$OPENCLAW_STATE_DIR${4#/home/node/.openclaw}" "$OPENCLAW_STATE_DIR/../../plan" || exit 9
    case "$*" in *--dry-run*) mode=dry-run;; *) mode=write;; esac
    echo "{\"mode\":\"$mode\",\"changed\":true}";;
"secrets reload"*) echo '{"ok":true}';;
*) exit 8;;
esac"#;

/// An OpenClaw 2026.9.6 without a profile, a login, and what stands for the container.
fn world() -> Home {
    let home = Home::new().version("2026.9.6").claude("new", hours(8)).openclaw(INSIDE);
    drop(state_database(&home.path(STATE), &store(&[])));
    drop(agent_database(&home.path(MAIN), 23, &store(&[])));
    home
}

/// ocsync's configuration: the gateway runs in a container, and sees these paths there.
fn contained(home: Home, paths: &[(&Path, &str)]) -> Home {
    let paths: Value = paths.iter().map(|(here, there)| (here.to_str().unwrap().to_owned(), json!(there))).collect();
    let place = json!({ "path": home.path(".openclaw"), "container": true, "paths": paths });
    home.config(&json!({ "state_dirs": [place] }))
}

fn plan(home: &Home) -> Value {
    serde_json::from_str(&fs::read_to_string(home.root().join("plan")).unwrap()).unwrap()
}

#[test]
fn what_nothing_maps_is_not_linked_and_the_line_that_is_printed_maps_it() {
    let home = contained(world(), &[]);
    let run = home.look(&["sync", "--create"]);
    let unseen = format!("which path {} has there", home.path(".claude/.credentials.json").display());
    run.code(4).says("its gateway is in a container, and ocsync's config does not say which path").says(&unseen);
    assert_eq!(home.called(), Vec::<String>::new());
    let (_, line) = run.stderr.split_once("paths: ").unwrap();
    let paths: Value = serde_json::from_str(line.lines().next().unwrap()).unwrap();
    let place = json!({ "path": home.path(".openclaw"), "container": true, "paths": paths });

    let home = home.config(&json!({ "state_dirs": [place] }));
    home.run(&["sync", "--create"]).code(0).prints("linked main anthropic:ocsync to claude");
    let plan = plan(&home);
    let path = format!("{LOGIN}/.credentials.json");
    assert_eq!(plan["providerUpserts"]["ocsync-claude"]["path"], path, "{plan}");
    home.nothing_left();
    assert!(
        !fs::read_dir(home.path(".openclaw"))
            .unwrap()
            .any(|entry| { entry.unwrap().file_name().to_str().unwrap().contains("link-plan") })
    );
}

#[test]
fn a_login_that_is_mapped_does_without_the_state_directory_no_better() {
    let home = world();
    let login = home.path(".claude");
    let home = contained(home, &[(&login, LOGIN)]);
    let unseen = format!("which path {} has there\n", home.path(".openclaw").display());
    home.look(&["sync", "--create"]).code(4).says(&unseen);
}

#[test]
fn the_program_is_linked_by_its_path_in_the_container_and_finds_the_login_there() {
    let home = world();
    let (state, login) = (home.path(".openclaw"), home.path(".claude"));
    let program = fs::canonicalize(OCSYNC).unwrap();
    let all = [(state.as_path(), STATE_DIR), (&login, LOGIN), (&program, "/usr/local/bin/ocsync")];
    let home = contained(home, &all);
    home.run(&["sync", "--create", "--link", "exec"]).code(0).prints("linked main anthropic:ocsync to claude");
    let secrets = plan(&home)["providerUpserts"]["ocsync"].take();
    assert_eq!(secrets["command"], "/usr/local/bin/ocsync");
    assert_eq!(secrets["args"], json!(["provide", "--home", "/", "--claude-dir", LOGIN]));
    // A container that does not have the program gets the other form.
    let home = contained(home, &all[..2]);
    home.run(&["sync", "--create", "--link", "exec"]).code(0).prints("linked main anthropic:ocsync to claude");
    assert_eq!(plan(&home)["providerUpserts"]["ocsync-claude"]["source"], "file");
}

#[test]
fn a_link_is_known_by_the_path_that_the_gateway_has() {
    let home = world();
    let path = format!("{LOGIN}/.credentials.json");
    let providers = json!({ "mine": { "source": "file", "path": path, "mode": "json" } });
    let config = json!({ "meta": { "lastTouchedVersion": "2026.9.6" }, "secrets": { "providers": providers } });
    put(&home.path(".openclaw/openclaw.json"), &config.to_string());
    let link = json!({ "type": "token", "provider": "anthropic",
                       "tokenRef": { "source": "file", "provider": "mine", "id": "/claudeAiOauth/accessToken" } });
    put_rows(&Connection::open(home.path(MAIN)).unwrap(), &store(&[("anthropic:mine", link)]));
    let verdict = |home: &Home| value(&home.look(&["status", "--json"]).json(), "main", "anthropic:mine", "verdict");
    let login = home.path(".claude");
    let home = contained(home, &[]);
    // It may be the login: a gateway that nobody tells would keep a token that the CLI has rotated away.
    assert_eq!(verdict(&home), "opaque");
    let says =
        "reads /home/node/.claude/.credentials.json; ocsync's config does not say which file that is on this machine";
    for command in [&["status"][..], &["sync"], &["sync", "-v"], &["sync", "--dry-run"]] {
        home.look(command).code(3).says(says).says("add it to \"paths\" of this state directory");
    }
    home.look(&["sync", "--bind", "anthropic:mine=none"]).code(0).silent();
    // What has another name is a secret of somebody else's.
    let mut other = config.clone();
    other["secrets"]["providers"]["mine"]["path"] = json!("/run/secrets/vault.json");
    put(&home.path(".openclaw/openclaw.json"), &other.to_string());
    assert_eq!(verdict(&home), "unbound");
    home.look(&["sync"]).code(0).silent();
    put(&home.path(".openclaw/openclaw.json"), &config.to_string());
    assert_eq!(verdict(&contained(home, &[(&login, LOGIN)])), "linked");
}

/// OpenClaw's lock on its state database, in a directory that the container has as `/tmp/openclaw-state-locks-<uid>`.
#[test]
fn the_state_database_is_written_where_the_lock_of_the_container_is_seen() {
    let home = Home::shared().openclaw(INSIDE);
    let before = crate::home::sqlite::text(&home.path(STATE));
    let (state, login, locks) = (home.path(".openclaw"), home.path(".claude"), home.path("locks"));
    let there = format!("/tmp/openclaw-state-locks-{}", rustix::process::geteuid().as_raw());
    // `~` of a link is the home of the gateway, which has its state directory there.
    let all = [(state.as_path(), STATE_DIR), (&login, LOGIN), (&locks, &there)];
    // The lock of an OpenClaw on this side is another one.
    let other = Coordinator::of(&home.path(STATE));
    let home = contained(home, &all[..2]);
    is_refused(&home, "cannot be seen");
    drop(other);
    // sha256 of /home/node/.openclaw/state/openclaw.sqlite.
    let lock = locks.join("state-lifecycle.c3867134.lock.sqlite");
    fs::create_dir(&locks).unwrap();
    crate::home::chmod(&locks, 0o700);
    let home = contained(home, &all);
    is_refused(&home, "cannot be seen");
    put(&lock, "");
    let held = Connection::open(&lock).unwrap();
    held.execute_batch("PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE").unwrap();
    home.run(&["sync", "--sqlite-write", "--wait", "0"]).code(75).says("is held by OpenClaw");
    drop(held);
    home.run(WRITE).code(0).prints("updated main anthropic:default");
    is_delivered(&home, STATE, &before, "new");
    assert_eq!(value(&home.look(&["status", "--json"]).json(), "main", "anthropic:linked", "verdict"), "linked");
    // What is mapped no more is said.
    let unread = "reads /home/node/.claude/.credentials.json";
    contained(home, &[all[0], all[2]]).look(&["sync"]).code(3).says(unread);
}
