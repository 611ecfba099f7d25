//! Two logins of Claude Code and two of Codex: each is refreshed, paused, given up and saved by itself.

use std::fs;
use std::path::PathBuf;

use crate::home::provide::{request, send};
use crate::home::refreshing::text;
use crate::home::token_server::{Script, TokenServer, Tokens};
use crate::home::{Home, at, chmod, claude_json, hours, put, side_by_side, store};
use ocsync::testing::model::source::SourceKind::{self, Claude, Codex};
use serde_json::{Value, json};

/// Every login: its name, its CLI, its file, its account.
const LOGINS: [(&str, SourceKind, &str, &str); 4] = [
    ("claude", Claude, ".claude/.credentials.json", "acct-A"),
    ("claude:work", Claude, ".claude-work/.credentials.json", "acct-B"),
    ("codex", Codex, ".codex/auth.json", "acct-C"),
    ("codex:boss", Codex, ".codex-boss/auth.json", "acct-D"),
];

fn config(server: &TokenServer, via: &str) -> Value {
    json!({
        "logins": { "work": { "source": "claude", "dir": "~/.claude-work" },
                    "boss": { "source": "codex", "dir": "~/.codex-boss" } },
        "refresh": { "via": via, "token_url": { "claude": server.url(Claude), "codex": server.url(Codex) } },
    })
}

/// Puts a login of the server's with so many seconds left in the file of `LOGINS[place]`.
fn log_in(home: &Home, server: &TokenServer, place: usize, left: i64) -> Tokens {
    let (_, kind, file, account) = LOGINS[place];
    server.expires_in(left);
    let tokens = server.login(kind, account);
    server.expires_in(28_800);
    put(&home.path(file), &text(kind, account, &tokens, tokens.expires));
    tokens
}

/// A home with the four logins, of which these are due, and what the server has given.
fn home(server: &TokenServer, due: &[usize]) -> (Home, Vec<Tokens>) {
    let home = Home::new().agent("main", &store(&[])).config(&config(server, "http"));
    let left = |place| if due.contains(&place) { 600 } else { 28_800 };
    let tokens = (0..LOGINS.len()).map(|place| log_in(&home, server, place, left(place))).collect();
    (home, tokens)
}

fn bytes(home: &Home) -> Vec<Vec<u8>> {
    LOGINS.iter().map(|(_, _, file, _)| fs::read(home.path(file)).unwrap()).collect()
}

/// The refresh token in the file of a login.
fn refresh_token(home: &Home, place: usize) -> String {
    let file: Value = serde_json::from_slice(&bytes(home)[place]).unwrap();
    let of_claude = &file["claudeAiOauth"]["refreshToken"];
    of_claude.as_str().or(file["tokens"]["refresh_token"].as_str()).unwrap().to_owned()
}

/// The files whose refreshes the journal remembers something of.
fn remembered(home: &Home) -> Vec<PathBuf> {
    let state = home.state();
    state["refreshes"].as_object().into_iter().flat_map(|all| all.keys().map(PathBuf::from)).collect()
}

#[test]
fn the_one_that_is_due_is_renewed_and_the_others_stay_byte_for_byte() {
    for due in 0..LOGINS.len() {
        let server = TokenServer::start();
        let (home, tokens) = home(&server, &[due]);
        let before = bytes(&home);
        home.run(&["refresh"]).code(0).prints(&format!("refreshed {}, ", LOGINS[due].0));
        let after = bytes(&home);
        for place in 0..LOGINS.len() {
            assert_eq!(before[place] != after[place], place == due, "{due}: {}", LOGINS[place].0);
        }
        assert_eq!(refresh_token(&home, due), server.newest(&tokens[due].refresh).refresh);
        assert_eq!((server.posts(), server.reuses()), (1, 0));
        home.released();
    }
}

#[test]
fn source_names_one_login_or_all_of_a_cli() {
    let server = TokenServer::start();
    let (home, _) = home(&server, &[0, 1, 2, 3]);
    let before = bytes(&home);
    home.run(&["refresh", "--source", "claude:work"]).code(0);
    let after = bytes(&home);
    let changed: Vec<bool> = before.iter().zip(&after).map(|(before, after)| before != after).collect();
    assert_eq!(changed, [false, true, false, false]);
    home.run(&["refresh", "--source", "codex"]).code(0);
    let last = bytes(&home);
    let changed: Vec<bool> = after.iter().zip(&last).map(|(before, after)| before != after).collect();
    assert_eq!(changed, [false, false, true, true]);
}

