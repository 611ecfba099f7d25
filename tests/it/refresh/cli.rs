//! `refresh --via cli` as an operator runs it: success is another token in the CLI's file, and
//! nothing that the CLI prints or exits with.

use std::time::{Duration, Instant};

use crate::home::{self, Home, at, chmod, claude_json, claude_store, hours, now, put};
use serde_json::json;

/// Lists its flags, and otherwise does this.
fn claude(home: Home, script: &str) -> Home {
    let help = "if [ \"$1\" = --help ]; then echo '  --strict-mcp-config'; exit 0; fi";
    program(home, "claude", &format!("{help}\n{script}"))
}

fn program(home: Home, name: &str, script: &str) -> Home {
    let path = home.root().join("bin").join(name);
    put(&path, &format!("#!/bin/sh\n{script}\n"));
    chmod(&path, 0o755);
    home
}

/// A login of Claude's with three minutes left, in its file and in OpenClaw's.
fn due() -> Home {
    let expires = now() + 180_000;
    Home::new().claude("old", expires).agent("main", &claude_store("old", expires))
}

/// A script that puts a new login in place.
fn renew(home: &Home, name: &str) -> String {
    let new = home.path("renewed");
    put(&new, &claude_json(name, hours(8)));
    format!("cp {0} {1}.new && mv {1}.new {1}", new.display(), home.path(".claude/.credentials.json").display())
}

/// What mmx does when it is called by its own means.
const MMX: &str = "test \"$*\" = 'auth refresh --output json' && cp \"$HOME/mmx-new\" \"$HOME/.mmx/config.json\"";

fn mmx_json(token: &str, expires: i64) -> String {
    let expires = home::iso(expires);
    format!(
        r#"{{"oauth":{{"access_token":"mm-canary-{token}","refresh_token":"mr-canary-{token}","expires_at":"{expires}"}}}}"#
    )
}

#[test]
fn the_cli_refreshes_and_the_agents_get_it_in_the_same_run() {
    let home = due();
    let script = renew(&home, "new");
    let home = claude(home, &format!("{script}\nexit 1"));
    let run = home.run(&["refresh"]);
    run.code(0)
        .prints("refreshed claude by ")
        .prints("bin/claude, 7h 59m left (cli: 2m left)")
        .prints("updated main");
    assert_eq!(home.access("main"), at("new"));
    home.run(&["refresh"]).code(0).silent();
    assert!(!home.path(".local/state/ocsync/cwd-claude").exists());
}

#[test]
fn a_cli_that_does_nothing_hangs_forks_or_floods_is_never_success_and_ends_in_time() {
    let flood = "/usr/bin/head -c 3000000 /dev/zero; exit 0";
    for (script, says) in [
        ("exit 0", "ended with exit code 0 and has refreshed nothing"),
        ("exit 1", "ended with exit code 1 and has refreshed nothing"),
        ("kill -9 $$", "was ended by a signal and has refreshed nothing"),
        ("exec sleep 60", "did not end in time"),
        ("sleep 60 & exit 0", "exit code 0 and has refreshed nothing"),
        (flood, "exit code 0 and has refreshed nothing"),
    ] {
        let home = claude(due(), script);
        let before = std::fs::read(home.path(".claude/.credentials.json")).unwrap();
        let start = Instant::now();
        let run = home.run(&["refresh", "--timeout", "1s"]);
        run.code(4).says(says);
        assert!(start.elapsed() < Duration::from_secs(20), "{script}");
        assert_eq!(std::fs::read(home.path(".claude/.credentials.json")).unwrap(), before);
        // A timer's next run waits, and says why.
        home.run(&["refresh", "--timeout", "1s"]).code(4).says(says).says("next try 20");
    }
}

#[test]
fn a_cli_that_ends_the_login_is_told_as_such() {
    let home = due();
    let file = home.path(".claude/.credentials.json");
    let dead = r#"{"claudeAiOauth":{"accessToken":"","refreshToken":"","expiresAt":0}}"#;
    put(&home.path("dead"), dead);
    let script = format!("cp {} {}", home.path("dead").display(), file.display());
    let home = claude(home, &script);
    home.run(&["refresh"]).code(1).says("claude has ended the login").says("claude auth login");
    assert_eq!(home.access("main"), at("old"), "what is dead is not delivered");
}

