//! OpenClaw's configuration and ocsync's own, which people write by hand: whatever stands there
//! is read, or refused in words. Includes are not followed: here are no files.

use std::path::Path;

use ocsync::testing::model::installation::InstallSettings;
use ocsync::testing::openclaw::install::config_file::substitute;
use ocsync::testing::openclaw::install::settings::of;
use ocsync::testing::settings::env::Env;
use ocsync::testing::settings::file::ConfigFile;
use ocsync::testing::sys::json5::parse_json5;
use serde_json::Value;

use super::{same, split};

/// The first byte chooses what the rest is.
pub(super) fn check(data: &[u8]) {
    let Some(([choice], text)) = split(data) else { return };
    let env = Env::of(Path::new("/h"), &[("DIR", "/d"), ("NAME", "n")]);
    if choice % 3 == 2 {
        return variables(&String::from_utf8_lossy(text), &env);
    }
    let value = match parse_json5(Path::new("/f"), text) {
        Ok(value) => value,
        Err(problem) => return assert!(problem.message.len() > "/f: ".len() && problem.message.starts_with("/f: ")),
    };
    // What is strict JSON means the same as JSON5.
    if let Some(strict) = std::str::from_utf8(text).ok().and_then(same::tree) {
        assert_eq!(without_numbers(value.clone()), without_numbers(strict));
    }
    if choice % 3 == 1 {
        if let Err(why) = ConfigFile::of(value) {
            assert!(!why.is_empty());
        }
        return;
    }
    settings(&of(&value, &env));
}

fn settings(settings: &InstallSettings) {
    for (index, (id, dir)) in settings.agents.iter().enumerate() {
        let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
        assert!(!id.is_empty() && id.len() <= 64 && id.chars().all(letter), "{id:?}");
        assert!(settings.agents[..index].iter().all(|(other, _)| other != id), "{id:?} twice");
        assert!(dir.as_ref().is_none_or(|dir| !dir.as_os_str().is_empty()), "{id:?}");
    }
    for id in settings.profiles.keys() {
        let _ = (settings.mode(id), settings.would_use("anthropic", id));
    }
}

fn variables(text: &str, env: &Env) {
    let result = substitute(text, env);
    if !text.contains("${") {
        assert_eq!(result.as_deref(), Ok(text));
    }
    if let Err(name) = result {
        assert!(text.contains(&format!("${{{name}}}")) && env.var(&name).is_none());
    }
    assert!(substitute(&text.replace('$', ""), env).is_ok());
}

/// Numbers lose digits in one parser and not in the other.
fn without_numbers(mut value: Value) -> Value {
    match &mut value {
        Value::Number(_) => value = Value::Null,
        Value::Array(items) => items.iter_mut().for_each(|item| *item = without_numbers(item.take())),
        Value::Object(members) => members.values_mut().for_each(|item| *item = without_numbers(item.take())),
        _ => {}
    }
    value
}