#[test]
fn a_pause_is_of_one_login_alone() {
    for (failing, sibling) in [(1, 0), (0, 1), (3, 2)] {
        let server = TokenServer::start();
        let (home, tokens) = home(&server, &[failing]);
        let name = LOGINS[failing].0;
        server.next(Script::ServerError);
        home.run(&["refresh"]).code(4).says(&format!("{name}: not refreshed"));
        assert_eq!(remembered(&home), [home.path(LOGINS[failing].2)]);
        log_in(&home, &server, sibling, 600);
        home.run(&["refresh"]).code(4).prints(&format!("refreshed {}, ", LOGINS[sibling].0)).says("next try 20");
        assert_eq!((server.posts(), refresh_token(&home, failing)), (2, tokens[failing].refresh.clone()));
        assert_eq!(remembered(&home), [home.path(LOGINS[failing].2)]);
    }
}

#[test]
fn a_dead_token_is_of_one_login_alone() {
    side_by_side([(1, 0), (0, 1), (2, 3)], |(dead, sibling)| {
        let server = TokenServer::start();
        let (home, tokens) = home(&server, &[dead, sibling]);
        for _ in [dead, sibling].iter().filter(|place| **place < dead) {
            server.next(Script::Grant);
        }
        server.next(Script::InvalidGrant);
        let run = home.run(&["refresh"]);
        run.code(1).prints(&format!("refreshed {}, ", LOGINS[sibling].0)).says(LOGINS[dead].0);
        assert_eq!(refresh_token(&home, sibling), server.newest(&tokens[sibling].refresh).refresh);
        assert_eq!(remembered(&home), [home.path(LOGINS[dead].2)]);
        let before = bytes(&home);
        home.run(&["refresh"]).code(1).says(LOGINS[dead].0);
        assert_eq!((bytes(&home), server.posts()), (before, 2), "nothing is posted again");
    });
}

