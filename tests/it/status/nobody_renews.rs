//! A login that nobody renews: two runs, an hour apart, have found the same access token after its end, and a profile
//! without a refresh token depends on it.

use serde_json::{Value, json};

use crate::home::{CLAUDE, Home, Run, at, claude_store, hours, iso, store};

const TIMER: &str = "ocsync: hint: systemctl --user enable --now ocsync-refresh.timer\n";

/// A run so many minutes after the beginning.
fn run(home: &Home, minutes: i64, args: &[&str]) -> Run {
    let time = iso(hours(0) + minutes * 60_000);
    home.run(&[args, &["--now", &time]].concat())
}

/// A profile that holds an access token alone.
fn access_only(name: &str, expires: i64) -> Value {
    json!({ "type": "token", "provider": "anthropic", "token": at(name), "expires": expires })
}

/// A login that ends at the beginning, and an agent that has its access token alone.
fn ended() -> Home {
    Home::new().claude("one", hours(0)).agent("main", &store(&[(CLAUDE, access_only("one", hours(0)))]))
}

#[track_caller]
fn says_nothing(run: &Run) {
    assert!(!run.stderr.contains("nobody renews"), "{run:#?}");
}

#[test]
fn every_command_tells_it_also_a_quiet_one_and_names_the_timer() {
    let home = ended();
    says_nothing(run(&home, 1, &["status"]).code(2));
    says_nothing(run(&home, 1, &["sync"]).code(3));
    says_nothing(run(&home, 60, &["sync"]).code(3));
    says_nothing(run(&home, 60, &["check-expiry"]).code(2));
    for args in [&["sync", "-q"][..], &["sync", "--dry-run"], &["sync"]] {
        let run = run(&home, 61, args);
        run.code(3)
            .says("ocsync: error: claude's access token ended 1h 1m ago, and nobody renews it: 1 profile")
            .says(TIMER);
    }
    run(&home, 62, &["status"]).code(2).says("nobody renews it").says(TIMER);
    run(&home, 62, &["status", "-q"]).code(2).says("nobody renews it");
    let report = run(&home, 62, &["check-expiry", "--json"]).code(2).json();
    let codes: Vec<&Value> = report["problems"].as_array().unwrap().iter().map(|problem| &problem["code"]).collect();
    assert_eq!(codes.iter().filter(|code| **code == "nobody-renews").count(), 1, "{codes:?}");
    let nagios = run(&home, 62, &["check-expiry", "--format", "nagios"]);
    nagios.code(2).prints("OCSYNC CRITICAL - expired: claude login, 1h 2m ago");
    // A refresh that was tried says by itself what is wrong.
    let refresh = run(&home, 62, &["refresh", "-q"]);
    assert!(refresh.code != Some(0) && !refresh.stderr.contains("systemctl"), "{refresh:#?}");
    refresh.says("nobody renews it");
}

#[test]
fn the_next_token_counts_an_hour_ahead_until_one_is_renewed_in_time() {
    let home = ended();
    run(&home, 1, &["sync"]).code(3);
    run(&home, 70, &["sync"]).code(3);
    // A person uses the CLI.
    let home = home.claude("two", hours(10));
    run(&home, 80, &["sync"]).code(0);
    says_nothing(run(&home, 80, &["status"]).code(0));
    run(&home, 8 * 60, &["check-expiry"]).code(0);
    let late = run(&home, 9 * 60 + 30, &["check-expiry"]);
    late.code(2).prints("expiring: claude login, 30m left, and nobody renews it");
    run(&home, 9 * 60 + 30, &["check-expiry", "--format", "nagios"]).code(1).prints("claude=1800s;3600:");
    run(&home, 9 * 60 + 30, &["status"]).code(0);
    // The timer runs by now.
    let home = home.claude("three", hours(20));
    run(&home, 9 * 60 + 50, &["sync"]).code(0);
    run(&home, 19 * 60 + 30, &["check-expiry"]).code(0);
}

#[test]
fn what_has_a_refresh_token_or_no_login_to_wait_for_is_not_meant() {
    let shared = Home::new().claude("one", hours(0)).agent("main", &claude_store("one", hours(0)));
    run(&shared, 1, &["sync"]);
    says_nothing(&run(&shared, 90, &["sync"]));
    says_nothing(run(&shared, 90, &["status"]).code(2));
    // Nobody can renew this one. That a login is needed says more.
    let over = ended();
    let text = json!({ "claudeAiOauth": { "accessToken": at("one"), "expiresAt": hours(0) } }).to_string();
    let over = over.file(".claude/.credentials.json", &text);
    run(&over, 1, &["sync"]).code(1);
    says_nothing(run(&over, 90, &["sync"]).code(1));
    // A dry run notes nothing.
    let dry = ended();
    run(&dry, 1, &["sync", "--dry-run"]).code(3);
    says_nothing(run(&dry, 90, &["sync"]).code(3));
}

#[test]
fn a_login_that_is_gone_says_when_it_was_seen_last() {
    let home = Home::new().claude("one", hours(8)).agent("main", &claude_store("one", hours(8)));
    run(&home, 0, &["sync"]).code(0);
    // Within the hour the journal is not written again.
    let journal = home.tree();
    run(&home, 59, &["sync"]).code(0);
    assert_eq!(journal, home.tree());
    run(&home, 125, &["sync"]).code(0);
    std::fs::remove_file(home.path(".claude/.credentials.json")).unwrap();
    let seen = iso(hours(0) + 125 * 60_000);
    let seen = format!("the login's file is gone, last seen {} {} UTC", &seen[..10], &seen[11..16]);
    for args in [&["status"][..], &["sync", "-q", "--wait", "0"], &["refresh", "--dry-run"]] {
        run(&home, 180, args).code(1).says(&seen);
    }
}
