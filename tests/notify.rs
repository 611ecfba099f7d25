//! Others are told of a run: by hooks, a ping, a flag file, an environment file. None of them may
//! cost more than its limit, learn a token it is not meant to have, or change the exit code.

#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods
)]

mod common;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use common::{CANARY, Home, at, chmod, claude_json, claude_store, hours, iso, put};
use serde_json::{Value, json};

/// A hook that notes its arguments, variables and input, and then does this.
fn hook(home: &Home, name: &str, script: &str) -> String {
    let (path, log) = (home.root().join("bin").join(name), home.root().join(name));
    let text = format!(
        "#!/bin/sh\nPATH=/usr/bin:/bin\nmkdir -p {0}\nn=$(ls {0} | wc -l)\n{{ echo \"args $*\"; env; echo; cat; }} >{0}/$n\n{script}\n",
        log.display()
    );
    put(&path, &text);
    chmod(&path, 0o755);
    name.to_owned()
}

/// What a hook was told: event, exit code, and the report.
fn told(home: &Home, name: &str) -> Vec<(String, i64, Value)> {
    let dir = home.root().join(name);
    let count = fs::read_dir(&dir).map_or(0, Iterator::count);
    let calls = (0..count).map(|n| fs::read_to_string(dir.join(n.to_string())).unwrap());
    calls
        .map(|text| {
            assert!(!text.contains(CANARY), "a token reached a hook: {text}");
            let (variables, report) = text.split_once("\n\n").unwrap();
            let event = variables.lines().find_map(|line| line.strip_prefix("OCSYNC_EVENT=")).unwrap();
            let exit = variables.lines().find_map(|line| line.strip_prefix("OCSYNC_EXIT=")).unwrap();
            (event.to_owned(), exit.parse().unwrap(), serde_json::from_str(report).unwrap())
        })
        .collect()
}

fn events(home: &Home, name: &str) -> Vec<String> {
    told(home, name).into_iter().map(|(event, ..)| event).collect()
}

/// A home whose login has ended, and with it the profile: only a person can help.
fn ended() -> Home {
    let mut login: Value = serde_json::from_str(&claude_json("old", hours(-1))).unwrap();
    login["claudeAiOauth"]["refreshTokenExpiresAt"] = json!(hours(-2));
    let home = Home::new().file(".claude/.credentials.json", &login.to_string());
    home.agent("main", &claude_store("old", hours(-1)))
}

fn warnings(report: &Value) -> Vec<&str> {
    let problems = report["problems"].as_array().unwrap();
    problems.iter().filter(|problem| problem["severity"] == "warning").map(|p| p["code"].as_str().unwrap()).collect()
}

#[test]
fn a_change_is_told_once_with_the_report_and_no_change_is_not() {
    let home = Home::stale();
    let name = hook(&home, "told", "");
    let run = home.run(&["sync", "--json", "--on-change", &format!("{name} --to me")]);
    let calls = told(&home, &name);
    assert_eq!((calls.len(), calls[0].0.as_str(), calls[0].1), (1, "change", 0));
    assert_eq!(calls[0].2, run.code(0).json());
    assert!(fs::read_to_string(home.root().join("told/0")).unwrap().starts_with("args --to me\n"));
    home.run(&["sync", "--on-change", &name]).code(0).silent();
    assert_eq!(told(&home, &name).len(), 1);
}

#[test]
fn a_dry_run_tells_nobody() {
    let home = Home::stale();
    let name = hook(&home, "told", "");
    let flag = home.root().join("flag");
    let args = ["sync", "--dry-run", "--on-change", &name, "--on-problem", &name, "--flag-file"];
    home.run(&[&args[..], &[flag.to_str().unwrap()]].concat()).code(3);
    assert!(told(&home, &name).is_empty() && !flag.exists());
}

