//! Every setting of the configuration under every unit that is shipped, in the sandbox that `tests/ship/sandbox.rs`
//! builds from it.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::sandbox::{ALL, OUT, PROGRAM, REFRESH, REFRESH_OF_SYSTEM, SYNC, SYNC_OF_SYSTEM, installed, start, works};
use crate::home::{self, Home, at, claude_store, hours, put};

/// The drop-in for what is neither in the home nor below `/srv` or `/tmp`.
const ELSEWHERE: &str = include_str!("../../contrib/systemd/elsewhere.conf");

const SOURCE: &str = ".claude/.credentials.json";
/// A login that has ended.
const DEAD: &str = r#"{"claudeAiOauth":{"accessToken":"","refreshToken":"","expiresAt":0}}"#;

/// A server on loopback that counts the pings that it gets.
fn pings() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (url, count) = (format!("http://{}/ping", listener.local_addr().unwrap()), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&count);
    // It ends with the test.
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 1024]);
            counted.fetch_add(1, Ordering::Relaxed);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    (url, count)
}

/// A home whose settings name all that a run may write, with a hook that writes where it pleases.
fn demanding(home: Home, out: &str, ping: &str) -> Home {
    let hook = [PROGRAM.replace("ocsync", "hook")];
    let config = json!({ "hooks": { "on_change": &hook, "on_problem": &hook }, "flag_file": "~/.cache/flag",
        "ping": ping, "write_back": true, "export": { "env_file": format!("{out}/.env") }, "reload": "never",
        "sources": ["claude"] });
    let home = installed(home.config(&config).file(".cache/x", ""));
    let path = home.path(".local/bin/hook");
    put(
        &path,
        "#!/bin/sh\nset -e\ncat >/dev/null\necho \"$OCSYNC_EVENT\" | tee -a \"$HOME/.cache/told\" >>/srv/told\n",
    );
    home::chmod(&path, 0o755);
    home
}

/// Hooks, flag, ping, notices, environment file and `write_back` under every unit as it is shipped.
#[test]
fn inside_each_sandbox_every_setting_works() {
    if !works("bwrap", &["--unshare-user", "--ro-bind", "/", "/", "true"]) {
        return;
    }
    let (url, count) = pings();
    for unit in ALL {
        let before = count.load(Ordering::Relaxed);
        let looks = unit.contains("ocsync check-expiry");
        // A login that has ended is a problem; one that is well is delivered.
        let home =
            demanding(Home::new().file(SOURCE, DEAD).agent("main", &claude_store("old", hours(1))), "/srv", &url);
        let run = start(&home, unit);
        assert!(run.code == Some(1) && !run.stderr.contains("warning"), "{run:#?}");
        let told = |home: &Home| fs::read_to_string(home.root().join("srv/told")).unwrap_or_default();
        assert_eq!(told(&home), "problem\n", "{run:#?}");
        assert_eq!(fs::read_to_string(home.path(".cache/told")).unwrap(), "problem\n");
        assert!(home.path(".cache/flag").exists() && home.path(".local/state/ocsync/notices.json").exists());
        start(&home, unit).code(1);
        assert_eq!(told(&home), "problem\n", "a problem is told once");
        let home = home.claude("new", hours(8));
        let run = start(&home, unit);
        let expected = if looks { "problem\nrecovery\n" } else { "problem\nchange\nrecovery\n" };
        assert_eq!((run.code, told(&home).as_str()), (Some(0), expected), "{run:#?}");
        assert!(!home.path(".cache/flag").exists());
        assert_eq!(count.load(Ordering::Relaxed), before + 3);
        if looks {
            continue;
        }
        assert_eq!(home.access("main"), at("new"));
        let exported = || fs::read_to_string(home.root().join("srv/.env")).unwrap();
        assert_eq!(exported(), format!("ANTHROPIC_OAUTH_TOKEN={}\n", at("new")));
        // OpenClaw spends the CLI's refresh token.
        put(&home.store_path("main"), &claude_store("newer", hours(9)));
        start(&home, unit).code(0).prints("main");
        assert!(fs::read_to_string(home.path(SOURCE)).unwrap().contains(&at("newer")));
        assert_eq!(exported(), format!("ANTHROPIC_OAUTH_TOKEN={}\n", at("newer")));
    }
}

#[test]
fn what_lies_elsewhere_is_told_by_status_and_works_with_the_drop_in() {
    if !works("bwrap", &["--unshare-user", "--ro-bind", "/", "/", "true"]) {
        return;
    }
    for unit in [SYNC, SYNC_OF_SYSTEM, REFRESH, REFRESH_OF_SYSTEM] {
        let home = demanding(Home::stale(), OUT, "http://127.0.0.1:9/");
        fs::create_dir(home.root().join("out")).unwrap();
        start(&home, unit).code(4).says("/opt/openclaw");
        let hint = format!("BindPaths={OUT}");
        home.run(&["status", "-v"]).says(&hint);
        assert!(ELSEWHERE.contains(&hint));
        let with = format!("{unit}{ELSEWHERE}");
        start(&home, &with).code(0);
        let exported = fs::read_to_string(home.root().join("out/.env")).unwrap();
        assert_eq!(exported, format!("ANTHROPIC_OAUTH_TOKEN={}\n", at("new")));
    }
}
