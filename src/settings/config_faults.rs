//! Everything that is wrong with a configuration, and not the first thing alone: a person corrects it in one go.

use std::path::Path;

use serde_json::Value;

use crate::model::exit::Code;
use crate::model::problem::Problem;
use crate::settings::config_error::{self, Wrong};
use crate::settings::config_place::Part;
use crate::settings::file::ConfigFile;
use crate::sys::json5::{parse_json5, read_text};

/// The most errors that are looked for.
const MOST: usize = 100;

/// Everything that is wrong with a configuration file; nothing where it is not there, unless it was `named`.
#[must_use]
pub fn of_file(path: &Path, named: bool) -> Vec<Problem> {
    let Err(problem) = ConfigFile::read(path, named) else { return Vec::new() };
    let Ok(Some(text)) = read_text(path) else { return vec![problem] };
    let Ok(value) = parse_json5(path, &text) else { return vec![problem] };
    let error = |what: String| Problem::error(Code::Config, "config", format!("{}: {what}", path.display()), "");
    all(value, &text).into_iter().map(error).collect()
}

/// What is wrong with the configuration in `value`, whose text is `text`: each as one line, with line and column.
///
/// The reader stops at the first error. So the value that is wrong is taken out, and the rest is read again.
fn all(mut value: Value, text: &[u8]) -> Vec<String> {
    if !value.is_object() {
        return vec!["line 1 column 1: not an object".to_owned()];
    }
    let mut faults = Vec::new();
    let mut removed: Vec<Vec<Part>> = Vec::new();
    while faults.len() < MOST {
        let Err((wrong, _)) = config_error::read::<ConfigFile, _>(value.clone()) else { break };
        let path = original(&wrong.path, &removed);
        faults.push(Wrong { path: path.clone(), ..wrong.clone() }.said(text));
        if !remove(&mut value, &wrong.path) {
            break;
        }
        removed.push(path);
    }
    faults
}

/// A path in the configuration as it was before elements were taken out of its lists.
fn original(path: &[Part], removed: &[Vec<Part>]) -> Vec<Part> {
    let mut whole: Vec<Part> = Vec::new();
    for part in path {
        let part = match part {
            Part::Key(_) => part.clone(),
            Part::Index(index) => {
                let mut gone: Vec<usize> = removed.iter().filter_map(|of| element_of(of, &whole)).collect();
                gone.sort_unstable();
                Part::Index(
                    gone.into_iter().fold(*index, |index, gone| if gone <= index { index + 1 } else { index }),
                )
            }
        };
        whole.push(part);
    }
    whole
}

/// The number of the element that a path leads to, where that is one of the list `of`.
fn element_of(path: &[Part], of: &[Part]) -> Option<usize> {
    match path.split_last() {
        Some((Part::Index(index), list)) if list == of => Some(*index),
        _ => None,
    }
}

/// Takes out what a path leads to. Returns whether there was anything.
fn remove(value: &mut Value, path: &[Part]) -> bool {
    let Some((last, before)) = path.split_last() else { return false };
    let inside = before.iter().try_fold(value, |value, part| match part {
        Part::Key(key) => value.get_mut(key),
        Part::Index(index) => value.get_mut(index),
    });
    match (inside, last) {
        (Some(Value::Object(map)), Part::Key(key)) => map.remove(key).is_some(),
        (Some(Value::Array(list)), Part::Index(index)) if *index < list.len() => {
            list.remove(*index);
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_errors_are_named_each_with_its_place() {
        let text = "{ wait: 'x', shre: 1,\n state_dirs: [7, '/a', { path: '/b', container: 3 }, { }],\n hooks: { on_change: ['a', 3], on_chnge: [] } }";
        let value = json5::from_str(text).unwrap();
        assert_eq!(
            all(value, text.as_bytes()),
            [
                "line 3 column 28: hooks.on_change[1]: not a string",
                "line 3 column 32: hooks: unknown key \"on_chnge\": did you mean \"on_change\"?",
                "line 1 column 14: unknown key \"shre\": did you mean \"share\"?",
                "line 2 column 15: state_dirs[0]: not a path, or an object with a path",
                "line 2 column 49: state_dirs[2].container: neither true nor false",
                "line 2 column 54: state_dirs[3]: the key \"path\" is missing",
                "line 1 column 9: wait: not a whole number (0 or more)",
            ]
        );
        assert_eq!(all(json5::from_str("[]").unwrap(), b"[]"), ["line 1 column 1: not an object"]);
    }
}