#[test]
fn ten_problem_runs_within_the_hour_give_one_notice_and_the_recovery_one() {
    for command in ["sync", "check-expiry"] {
        let home = ended();
        let name = hook(&home, "told", "");
        let run =
            |minute: i64| home.run(&[command, "--on-problem", &name, "--now", &iso(hours(0) + minute * 60_000)]);
        (0..10).for_each(|n| {
            run(n * 5).code(1);
        });
        assert_eq!(events(&home, &name), ["problem"], "{command}");
        run(61).code(1);
        assert_eq!(told(&home, &name).len(), 2);
        let home = home.claude("new", hours(8)).agent("main", &claude_store("old", hours(8)));
        let run =
            |minute: i64| home.run(&[command, "--on-problem", &name, "--now", &iso(hours(0) + minute * 60_000)]);
        run(62).code(0);
        run(63).code(0);
        let calls = told(&home, &name);
        assert_eq!(events(&home, &name), ["problem", "problem", "recovery"]);
        assert_eq!((calls[2].1, &calls[2].2["exit"], &calls[2].2["command"]), (0, &json!(0), &json!(command)));
        let mode = fs::metadata(home.state_dir().join("notices.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn the_interval_is_configured_and_timers_that_look_at_different_things_do_not_mix() {
    let home = ended();
    let name = hook(&home, "told", "");
    let home =
        home.config(&json!({ "hooks": { "on_problem": ["told", "a b"] }, "notify_every": "5m", "hook_timeout": 9 }));
    let run = |args: &[&str], minute: i64| {
        home.run(&[args, &["--now", &iso(hours(0) + minute * 60_000)]].concat());
    };
    run(&["sync"], 0);
    run(&["sync"], 4);
    run(&["sync", "--source", "codex"], 4);
    run(&["sync"], 5);
    let calls = told(&home, &name);
    let sync = calls.iter().filter(|(_, exit, _)| *exit == 1).count();
    assert_eq!((sync, calls.len()), (2, 3));
    assert!(fs::read_to_string(home.root().join("told/0")).unwrap().starts_with("args a b\n"));
}

#[test]
fn check_expiry_without_a_hook_writes_nothing() {
    let home = ended();
    let before = home.tree();
    home.run(&["check-expiry"]).code(1);
    assert_eq!(home.tree(), before);
}

#[test]
fn a_run_that_cannot_begin_is_told_of_as_well() {
    let home = Home::stale().file(".config/ocsync/config.json", "{ shre: 1 }");
    let name = hook(&home, "told", "");
    home.run(&["sync", "--on-problem", &name]).code(78).says("did you mean \"share\"?");
    let calls = told(&home, &name);
    assert_eq!((calls[0].1, calls[0].2["problems"][0]["code"].as_str()), (78, Some("config")));
}

#[test]
fn a_hook_that_hangs_costs_its_timeout_and_changes_nothing_that_was_synced() {
    let home = Home::stale();
    let name = hook(&home, "told", "sleep 600 & sleep 600");
    let start = Instant::now();
    let args = ["sync", "--json", "--hook-timeout", "1s", "--on-change", &name];
    let run = home.run(&args);
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    run.code(0).says("did not end within 1s");
    assert_eq!(home.access("main"), at("new"));
    assert!(warnings(&run.json()).contains(&"hook"));
    home.nothing_left();
}

#[test]
fn a_signal_ends_a_hook_and_a_ping() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/x", listener.local_addr().unwrap());
    for by_hook in [true, false] {
        let home = Home::stale();
        let name = hook(&home, "told", "sleep 600");
        let args = if by_hook { ["sync", "--on-change", &name] } else { ["sync", "--ping", &url] };
        let running = home.start(home.command(&args));
        if by_hook {
            while !home.root().join("told/0").exists() {
                std::thread::sleep(Duration::from_millis(10));
            }
        } else {
            listener.accept().unwrap();
        }
        let start = Instant::now();
        running.signal(rustix::process::Signal::TERM);
        assert_eq!(running.end().signal, Some(15));
        assert!(start.elapsed() < Duration::from_secs(3));
        assert_eq!(home.access("main"), at("new"));
        home.nothing_left();
    }
}

#[test]
fn a_hook_that_floods_fails_or_does_not_read_is_bounded_and_named() {
    for (script, says) in [
        ("head -c 100000000 /dev/zero; head -c 100000000 /dev/zero >&2", None),
        ("exit 7", Some("exited with 7")),
        ("kill -9 $$", Some("ended by a signal")),
        ("echo sk-ant-oat01-canary-x >&2; exit 1", Some("exited with 1")),
    ] {
        let home = Home::stale();
        let name = hook(&home, "told", script);
        let run = home.run(&["sync", "--on-change", &name]);
        run.code(0).prints("updated main");
        match says {
            Some(says) => run.says(says),
            None => run.says(""),
        };
        assert_eq!(run.stderr.contains("hook"), says.is_some(), "{run:#?}");
    }
    let home = Home::stale();
    let path = home.root().join("bin/deaf");
    put(&path, "#!/bin/sh\nexit 0\n");
    chmod(&path, 0o755);
    let home = (0..300).fold(home, |home, n| home.agent(&format!("a{n}"), &claude_store("old", hours(1))));
    let run = home.run(&["sync", "--on-change", "deaf"]);
    assert!(!run.code(0).stderr.contains("hook"), "{}", run.stderr);
}

#[test]
fn a_hook_that_is_not_there_is_a_warning_and_quiet_is_quiet() {
    let home = Home::stale();
    home.run(&["sync", "--on-change", "no-such-hook"]).code(0).says("no-such-hook is not found");
    let home = Home::stale();
    let run = home.run(&["sync", "-q", "--on-change", "no-such-hook"]);
    run.code(0).silent();
}

#[test]
fn a_hook_may_run_ocsync_itself() {
    let home = Home::stale();
    let name = hook(&home, "told", &format!("exec {} sync --wait 0", common::OCSYNC));
    home.run(&["sync", "--on-change", &name]).code(0).prints("updated");
    assert_eq!(told(&home, &name).len(), 1);
    let run = home.run(&["sync"]);
    run.code(0).silent();
}

#[test]
fn what_only_a_shell_understands_is_a_usage_error() {
    let home = Home::stale();
    for command in ["sh -c 'x'", "a | b", ""] {
        home.run(&["sync", "--on-change", command]).code(64).says("ocsync: error: ");
    }
    assert_eq!(home.access("main"), at("old"));
}

#[test]
fn the_flag_is_there_while_a_login_is_needed() {
    let home = ended();
    let flag = home.root().join("flag");
    let args = ["sync", "--flag-file", flag.to_str().unwrap()];
    home.run(&args).code(1);
    let text = fs::read_to_string(&flag).unwrap();
    assert!(
        text.starts_with("ocsync: login needed since ") && text.ends_with("(claude): claude auth login\n"),
        "{text}"
    );
    assert_eq!((text.lines().count(), fs::metadata(&flag).unwrap().permissions().mode() & 0o777), (1, 0o600));
    let inode = home.tree()[&flag].clone();
    home.run(&args).code(1);
    assert_eq!(home.tree()[&flag], inode, "it says since when");
    // Not seen is not recovered.
    let home = home.file(".claude/.credentials.json", "{");
    assert!(home.run(&args).code.is_some_and(|code| code > 3));
    assert!(flag.exists());
    let home = home.claude("new", hours(8));
    home.run(&["check-expiry", "--flag-file", flag.to_str().unwrap()]).code(1);
    assert!(flag.exists());
    home.run(&args).code(0);
    assert!(!flag.exists());
    home.nothing_left();
}

#[test]
fn a_file_that_is_somebody_elses_is_no_flag() {
    for home in [ended(), Home::stale()] {
        let file = home.path(".claude/.credentials.json");
        let before = fs::read(&file).unwrap();
        let run = home.run(&["sync", "--flag-file", file.to_str().unwrap()]);
        run.says("is not of ocsync's making");
        assert_eq!(fs::read(&file).unwrap(), before);
    }
    let home = ended();
    home.run(&["sync", "--flag-file", "/proc/flag"]).code(1).says("/proc");
}

/// A server that answers one request with this, and returns the request.
fn server(answer: &'static str) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/ping/uuid", listener.local_addr().unwrap());
    let serve = move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut part = [0; 1024];
        while !request.ends_with(b"\r\n\r\n") {
            let count = stream.read(&mut part).unwrap();
            request.extend_from_slice(&part[..count]);
        }
        let _ = stream.write_all(answer.as_bytes());
        if answer.contains("flood") {
            // More than anybody wants to read: the other side hangs up.
            while stream.write_all(&[b'x'; 4096]).is_ok() {}
        }
        drop(stream);
        // Whoever came back for more, after a redirect say, would be noticed.
        listener.set_nonblocking(true).unwrap();
        std::thread::sleep(Duration::from_millis(300));
        assert!(listener.accept().is_err(), "a second request");
        String::from_utf8(request).unwrap()
    };
    (url, std::thread::spawn(serve))
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nOK";

#[test]
fn a_ping_says_how_a_run_ended() {
    let (url, request) = server(OK);
    Home::stale().run(&["sync", "--ping", &url]).code(0);
    let request = request.join().unwrap();
    assert!(request.starts_with("GET /ping/uuid HTTP/1.1\r\n"), "{request}");
    let agent = format!("ocsync/{}\r\n", env!("CARGO_PKG_VERSION"));
    assert!(request.to_lowercase().contains(&format!("user-agent: {agent}")), "{request}");
    assert!(!request.contains(CANARY));
    let (url, request) = server(OK);
    let home = ended().config(&json!({ "ping": format!("{url}/?rid=1") }));
    home.run(&["check-expiry"]).code(1);
    assert!(request.join().unwrap().starts_with("GET /ping/uuid/1?rid=1 HTTP/1.1\r\n"));
}

#[test]
fn a_ping_follows_no_redirect_and_never_changes_the_code() {
    for (answer, says) in [
        ("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n", "redirects are not followed"),
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "404"),
        ("garbage\r\n\r\n", "the ping of 127.0.0.1 failed"),
        ("", "the ping of 127.0.0.1 failed"),
    ] {
        let (url, request) = server(answer);
        let run = Home::stale().run(&["sync", "--json", "--ping", &url]);
        run.code(0).says(says);
        assert!(warnings(&run.json()).contains(&"ping"));
        assert!(!run.stderr.contains("uuid") && !run.stdout.contains("uuid"), "{run:#?}");
        request.join().unwrap();
    }
    let (url, request) = server("HTTP/1.1 200 OK\r\nX: flood\r\n\r\n");
    let start = Instant::now();
    Home::stale().run(&["sync", "--ping", &url]).code(0);
    assert!(start.elapsed() < Duration::from_secs(8));
    request.join().unwrap();
}

#[test]
fn a_ping_that_is_not_answered_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/x", listener.local_addr().unwrap());
    let start = Instant::now();
    Home::stale().run(&["sync", "--ping", &url]).code(0).says("no answer within 10 s");
    assert!(start.elapsed() < Duration::from_secs(13));
}

