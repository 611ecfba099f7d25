//! Whether `ocsync status` and `openclaw models status` say the same of every profile that an agent sees.

use chrono::DateTime;
use serde_json::Value;

use super::json_of;
use super::openclaw::OpenClaw;
use crate::home::{CANARY, Home};

/// Compares what the two say of these agents, the main one first; gives how many profiles that were.
/// ocsync leaves every byte as it is.
#[track_caller]
pub fn agree(openclaw: &OpenClaw, home: &Home, agents: &[&str]) -> usize {
    let report = home.look(&["status", "--json"]).json();
    let rows = report["profiles"].as_array().unwrap();
    let mut seen = 0;
    for agent in agents {
        let said = json_of(&mut openclaw.command(home, &["models", "status", "--agent", agent, "--json"]));
        let own = |of: &str| rows.iter().filter(|row| row["agent"] == of).collect::<Vec<_>>();
        let mut rows = own(agent);
        assert!(rows.iter().all(|row| row["store"] == "sqlite"), "{rows:#?}");
        let shown = said["auth"]["oauth"]["profiles"].as_array().unwrap();
        // Up to 2026.7 an agent also sees what only the main one has; ocsync shows that once.
        let inherited = own(agents[0]).into_iter().filter(|main| {
            let is_own = rows.iter().any(|row| row["profile"] == main["profile"]);
            !is_own && !openclaw.shares()
        });
        rows.extend(inherited.collect::<Vec<_>>());
        let names = |list: &mut Vec<&str>| {
            list.sort_unstable();
            list.join(" ")
        };
        let of_openclaw = names(&mut shown.iter().map(|one| one["profileId"].as_str().unwrap()).collect());
        let of_ocsync = names(&mut rows.iter().map(|row| row["profile"].as_str().unwrap()).collect());
        assert_eq!(of_ocsync, of_openclaw, "{agent}");
        for one in shown {
            let row = rows.iter().find(|row| row["profile"] == one["profileId"]).unwrap();
            assert_eq!((&row["provider"], &row["type"]), (&one["provider"], &one["type"]), "{agent}: {row:#} {one}");
            is_as_old(row, one);
        }
        counts_agree(&rows, &said["auth"]["providers"]);
        seen += shown.len();
    }
    seen
}

/// State and expiry. OpenClaw takes a day for `expiring`, ocsync an hour: the expiry itself is compared.
#[track_caller]
fn is_as_old(row: &Value, one: &Value) {
    let at = row["expires_at"].as_str().map(|text| DateTime::parse_from_rfc3339(text).unwrap().timestamp());
    let is = |state: &str| row["state"] == state;
    // Anthropic ends it after a year, which OpenClaw does not know.
    let is_setup_token = row["setup_token"] == true;
    let fits = match one["status"].as_str().unwrap() {
        "static" => is("static") || is_setup_token && is("fresh"),
        "ok" => is("fresh"),
        "expiring" => is("fresh") || is("expiring"),
        "expired" => is("expired"),
        _ => false,
    };
    assert!(fits, "{row:#} {one}");
    match one["expiresAt"].as_i64() {
        Some(millis) => assert_eq!(at, Some(millis / 1000), "{row:#} {one}"),
        // Of a token that has ended, and of a fence, OpenClaw gives no time.
        None if one["reasonCode"] == "expired" => assert!(is("expired"), "{row:#} {one}"),
        None => assert!(is_setup_token == at.is_some() && (is("static") || is_setup_token), "{row:#} {one}"),
    }
}

/// How many profiles a provider has of each type.
#[track_caller]
fn counts_agree(rows: &[&Value], providers: &Value) {
    for provider in providers.as_array().unwrap() {
        for (key, kind) in [("oauth", "oauth"), ("token", "token"), ("apiKey", "api_key")] {
            let is_such = |row: &&&Value| row["provider"] == provider["provider"] && row["type"] == kind;
            // One that it never uses it does not count.
            let is_used = |row: &&&Value| row["profile"] != "anthropic:claude-cli";
            let (all, used) = (rows.iter().filter(is_such), rows.iter().filter(is_such).filter(is_used));
            let counted = provider["profiles"][key].as_u64().unwrap() as usize;
            assert!([all.count(), used.count()].contains(&counted), "{key}: {provider}");
        }
    }
    assert!(!rows.iter().any(|row| row.to_string().contains(CANARY)));
}
