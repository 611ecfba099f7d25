//! Hooks are told of changes and problems, but not too often. They may not cost more than their
//! limit, learn a token, or change the exit code.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use crate::home::hooks::{ended, events, hook, told, warnings};
use crate::home::{self, Home, at, chmod, claude_store, hours, iso, put};
use serde_json::json;

#[test]
fn a_change_is_told_once_with_the_report_and_no_change_is_not() {
    let home = Home::stale();
    let name = hook(&home, "told", "");
    let run = home.run(&["sync", "--json", "--on-change", &format!("{name} --to me")]);
    let calls = told(&home, &name);
    assert_eq!((calls.len(), calls[0].0.as_str(), calls[0].1), (1, "change", 0));
    let mut input = calls[0].2.clone();
    let notice = input.as_object_mut().unwrap().remove("notice").unwrap();
    assert_eq!((input, notice), (run.code(0).json(), json!({ "event": "change", "problems": [] })));
    assert!(fs::read_to_string(home.root().join("told/0")).unwrap().starts_with("args --to me\n"));
    home.run(&["sync", "--on-change", &name]).code(0).silent();
    assert_eq!(told(&home, &name).len(), 1);
}

#[test]
fn neither_ocsync_nor_what_it_starts_may_dump_a_core() {
    let home = Home::stale();
    let limits = home.root().join("limits");
    let read = format!("for pid in self $PPID; do grep '^Max core' /proc/$pid/limits >> {}; done", limits.display());
    let name = hook(&home, "told", &read);
    home.run(&["sync", "--on-change", &name]).code(0);
    let text = fs::read_to_string(limits).unwrap();
    let of = text.lines().map(|line| line.split_whitespace().skip(4).take(2).collect::<Vec<_>>());
    assert_eq!(of.collect::<Vec<_>>(), [["0", "0"], ["0", "0"]], "{text}");
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
fn ten_problem_runs_give_one_notice_the_next_day_another_and_the_recovery_one() {
    for command in ["sync", "check-expiry"] {
        let home = ended();
        let name = hook(&home, "told", "");
        let run =
            |minute: i64| home.run(&[command, "--on-problem", &name, "--now", &iso(hours(0) + minute * 60_000)]);
        (0..10).for_each(|n| {
            run(n * 5).code(1);
        });
        assert_eq!(events(&home, &name), ["problem"], "{command}");
        run(24 * 60).code(1);
        assert_eq!(told(&home, &name).len(), 2);
        let home = home.claude("new", hours(48)).agent("main", &claude_store("old", hours(47)));
        let run =
            |minute: i64| home.run(&[command, "--on-problem", &name, "--now", &iso(hours(0) + minute * 60_000)]);
        run(25 * 60).code(0);
        run(26 * 60).code(0);
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
    let name = hook(&home, "told", &format!("exec '{}' sync --wait 0", home::OCSYNC));
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

/// Of a run that tells a hook: the events so far, each with its exit code.
fn heard(home: &Home, name: &str) -> Vec<(String, i64)> {
    told(home, name).into_iter().map(|(event, exit, _)| (event, exit)).collect()
}

#[test]
fn a_worse_problem_a_partial_recovery_and_the_end_are_each_told_once() {
    let home = Home::new().claude("new", hours(-1)).agent("main", &claude_store("old", hours(-2)));
    let name = hook(&home, "told", "");
    let args = ["sync", "-q", "--on-problem", &name];
    home.run(&args).code(3);
    home.run(&args).code(3);
    assert_eq!(heard(&home, &name), [("problem".to_owned(), 3)]);
    let mut login: serde_json::Value = serde_json::from_str(&home::claude_json("new", hours(-1))).unwrap();
    login["claudeAiOauth"]["refreshTokenExpiresAt"] = json!(hours(-2));
    let home = home.file(".claude/.credentials.json", &login.to_string());
    home.run(&args).code(1);
    home.run(&["check-expiry", "--on-problem", &name]).code(1);
    assert_eq!(heard(&home, &name)[1..], [("problem".to_owned(), 1)], "an outage is told once");
    let home = home.claude("next", hours(-1));
    home.run(&args).code(3);
    assert_eq!(heard(&home, &name)[2..], [("recovery".to_owned(), 3), ("problem".to_owned(), 3)]);
    let home = home.claude("next", hours(8));
    home.run(&args).code(0);
    home.run(&args).code(0);
    assert_eq!(heard(&home, &name)[4..], [("recovery".to_owned(), 0)]);
}

#[test]
fn a_notice_names_the_login_the_profiles_and_since_when() {
    let home = Home::new().claude("new", hours(8)).agent("main", "{").agent("sub", "{");
    let name = hook(&home, "told", "");
    let run = home.run(&["sync", "--json", "--on-problem", &name, "--now", &iso(hours(0))]);
    let report = run.json();
    let malformed = report["problems"].as_array().unwrap().iter().filter(|of| of["code"] == "malformed");
    let agents: Vec<_> = malformed.map(|of| (of["agent"].clone(), of["since"].clone())).collect();
    let now = &report["now"];
    assert_eq!(agents, [(json!("main"), now.clone()), (json!("sub"), now.clone())]);
    let notice = &told(&home, &name)[0].2["notice"];
    assert_eq!((notice["event"].as_str(), notice["problems"].as_array().map(Vec::len)), (Some("problem"), Some(2)));
    let since = home.run(&["status", "--json"]).json()["problems"][0]["since"].clone();
    assert_eq!(since, *now);
    // Another agent with the same problem is news.
    let home = home.agent("third", "{");
    home.run(&["sync", "--on-problem", &name]);
    let calls = told(&home, &name);
    assert_eq!((calls.len(), &calls[1].2["notice"]["problems"][0]["agent"]), (2, &json!("third")));
    assert!(calls[1].2["summary"].as_str().unwrap().starts_with("data: "), "{}", calls[1].2["summary"]);
}

#[test]
fn once_is_told_once() {
    let home = ended();
    let name = hook(&home, "told", "");
    let home = home.config(&json!({ "hooks": { "on_problem": ["told"] }, "notify_every": "once" }));
    (0..40).for_each(|day| drop(home.run(&["sync", "--now", &iso(hours(24 * day))])));
    assert_eq!(events(&home, &name), ["problem"]);
    home.run(&["sync", "--notify-every", "sometimes"]).code(64).says("is not a time such as");
}

#[test]
fn a_trial_calls_the_hooks_and_does_nothing_else() {
    let home = Home::stale();
    let name = hook(&home, "told", "");
    let home = home.config(&json!({ "hooks": { "on_problem": ["told"], "on_change": ["told"] } }));
    let before = home.access("main");
    home.run(&["sync", "--test-hook"]).code(0).says("on_change was called").says("on_problem was called");
    assert_eq!((home.access("main"), home.state_dir().exists()), (before, false));
    assert_eq!(events(&home, &name), ["test", "test"]);
    assert_eq!(told(&home, &name)[0].2["notice"]["event"], "test");
    let home = home.config(&json!({}));
    home.run(&["check-expiry", "--test-hook"]).code(66).says("no hook is set");
    home.run(&["refresh", "--test-hook", "--on-problem", "no-such-hook"]).code(4).says("is not found");
}