#[test]
fn a_ping_in_the_clear_leaves_this_machine_never() {
    let home = Home::stale();
    for url in ["http://example.test/x", "http://127.0.0.1.example.test/x", "ftp://127.0.0.1/x", "x"] {
        home.run(&["sync", "--ping", url]).code(64).says("ocsync: error: ");
    }
    let home = home.config(&json!({ "ping": "http://example.test/x" }));
    home.run(&["sync"]).code(78).says("must begin with https://");
    assert_eq!(home.access("main"), at("old"));
}

const ENV: &str = "# gateway\r\nA='1 2'\nANTHROPIC_OAUTH_TOKEN=old\nB=\"x\ny\"\n\nC";

/// A stale home with an environment file.
fn with_env(text: &str) -> (Home, PathBuf) {
    let home = Home::stale();
    let path = home.root().join("compose/.env");
    put(&path, text);
    (home.config(&json!({ "export": { "env_file": path } })), path)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn the_env_file_gets_the_access_token_and_keeps_every_other_byte() {
    let (home, path) = with_env(ENV);
    chmod(&path, 0o644);
    home.run(&["sync", "--dry-run"]).code(3).prints("would update");
    assert_eq!(read(&path), ENV);
    for command in ["status", "check-expiry"] {
        home.run(&[command]);
        assert_eq!(read(&path), ENV);
    }
    let name = hook(&home, "told", "");
    let run = home.run(&["sync", "--on-change", &name]);
    run.code(0).prints("compose/.env from claude");
    assert_eq!(read(&path), ENV.replace("=old", &format!("={}", at("new"))));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(told(&home, &name)[0].2["exported"][0]["result"], "done");
    let before = home.tree();
    home.run(&["sync"]).code(0).silent();
    assert_eq!(home.tree()[&path], before[&path]);
    // A change of this file alone is a change.
    put(&path, "");
    home.run(&["sync", "--on-change", &name]).code(0);
    assert_eq!((read(&path), told(&home, &name).len()), (format!("ANTHROPIC_OAUTH_TOKEN={}\n", at("new")), 2));
    fs::remove_file(&path).unwrap();
    home.run(&["sync"]).code(0);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    home.nothing_left();
}

#[test]
fn the_env_file_gets_no_token_that_is_dead() {
    let (home, path) = with_env(ENV);
    let home = home.claude("new", hours(-1));
    home.run(&["sync"]);
    assert_eq!(read(&path), ENV, "expired");
    let home = home.claude("one", hours(2));
    home.run(&["sync"]).code(0);
    let home = home.claude("two", hours(3));
    home.run(&["sync"]).code(0);
    let put_back = home.file(".claude/.credentials.json", &claude_json("one", hours(2)));
    put_back.run(&["sync"]);
    assert!(read(&path).contains(&at("two")), "rolled back");
}

#[test]
fn an_env_file_that_cannot_be_written_is_incomplete_and_the_rest_is_done() {
    let (home, path) = with_env("ANTHROPIC_OAUTH_TOKEN=\"a\nb\"\n");
    home.run(&["sync"]).code(4).says("goes over several lines").prints("updated main");
    assert_eq!((home.access("main"), read(&path).as_str()), (at("new"), "ANTHROPIC_OAUTH_TOKEN=\"a\nb\"\n"));
}

#[test]
fn status_prints_the_effective_values_and_no_secret_part_of_them() {
    let home = Home::stale().config(&json!({
        "share": { "claude": "access" }, "bind": { "anthropic:work": "claude" }, "openclaw": ["/opt/openclaw"],
        "hooks": { "on_problem": ["notify-me", "secret-chat"] }, "ping": "https://hc.test/secret-uuid", "wait": 3,
    }));
    let run = home.run(&["status", "-v", "--bind", "x/anthropic:b=none", "--share", "codex=access"]);
    for line in [
        "share: claude=access codex=access minimax=lineage qwen=lineage",
        "bind: anthropic:work=claude x/anthropic:b=none",
        "openclaw: /opt/openclaw",
        "hooks.on_problem: notify-me\n",
        "hook_timeout: 30s",
        "notify_every: 1h 0m",
        "ping: hc.test\n",
        "wait: 3s",
    ] {
        run.says(line);
    }
    assert!(!run.stderr.contains("secret"), "{run:#?}");
}

#[test]
fn a_binding_of_the_command_line_protects_a_profile() {
    let home = Home::stale();
    home.run(&["sync", "--bind", "anthropic:default=none"]).code(0);
    assert_eq!(home.access("main"), at("old"));
    home.run(&["sync", "--share", "access"]).code(0).prints("updated");
    assert!(!home.store_text("main").contains("refresh"));
    home.run(&["sync", "--bind", "anthropic:default=clade"]).code(64).says("did you mean \"claude\"?");
}