#[test]
fn a_program_that_is_not_there_is_named_in_every_run() {
    let home = due();
    home.run(&["refresh"]).code(4).says("claude").says("hint:");
    home.run(&["refresh"]).code(4).says("claude is not found").says("refresh: { programs: { claude: [");
    // A failure that lasts is still the reason of the code, also for a quiet timer.
    for _ in 0..2 {
        home.run(&["refresh", "--quiet"]).code(4).says("claude is not found");
    }
    let home = claude(home, "exit 3");
    home.run(&["refresh"]).code(4).says("exit code 3");
    let elsewhere = home.root().join("elsewhere");
    put(&elsewhere, "#!/bin/sh\nexit 7\n");
    chmod(&elsewhere, 0o755);
    let named = format!("claude={}", elsewhere.display());
    // What is remembered of the failure is of the CLI, not of the command that was named for it.
    std::fs::remove_file(home.path(".local/state/ocsync/state.json")).unwrap();
    home.run(&["refresh", "--program", &named]).code(4).says("exit code 7");
}

#[test]
fn the_hint_for_a_cli_that_is_not_there_works_as_it_is_printed() {
    // What cron may give.
    let empty = Some("");
    for (cli, usual, configured, path) in [
        ("claude", "claude", None, None),
        ("claude", "claude", None, empty),
        ("claude", "claude", Some("claude-of-mine"), None),
        ("claude", "claude", Some("~/absent/claude"), None),
        ("minimax", "mmx", None, empty),
        ("minimax", "mmx", Some("~/absent/run-mmx"), None),
    ] {
        let home = due();
        let renew = renew(&home, "new");
        let home = home.file(".mmx/config.json", &mmx_json("old", now() + 60_000));
        put(&home.path("mmx-new"), &mmx_json("new", hours(2)));
        // No directory that is searched.
        let there = format!("elsewhere/{usual}");
        let home = program(home, &there, if cli == "claude" { &renew } else { MMX });
        let home = if let Some(path) = path { home.var("PATH", path) } else { home };
        let home = match configured {
            Some(program) => home.config(&json!({ "refresh": { "programs": { cli: [program] } } })),
            None => home,
        };

        let missing = configured.unwrap_or(usual);
        let run = home.run(&["refresh", "--source", cli]);
        run.code(4).says(&format!("{missing} is not found"));
        let before = format!("install {missing}, or write its path into ocsync's config: ");
        let (_, hint) = run.stderr.lines().find_map(|line| line.split_once(&before)).unwrap();
        let there = home.root().join("bin").join(there);
        let setting = hint.replace(&format!("/path/to/{usual}"), there.to_str().unwrap());
        let home = home.file(".config/ocsync/config.json", &format!("{{ {setting} }}"));
        let done = format!("refreshed {cli} by {}", there.display());
        home.run(&["refresh", "--source", cli]).code(0).prints(&done);
    }
}

#[test]
fn codex_and_mmx_are_called_by_their_own_means() {
    let home = due();
    let script = renew(&home, "new");
    let home = claude(home, &script);
    // No login of theirs: they are not called.
    for name in ["codex", "mmx"] {
        put(&home.root().join(format!("bin/{name}")), "#!/bin/sh\ntouch \"$HOME/called\"\n");
        chmod(&home.root().join(format!("bin/{name}")), 0o755);
    }
    home.run(&["refresh"]).code(0);
    assert!(!home.path("called").exists());
    let home = home.file(".mmx/config.json", &mmx_json("old", now() + 60_000));
    put(&home.path("mmx-new"), &mmx_json("new", hours(2)));
    let home = program(home, "mmx", MMX);
    home.run(&["refresh", "--via", "http", "--source", "minimax"])
        .code(0)
        .prints("refreshed minimax by ")
        .prints("(cli: ");
}

#[test]
fn a_dry_run_calls_nobody() {
    let home = claude(due(), "touch \"$HOME/called\"");
    let before = home.tree();
    home.run(&["refresh", "--dry-run"]).code(3).prints("would refresh claude (cli: 2m left)");
    assert_eq!(home.tree(), before);
    assert!(!home.path("called").exists());
}
