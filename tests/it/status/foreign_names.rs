//! Names that other programs write steer no terminal and change the look of no line, in any command and form of output.

use std::fs;

use crate::home::hooks::hook;
use crate::home::{self, CLAUDE, Home, hours, oauth, put, store};
use serde_json::json;

/// Characters that steer a terminal, reverse a line, or hide in it.
const HOSTILE: &str = "\u{1b}[31m\u{7}\r\u{9b}2J\u{202e}\u{2067}\u{200b}\u{feff}\u{e0041}\u{7f}\n";

/// A home that has them in every name that ocsync reads, with a login that has this many hours left.
fn home(home: Home, left: i64, broken: bool) -> Home {
    let login = json!({ "claudeAiOauth": {
        "accessToken": "sk-ant-oat01-FAKE-new", "refreshToken": "sk-ant-ort01-FAKE-new", "expiresAt": hours(left),
        "refreshTokenExpiresAt": hours(left + 1), "scopes": ["user:inference"], "subscriptionType": HOSTILE } });
    let account = json!({ "oauthAccount": {
        "accountUuid": format!("11111111-1111-4111-8111-111111111111{HOSTILE}"), "emailAddress": format!("me{HOSTILE}@example.com") } });
    let named = |id: &str| format!("anthropic:{id}{HOSTILE}");
    let mut other = oauth("other", hours(5));
    other["email"] = json!(format!("you{HOSTILE}@example.com"));
    other["provider"] = json!("anthropic");
    let mut strange = oauth("strange", hours(5));
    strange["provider"] = json!(format!("anthropic{HOSTILE}"));
    let profiles = store(&[
        (CLAUDE, oauth("old", hours(-1))),
        (&named("other"), other),
        (&named("strange"), strange),
        (&named("plain"), oauth("plain", hours(-2))),
    ]);
    let id = format!("agent{HOSTILE}");
    let home = home
        .file(".claude/.credentials.json", &login.to_string())
        .file(".claude.json", &account.to_string())
        .agent("main", &profiles)
        .agent(&id, &profiles);
    if broken { home.agent(&format!("broken{HOSTILE}"), "{") } else { home }
}

/// Whether an output has none of them. Only its own lines end.
fn is_clean(text: &str) -> bool {
    let bad = |c: char| c != '\n' && (c.is_control() || (!c.is_ascii() && HOSTILE.contains(c)));
    // An account's name has a line feed before the @.
    !text.chars().any(bad) && !text.lines().any(|line| line.starts_with('@'))
}

const COMMANDS: [&[&str]; 12] = [
    &["status"],
    &["status", "-v"],
    &["status", "--problems"],
    &["status", "--json"],
    &["check-expiry"],
    &["check-expiry", "-v"],
    &["check-expiry", "--format", "nagios"],
    &["check-expiry", "--format", "prometheus"],
    &["check-expiry", "--format", "json"],
    &["sync", "--dry-run", "-v"],
    &["sync", "-v", "--restore", "nobody\u{1b}\u{9b}\u{2067}"],
    &["check-expiry", "--profile", "nobody\u{1b}\u{9b}\u{2067}"],
];

fn check(home: &Home, args: &[&str]) {
    let run = home.run(args);
    assert!(is_clean(&run.stdout), "{args:?}: {:?}", run.stdout);
    assert!(is_clean(&run.stderr), "{args:?}: {:?}", run.stderr);
    let shown = format!("{}{}", run.stdout, run.stderr);
    let names_something = shown.contains('\u{fffd}') || shown.contains("\\u001b") || args[0] == "check-expiry";
    assert!(shown.len() > 20 && names_something, "{args:?}: {shown:?}");
}

#[test]
fn no_form_of_output_prints_what_steers_a_terminal() {
    let dir = tempfile::tempdir().unwrap();
    let below = dir.path().join(format!("of{HOSTILE}me"));
    fs::create_dir(&below).unwrap();
    for (left, broken) in [(8, false), (8, true), (-2, true)] {
        for args in COMMANDS {
            check(&home(Home::new(), left, broken), args);
            check(&home(Home::within(&below), left, broken), args);
        }
        let home = home(Home::new(), left, broken);
        let (flag, textfile, told) =
            (home.root().join("flag"), home.root().join("metrics.prom"), home.root().join("told"));
        put(&told.join("0"), "");
        let name = hook(&home, "told", "");
        let notify = ["--on-change", &name, "--on-problem", &name, "--flag-file", flag.to_str().unwrap()];
        let run = home.run(&[&["sync", "-v"][..], &notify].concat());
        assert!(is_clean(&run.stdout) && is_clean(&run.stderr), "{:?} {:?}", run.stdout, run.stderr);
        home.run(&["check-expiry", "--textfile", textfile.to_str().unwrap()]);
        assert!(is_clean(&fs::read_to_string(textfile).unwrap()));
        let calls: Vec<String> = (1..fs::read_dir(&told).unwrap().count())
            .map(|n| fs::read_to_string(told.join(n.to_string())).unwrap())
            .collect();
        assert!(!calls.is_empty() && calls.iter().all(|call| is_clean(call)), "{calls:?}");
        assert!(left > 0 || is_clean(&fs::read_to_string(&flag).unwrap()));
    }
}

#[test]
fn the_json_report_keeps_the_very_names() {
    let report = home(Home::new(), 8, false).run(&["status", "--json"]).json();
    let profiles = report["profiles"].as_array().unwrap();
    assert!(profiles.iter().any(|row| row["profile"] == format!("anthropic:other{HOSTILE}")), "{report}");
}

#[test]
fn a_wrong_command_line_is_repeated_without_them() {
    let run = Home::new().run(&["status", "--no\u{1b}\u{9b}\u{202e}"]);
    assert!(is_clean(&run.code(64).stderr), "{:?}", run.stderr);
}

/// Node.js reads the name as another one. OpenClaw finds nothing there, so the agent would be dead without a word.
#[cfg(target_os = "linux")]
#[test]
fn a_directory_of_an_agent_whose_name_is_not_utf_8_is_named() {
    use std::os::unix::ffi::OsStrExt;
    let home = Home::new().claude("new", hours(8)).agent("main", &home::claude_store("new", hours(8)));
    let odd = |name: &[u8]| home.path(".openclaw/agents").join(std::ffi::OsStr::from_bytes(name));
    fs::create_dir_all(odd(b"caf\xe9/agent")).unwrap();
    let text = home::claude_store("old", hours(1));
    fs::write(odd(b"caf\xe9/agent/auth-profiles.json"), &text).unwrap();
    fs::write(odd(b"\xff"), "no directory").unwrap();
    home.run(&["sync"]).code(0).silent();
    let message = "/.openclaw/agents/caf\u{fffd}: no agent, because OpenClaw reads no name that is not UTF-8";
    home.run(&["sync", "-v"]).code(0).says(message);
    home.run(&["status"]).code(0).says(message);
    let report = home.run(&["status", "--json"]).json();
    let problems = report["problems"].as_array().unwrap();
    assert!(problems.iter().any(|problem| problem["code"] == "not-utf-8"), "{report:#}");
    fs::create_dir(odd(b"\xfe")).unwrap();
    home.run(&["status"]).code(0).says("caf\u{fffd} and 1 more: no agent");
    assert_eq!(fs::read_to_string(odd(b"caf\xe9/agent/auth-profiles.json")).unwrap(), text);
}
