//! `contrib/config/config.json5` and `contrib/schema/config.schema.json` against the program that reads the
//! configuration: the same keys, and the same opinion of what is right.

use std::collections::BTreeSet;
use std::fs;

use crate::home::Home;
use crate::home::schema::faults_by;
use serde_json::{Value, json};

fn schema() -> Value {
    serde_json::from_str(include_str!("../../contrib/schema/config.schema.json")).unwrap()
}

/// The example with all that is commented out in it. Prose has a space behind the `//`.
fn example() -> String {
    let text = include_str!("../../contrib/config/config.json5");
    let uncommented = |line: &str| {
        let start = line.trim_start();
        match start.strip_prefix("//") {
            Some(setting) if line.starts_with(' ') && setting.starts_with(|c: char| c.is_ascii_lowercase()) => {
                setting.to_owned()
            }
            // The inner lines of a setting.
            Some(inner) if line.starts_with("  //  ") || inner.starts_with([']', '}']) => inner.to_owned(),
            _ => line.to_owned(),
        }
    };
    text.lines().map(|line| uncommented(line) + "\n").collect()
}

/// What `--config-check` says of a configuration: its code, and its errors.
fn check(text: &str) -> (i32, String) {
    let home = Home::new().file(".config/ocsync/config.json", text);
    let run = home.run(&["status", "--config-check"]);
    (run.code.unwrap(), run.stderr.clone())
}

#[test]
fn the_example_is_right_as_it_is_and_with_every_setting_in_effect() {
    assert_eq!(check(include_str!("../../contrib/config/config.json5")), (0, String::new()));
    let text = example();
    assert_eq!(check(&text), (0, String::new()), "{text}");
    let value: Value = json5::from_str(&text).unwrap();
    assert_eq!(faults_by(&schema(), &value), Vec::<String>::new());
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let mut known = keys(&schema()["properties"]);
    known.remove("$schema");
    assert_eq!(keys(&value), known, "every setting is in the example");
    assert_eq!(keys(&value["refresh"]), keys(&schema()["$defs"]["refresh"]["properties"]));
}

#[test]
fn the_schema_has_the_keys_that_the_program_knows() {
    let names = |schema: &Value| schema["properties"].as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let schema = schema();
    for (text, of) in [
        ("{ qqqqqqqqqqqq: 1 }", &schema),
        ("{ refresh: { qqqqqqqqqqqq: 1 } }", &schema["$defs"]["refresh"]),
        ("{ hooks: { qqqqqqqqqqqq: 1 } }", &schema["properties"]["hooks"]),
        ("{ export: { qqqqqqqqqqqq: 1 } }", &schema["properties"]["export"]),
        ("{ state_dirs: [{ path: '/a', qqqqqqqqqqqq: 1 }] }", &schema["$defs"]["state_dir"]),
        ("{ logins: { a: { source: 'claude', dir: '/a', qqqqqqqqqqqq: 1 } } }", &schema["$defs"]["login"]),
    ] {
        let (code, said) = check(text);
        assert_eq!(code, 78, "{text}");
        let list = said.split("known are ").nth(1).unwrap_or_else(|| panic!("{said}")).lines().next().unwrap();
        assert_eq!(list.split(", ").map(str::to_owned).collect::<BTreeSet<_>>(), names(of), "{text}");
    }
}

#[test]
fn the_schema_and_the_program_agree_about_values() {
    for (value, right) in [
        (json!({ "wait": 3, "hook_timeout": 30, "notify_every": "once" }), true),
        (json!({ "refresh": { "within": { "claude": "30" } }, "share": { "codex": "access" } }), true),
        (
            json!({ "sqlite_write": true, "bind": { "a": "none", "b": "claude:work" }, "logins": { "work": { "source": "claude", "dir": "/w" } } }),
            true,
        ),
        (json!({ "wait": -3 }), false),
        (json!({ "wait": "3" }), false),
        (json!({ "hook_timeout": "soon" }), false),
        (json!({ "reload": "sometimes" }), false),
        (json!({ "sources": ["cloude"] }), false),
        (json!({ "bind": { "a": "cloude" } }), false),
        (json!({ "share": { "cloude": "access" } }), false),
        (json!({ "state_dirs": [{ "container": true }] }), false),
        (json!({ "state_dirs": "/a" }), false),
        (json!({ "hooks": { "on_change": "notify" } }), false),
        (json!({ "setup_tokens": { "a": "5.1.2026" } }), false),
        (json!({ "export": { "env_file": 3 } }), false),
        (json!({ "refresh": { "via": "carrier" } }), false),
        (json!({ "logins": { "work": { "dir": "/w" } } }), false),
    ] {
        assert_eq!(faults_by(&schema(), &value).is_empty(), right, "the schema about {value}");
        assert_eq!(check(&value.to_string()).0, if right { 0 } else { 78 }, "the program about {value}");
    }
}

#[test]
fn every_error_is_named_with_its_place_and_no_value() {
    let text = "{\n  ping: 'http://hc.test/secret-uuid',\n  wait: 'secret-wait',\n  hooks: { on_chnge: [] },\n}\n";
    let (code, said) = check(text);
    assert_eq!(code, 78);
    for (place, what) in [
        ("line 2 column 9: ", "ping: the URL must begin with https://"),
        ("line 3 column 9: ", "wait: not a whole number"),
        ("line 4 column 12: ", "hooks: unknown key \"on_chnge\": did you mean \"on_change\"?"),
    ] {
        assert!(said.lines().any(|line| line.contains(place) && line.contains(what)), "{what}: {said}");
    }
    assert!(!said.contains("secret") && said.lines().count() == 3, "{said}");
    let broken = check("{ wait: 3,,}");
    assert!(broken.0 == 78 && broken.1.contains("line 1 column 11"), "{broken:?}");
    let home = Home::new();
    home.run(&["status", "--config-check"]).code(0).prints("not there; the defaults are used");
    home.run(&["status", "--config-check", "--config", "/nowhere/config.json"]).code(78).says("no such file");
    fs::create_dir_all(home.path(".config/ocsync")).unwrap();
    let home = home.file(".config/ocsync/config.json", "{ bind: { 'a': 'claude:nobody' } }");
    home.run(&["status", "--config-check"]).code(78).says("nobody");
}
