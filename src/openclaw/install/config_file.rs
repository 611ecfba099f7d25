//! Reads OpenClaw's configuration: JSON5 with `$include`, as OpenClaw 2026.2.1 to 2026.6.1 reads it.
//!
//! A `${NAME}` is resolved only in the few values that ocsync needs. OpenClaw refuses to start without a variable
//! that some API key refers to. ocsync runs without the gateway's environment, and does not need that key.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::model::exit::Code;
use crate::model::installation::normalise;
use crate::model::problem::{Problem, clean};
use crate::settings::env::Env;
use crate::sys::fs::dir_of;
use crate::sys::json5::read_json5;

/// How deep includes may nest.
const DEPTH: usize = 10;

/// Reads a configuration with everything that it includes.
///
/// # Errors
/// As [`read_json5`]. Also for files that include each other in a circle, for includes that nest too deep, and for an
/// included file that is missing.
pub fn read_config(path: &Path) -> Result<Option<Value>, Problem> {
    match read_json5(path)? {
        Some(value) => resolve(value, path, &mut Vec::new()).map(Some),
        None => Ok(None),
    }
}

fn resolve(value: Value, file: &Path, chain: &mut Vec<PathBuf>) -> Result<Value, Problem> {
    match value {
        Value::Object(mut object) => {
            let included = object.remove("$include");
            let mut own = Map::new();
            for (key, value) in object {
                own.insert(key, resolve(value, file, chain)?);
            }
            let Some(included) = included else { return Ok(Value::Object(own)) };
            let merged = include(&included, file, chain)?;
            Ok(if own.is_empty() { merged } else { merge(merged, Value::Object(own)) })
        }
        Value::Array(items) => {
            let items: Result<_, _> = items.into_iter().map(|item| resolve(item, file, chain)).collect();
            Ok(Value::Array(items?))
        }
        other => Ok(other),
    }
}

fn include(names: &Value, file: &Path, chain: &mut Vec<PathBuf>) -> Result<Value, Problem> {
    let wrong = |why: String| {
        Problem::error(Code::Config, "config", format!("{}: {why}", file.display()), "correct its \"$include\"")
    };
    let names: Vec<&str> = match names {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => return Err(wrong("\"$include\" is neither a string nor an array".to_owned())),
    };
    let real = |path: PathBuf| std::fs::canonicalize(&path).unwrap_or(path);
    if chain.is_empty() {
        chain.push(real(file.to_owned()));
    }
    let mut merged = Value::Object(Map::new());
    for name in names {
        let path = real(dir_of(file).join(name));
        if chain.contains(&path) {
            return Err(wrong(format!("\"$include\" of {name} goes in a circle")));
        }
        if chain.len() > DEPTH {
            return Err(wrong(format!("\"$include\" nests deeper than {DEPTH} files")));
        }
        let Some(value) = read_json5(&path)? else {
            return Err(wrong(format!("\"$include\" of {name}: no such file")));
        };
        chain.push(path.clone());
        let value = resolve(value, &path, chain)?;
        chain.pop();
        merged = merge(merged, value);
    }
    Ok(merged)
}

/// Merges two values: objects key by key, arrays by joining them. Of other values the later one wins.
fn merge(base: Value, over: Value) -> Value {
    match (base, over) {
        (Value::Object(mut base), Value::Object(over)) => {
            for (key, value) in over {
                let merged = match base.remove(&key) {
                    Some(old) => merge(old, value),
                    None => value,
                };
                base.insert(key, merged);
            }
            Value::Object(base)
        }
        (Value::Array(mut base), Value::Array(over)) => {
            base.extend(over);
            Value::Array(base)
        }
        (_, over) => over,
    }
}