#[test]
fn an_answer_that_waits_goes_into_the_file_of_its_own_login() {
    for (place, sibling) in [(1, 0), (3, 2)] {
        let server = TokenServer::start();
        let (home, tokens) = home(&server, &[place]);
        let path = home.path(LOGINS[place].2);
        let before = fs::read(&path).unwrap();
        server.delay(std::time::Duration::from_millis(300));
        let run = home.start(home.command(&["refresh"]));
        while server.posts() == 0 {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        put(&path, "{");
        // The other logins were read.
        run.end().code(4).says("the new tokens wait in");
        fs::write(&path, before).unwrap();
        server.delay(std::time::Duration::ZERO);
        let waiting = home.waiting();
        assert_eq!(waiting.len(), 1);
        // The other login of this CLI is refreshed meanwhile, and its answer takes another place.
        log_in(&home, &server, sibling, 600);
        let run = home.run(&["refresh"]);
        run.code(0).prints(&format!("refreshed {}", LOGINS[place].0));
        run.prints(&format!("refreshed {}, ", LOGINS[sibling].0));
        assert_eq!(refresh_token(&home, place), server.newest(&tokens[place].refresh).refresh);
        assert_eq!((server.posts(), server.reuses()), (2, 0));
        home.released();
    }
}

/// A CLI that notes its environment, answers `--help`, and puts what lies in `renewed` into its directory's file.
fn stand_in(home: &Home, name: &str, dir: &str, file: &str) {
    let script = format!(
        "#!/bin/sh\nPATH=/usr/bin:/bin\ncase \" $* \" in *' --help '*) echo ' --strict-mcp-config'; exit 0;; esac\n\
         env | sort >\"$HOME/seen-{name}\"\necho \"${{{dir}:-$HOME/.{name}}}\" >>\"$HOME/dirs\"\n\
         cp \"$HOME/renewed\" \"${{{dir}:-$HOME/.{name}}}/{file}\"\n"
    );
    let path = home.root().join("bin").join(name);
    put(&path, &script);
    chmod(&path, 0o755);
}

#[test]
fn a_cli_that_refreshes_sees_the_directory_of_one_login_alone() {
    for (due, (name, kind, file, account)) in LOGINS.into_iter().enumerate() {
        let server = TokenServer::start();
        let (home, _) = home(&server, &[]);
        let home = home.config(&config(&server, "cli")).var("CODEX_HOME", "").var("CLAUDE_CONFIG_DIR", "");
        let old = log_in(&home, &server, due, if kind == Claude { 180 } else { -60 });
        let new = server.login(kind, account);
        put(&home.path("renewed"), &text(kind, account, &new, new.expires));
        stand_in(&home, "claude", "CLAUDE_CONFIG_DIR", ".credentials.json");
        stand_in(&home, "codex", "CODEX_HOME", "auth.json");
        let before = bytes(&home);
        home.run(&["refresh"]).code(0).prints(&format!("refreshed {name} by "));
        assert_ne!(refresh_token(&home, due), old.refresh);
        for (place, (before, after)) in before.iter().zip(bytes(&home)).enumerate() {
            assert_eq!(*before != after, place == due, "{name}: {}", LOGINS[place].0);
        }
        let dir = home.path(file).parent().unwrap().to_owned();
        assert_eq!(fs::read_to_string(home.path("dirs")).unwrap(), format!("{}\n", dir.display()), "{name}");
        let program = if kind == Claude { "claude" } else { "codex" };
        let seen = fs::read_to_string(home.path(&format!("seen-{program}"))).unwrap();
        for (_, _, other, _) in LOGINS.iter().filter(|(of, ..)| *of != name) {
            let other = home.path(other).parent().unwrap().display().to_string();
            assert!(seen.lines().all(|line| line.split_once('=').is_none_or(|(_, value)| value != other)), "{seen}");
        }
        assert_eq!(server.posts(), 0);
    }
}

#[test]
fn provide_gives_the_access_token_of_the_login_that_is_named() {
    let server = TokenServer::start();
    let (home, tokens) = home(&server, &[]);
    let ids = LOGINS.map(|(name, ..)| format!("{name}/access"));
    let answer = send(&home, &[], request(&ids.each_ref().map(String::as_str)).as_bytes());
    let answer: Value = serde_json::from_slice(&answer.stdout).unwrap();
    for (id, tokens) in ids.iter().zip(&tokens) {
        assert_eq!(answer["values"][id], json!(tokens.access), "{answer}");
    }
    let asked = ["claude/access", "claude:work/access", "claude:none/access", "claude:work/refresh"];
    let answer = send(&home, &["--source", "claude:work"], request(&asked).as_bytes());
    let answer: Value = serde_json::from_slice(&answer.stdout).unwrap();
    assert_eq!(answer["values"], json!({ "claude:work/access": tokens[1].access }));
    let code = |id: &str| answer["errors"][id]["code"].as_str().unwrap();
    assert_eq!((code(asked[0]), code(asked[2]), code(asked[3])), ("NOT_FOUND", "NOT_FOUND", "REFUSED"));
}

/// `export.source` names the login whose token the file gets.
#[test]
fn the_environment_file_gets_the_token_of_the_login_that_is_named() {
    for (source, name) in [(None, "first"), (Some("claude"), "first"), (Some("claude:work"), "work")] {
        let home = Home::new().claude("first", hours(8)).agent("main", &store(&[]));
        let home = home.file(LOGINS[1].2, &claude_json("work", hours(8))).file("gateway.env", "A=1\n");
        let mut export = json!({ "env_file": "~/gateway.env" });
        source.into_iter().for_each(|name| export["source"] = json!(name));
        let logins = json!({ "work": { "source": "claude", "dir": "~/.claude-work" } });
        let home = home.config(&json!({ "logins": logins, "export": export }));
        home.run(&["sync"]).code(0).prints(&format!("gateway.env from {}", source.unwrap_or("claude")));
        let text = fs::read_to_string(home.path("gateway.env")).unwrap();
        assert_eq!(text, format!("A=1\nANTHROPIC_OAUTH_TOKEN={}\n", at(name)));
    }
}
