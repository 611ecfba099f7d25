//! `contrib/schema/report.schema.json` is what `--json` prints: of every command, in homes that are
//! well and in homes that are not, and in every case of `tests/cmd/`. The words in it are those of
//! the code.

use std::collections::BTreeSet;
use std::fs;

use crate::cases;
use crate::home::schema::{faults, schema};
use crate::home::{Home, claude_store, hours, oauth, store};
use ocsync::testing::model::exit::TABLE;
use ocsync::testing::model::source::SourceKind;
use ocsync::testing::model::verdict::Verdict;
use ocsync::testing::report::State;
use serde_json::{Value, json};

const COMMANDS: [&[&str]; 5] = [
    &["check-expiry", "--json"],
    &["check-expiry", "--format", "json"],
    &["status", "--json"],
    &["sync", "--dry-run", "--json"],
    &["sync", "--json"],
];

/// Homes, each with the exit code of `check-expiry` and of `sync` there.
fn homes() -> Vec<(&'static str, Home, [i32; 2])> {
    let fresh = || Home::new().claude("new", hours(8));
    let sqlite = |home: Home| home.version("2026.6.9").file(".openclaw/agents/main/agent/openclaw-agent.sqlite", "");
    let setup = json!({ "type": "token", "provider": "anthropic", "token": "sk-ant-oat01-canary-setup" });
    let key = json!({ "type": "api_key", "provider": "openai", "key": "canary" });
    let several = [("anthropic:default", oauth("new", hours(8))), ("anthropic:setup", setup), ("openai:key", key)];
    let logged_out = json!({ "claudeAiOauth": { "accessToken": "", "refreshToken": "", "expiresAt": 0 } });
    vec![
        ("in step", fresh().agent("main", &claude_store("new", hours(8))), [0, 0]),
        ("out of step", Home::stale(), [0, 0]),
        ("several types", fresh().agent("main", &store(&several)), [0, 0]),
        ("expired", Home::new().claude("old", hours(-1)).agent("main", &claude_store("old", hours(-1))), [2, 0]),
        (
            "logged out",
            Home::new()
                .file(".claude/.credentials.json", &logged_out.to_string())
                .agent("main", &claude_store("old", hours(-1))),
            [1, 1],
        ),
        (
            "a source cut off",
            Home::new().file(".claude/.credentials.json", "{").agent("main", &claude_store("old", hours(8))),
            [4, 65],
        ),
        ("a store cut off", fresh().agent("main", "{").agent("work", &claude_store("new", hours(8))), [4, 4]),
        ("SQLite", sqlite(fresh()), [66, 66]),
        (
            "no OpenClaw",
            {
                let home = fresh();
                fs::remove_dir_all(home.path(".openclaw")).unwrap();
                home
            },
            [0, 66],
        ),
        (
            "nothing",
            {
                let home = Home::new();
                fs::remove_dir_all(home.path(".openclaw")).unwrap();
                home
            },
            [66, 66],
        ),
        ("a wrong configuration", Home::stale().config(&json!({ "no_such_key": 1 })), [78, 78]),
    ]
}

#[test]
fn every_command_prints_what_the_schema_says_in_every_home() {
    let mut exits = BTreeSet::new();
    for (name, home, [check, sync]) in homes() {
        for args in COMMANDS {
            let run = home.run(args);
            let report: Value = serde_json::from_str(&run.stdout).unwrap();
            assert_eq!(faults(&report), Vec::<String>::new(), "{name}: {args:?}");
            assert_eq!(report["exit"], json!(run.code.unwrap()), "{name}: {args:?}");
            let expected = [("check-expiry", check), ("sync --json", sync)];
            let line = args.join(" ");
            for (_, code) in expected.iter().filter(|(start, _)| line.starts_with(start)) {
                run.code(*code);
            }
            exits.insert(run.code.unwrap());
        }
        if name == "SQLite" {
            let report = home.run(&["status", "--json"]).json();
            assert_eq!(
                (&report["profiles"][0]["profile"], &report["profiles"][0]["store"]),
                (&Value::Null, &json!("sqlite"))
            );
        }
    }
    assert!(exits.len() >= 6, "{exits:?}");
}

#[test]
fn every_case_with_a_report_is_as_the_schema_says() {
    let mut count = 0;
    for case in cases::all() {
        let reports = case.args.iter().any(|arg| arg == "--json" || arg == "json");
        // Bad arguments end a run before there is anything to report.
        if !reports || case.code == 64 {
            continue;
        }
        let path = case.path.display();
        let report: Value = serde_json::from_str(&case.stdout).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(faults(&report), Vec::<String>::new(), "{path}");
        count += 1;
    }
    assert!(count >= 6, "the cases are not found");
}

#[test]
fn the_words_of_the_schema_are_those_of_the_code() {
    let schema = schema();
    let codes: Vec<u8> = TABLE.iter().map(|(code, _, _)| *code as u8).collect();
    assert_eq!(schema["properties"]["exit"]["enum"], json!(codes));
    let kinds = SourceKind::ALL.map(SourceKind::name).join("|");
    let pattern = format!("^({kinds})(:[a-z0-9][a-z0-9_-]{{0,31}})?$");
    assert_eq!(schema["$defs"]["kind"]["pattern"], pattern);
    assert_eq!(schema["$defs"]["profile"]["properties"]["source"]["pattern"], pattern);
    use State::{Expired, Expiring, Fresh, LoggedOut, LoginExpiring, Static, Unknown, Unreadable};
    let states = [Fresh, Expiring, Expired, LoginExpiring, LoggedOut, Unreadable, Unknown, Static];
    assert_eq!(schema["$defs"]["state"]["enum"], json!(states));
    let named: BTreeSet<&str> = Verdict::ALL.into_iter().map(Verdict::name).collect();
    let words = schema["$defs"]["profile"]["properties"]["verdict"]["enum"].as_array().unwrap();
    assert_eq!(words.iter().filter_map(Value::as_str).collect::<BTreeSet<_>>(), named);
}

/// What a validator that finds nothing would let through.
#[test]
fn a_report_that_is_not_as_the_schema_says_is_found() {
    let good = Home::stale().run(&["status", "--json"]).json();
    let broken = |pointer: &str, value: Value| {
        let mut report = good.clone();
        *report.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
        faults(&report)
    };
    for (pointer, value) in [
        ("/version", json!(2)),
        ("/exit", json!(5)),
        ("/now", json!("yesterday")),
        ("/changed", json!(-1)),
        ("/changed", json!("1")),
        ("/profiles", json!({})),
        ("/sources/0/source", json!("gemini")),
        ("/sources/0/source", json!("claude:")),
        ("/profiles/0/source", json!("claude:Work")),
        ("/sources/0/state", json!(null)),
        ("/sources/0/access", json!("sk-ant-oat01")),
        ("/profiles/0/refreshable", json!("yes")),
        ("/profiles/0/expires_in", json!(1.5)),
        ("/profiles/0", json!([])),
    ] {
        assert!(!broken(pointer, value.clone()).is_empty(), "{pointer} may be {value}");
    }
    let mut report = good.clone();
    report["sources"][0].as_object_mut().unwrap().remove("account");
    report["sources"][0]["new"] = json!(1);
    assert_eq!(faults(&report).len(), 2);
}