/// A string value with its `${NAME}`s resolved. `$${NAME}` is written for a literal `${NAME}`.
///
/// # Errors
/// The name of a variable that is not set.
pub fn substitute(text: &str, env: &Env) -> Result<String, String> {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let after = &rest[start + 2..];
        let name = after.split('}').next().filter(|name| name.len() < after.len() && is_name(name));
        match name {
            Some(name) if rest[..start].ends_with('$') => {
                result.push_str(&rest[..start]);
                result.push_str(&rest[start + 1..start + 3 + name.len()]);
                rest = &after[name.len() + 1..];
            }
            Some(name) => {
                result.push_str(&rest[..start]);
                let value = env.var(name).ok_or_else(|| name.to_owned())?;
                result.push_str(&value.to_string_lossy());
                rest = &after[name.len() + 1..];
            }
            None => {
                result.push_str(&rest[..start + 2]);
                rest = after;
            }
        }
    }
    result.push_str(rest);
    Ok(result)
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// The configured agents: the key of each entry, its normalised id, and the entry.
pub(super) fn listed_agents(config: &Value) -> impl Iterator<Item = (String, String, &Value)> {
    // `doctor --fix` of 2026.9.6 turns `list` into `entries`. Where there are both, OpenClaw ignores `list`.
    let entries = config.pointer("/agents/entries");
    let list = config.pointer("/agents/list").and_then(Value::as_array).filter(|_| entries.is_none());
    let listed = list.into_iter().flatten().enumerate();
    let listed = listed.map(|(place, agent)| {
        let id = agent.get("id").and_then(Value::as_str).unwrap_or_default();
        (format!("agents.list[{place}]"), normalise(id), agent)
    });
    let entries = object(entries).map(|(id, agent)| (format!("agents.entries.{}", clean(id)), normalise(id), agent));
    entries.chain(listed)
}

/// The members of a value that may be an object.
pub(super) fn object(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        dir
    }

    fn read(files_of: &[(&str, &str)]) -> Result<Value, Problem> {
        let dir = files(files_of);
        read_config(&std::fs::canonicalize(dir.path()).unwrap().join("a")).map(Option::unwrap)
    }

    #[test]
    fn includes_are_merged_under_the_file_that_names_them() {
        let value = read(&[
            ("a", "// c\n{ $include: ['b', 'c'], x: { own: 1, }, list: [3] }"),
            ("b", "{ x: { own: 0, from: 'b' }, list: [1] }"),
            ("c", "{ x: { from: 'c' }, list: [2], deep: { $include: 'd' } }"),
            ("d", "[7]"),
        ]);
        let expected = serde_json::json!({"x": {"own": 1, "from": "c"}, "list": [1, 2, 3], "deep": [7]});
        assert_eq!(value.unwrap(), expected);
    }

    #[test]
    fn circles_depth_and_garbage_are_named() {
        let message = |of: &[(&str, &str)]| read(of).unwrap_err().message;
        assert!(message(&[("a", "{$include:'b'}"), ("b", "{$include:'a'}")]).contains("circle"));
        assert!(message(&[("a", "{$include:'gone'}")]).contains("no such file"));
        assert!(message(&[("a", "{\n x: ]")]).contains("line 2 column 5"));
        assert!(message(&[("a", &"[".repeat(300_000))]).contains("nested"));
        let chain: Vec<(String, String)> =
            (0..20).map(|n| (format!("f{n}"), format!("{{$include:'f{}'}}", n + 1))).collect();
        let mut chain: Vec<(&str, &str)> = chain.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        chain.push(("a", "{$include:'f0'}"));
        assert!(message(&chain).contains("deeper than 10"));
    }

    #[test]
    fn variables_are_resolved_where_they_are_needed() {
        let env = Env::of(Path::new("/h"), &[("DIR", "/d")]);
        assert_eq!(substitute("${DIR}/x/${DIR}", &env).unwrap(), "/d/x//d");
        assert_eq!(substitute("$${DIR}/${lower}/${", &env).unwrap(), "${DIR}/${lower}/${");
        assert_eq!(substitute("${GONE}", &env).unwrap_err(), "GONE");
    }
}
