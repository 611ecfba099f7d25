//! `auth-profiles.json`, the store of one agent up to OpenClaw 2026.6.1.
//!
//! OpenClaw reads it with strict `JSON.parse`; what that refuses is "no store" to it, and an
//! error to us: it is never overwritten. Up to 2026.4.2 it is written in place, so a file that
//! cannot be parsed is looked at again before it is called malformed.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::model::exit::Code;
use crate::model::json_edit::{self, Change, Malformed};
use crate::model::problem::Problem;
use crate::model::profile::{self, Profile};
use crate::model::recent::Recent;
use crate::model::recent::Tokens;
use crate::model::secret::Secret;
use crate::sys::fs::read::{self, FileId};

/// How often, and how long apart, a store that cannot be parsed is looked at again.
const TORN: (u32, Duration) = (2, Duration::from_millis(100));

/// A store as it was read.
#[derive(Debug)]
pub struct Store {
    /// What the file was when it was read.
    pub id: FileId,
    /// Its entries that OpenClaw takes as profiles, in order.
    pub profiles: Vec<Arc<Profile>>,
}

/// What stores that are read one after the other have in common: an entry whose text was read lately is not
/// read again.
#[derive(Debug, Default)]
pub struct Shared {
    tokens: Tokens,
    entries: Recent<(Secret, Arc<Profile>)>,
}

impl Shared {
    fn parse(&mut self, id: &str, text: &str) -> Result<Option<Arc<Profile>>, Malformed> {
        let is = |(known, profile): &(Secret, Arc<Profile>)| profile.id == id && known.expose() == text;
        if let Some((_, known)) = self.entries.find(is) {
            return Ok(Some(known));
        }
        let parsed = profile::parse(id, text, &mut self.tokens)?;
        Ok(parsed.map(|profile| self.entries.add((Secret::new(text), Arc::new(profile))).1))
    }
}

/// Reads a store into `buffer`, which then holds its text; `None` where there is none.
///
/// # Errors
/// What is wrong with it, naming file, line and column.
pub fn read(path: &Path, buffer: &mut Vec<u8>) -> Result<Option<Store>, Problem> {
    read_sharing(path, buffer, &mut Shared::default())
}

/// [`read`] of one store among many: what is equal to what was read with the others is shared with them.
///
/// # Errors
/// As there.
pub fn read_sharing(path: &Path, buffer: &mut Vec<u8>, shared: &mut Shared) -> Result<Option<Store>, Problem> {
    read_again(path, buffer, shared, &mut || std::thread::sleep(TORN.1))
}

/// [`read_sharing`], with what is done before a torn file is looked at again.
fn read_again(
    path: &Path,
    buffer: &mut Vec<u8>,
    shared: &mut Shared,
    wait: &mut dyn FnMut(),
) -> Result<Option<Store>, Problem> {
    let mut tries = 0;
    loop {
        let id = match read::read_into(path, buffer) {
            Ok(id) => id,
            Err(error) if read::is_absent(&error) => return Ok(None),
            Err(error) if error.kind() == std::io::ErrorKind::FileTooLarge => {
                return Err(malformed(path, "larger than 4 MiB"));
            }
            Err(error) if error.kind() == std::io::ErrorKind::InvalidInput => {
                return Err(malformed(path, "not a regular file"));
            }
            Err(error) => return Err(Problem::io("cannot read", path, &error)),
        };
        let document = text(buffer);
        let parsed = document.clone().and_then(|document| parse_sharing(document, shared));
        match parsed {
            Ok(profiles) => return Ok(Some(Store { id, profiles })),
            Err(Malformed::At { .. }) if tries < TORN.0 => {
                tries += 1;
                wait();
            }
            Err(error) => {
                let error = error.located(document.unwrap_or_default());
                return Err(malformed(path, &error.to_string()));
            }
        }
    }
}

fn malformed(path: &Path, why: &str) -> Problem {
    let hint = "it was left alone; repair it, or run: openclaw doctor";
    Problem::error(Code::Data, "malformed", format!("{}: {why}", path.display()), hint)
}

/// The text of a document.
///
/// # Errors
/// [`Malformed::At`] for what is not UTF-8.
pub fn text(bytes: &[u8]) -> Result<&str, Malformed> {
    std::str::from_utf8(bytes).map_err(|error| {
        let (line, column) = json_edit::position(&bytes[..error.valid_up_to()]);
        Malformed::At { line, column, why: "not UTF-8".to_owned() }
    })
}

/// The profiles of a document.
///
/// # Errors
/// [`Malformed`]; also where a profile id, or a field of a profile that matters, stands twice.
pub fn parse(document: &str) -> Result<Vec<Arc<Profile>>, Malformed> {
    parse_sharing(document, &mut Shared::default())
}

fn parse_sharing(document: &str, shared: &mut Shared) -> Result<Vec<Arc<Profile>>, Malformed> {
    let top = json_edit::members(document)?;
    let Some(entries) = json_edit::find(&top, "profiles")? else { return Ok(Vec::new()) };
    if !entries.value.starts_with('{') {
        return Err(Malformed::no_object("\"profiles\"", entries.value));
    }
    let entries = json_edit::members(entries.value)?;
    let mut profiles = Vec::with_capacity(entries.len());
    let (mut ids, mut twice) = (BTreeSet::new(), BTreeSet::new());
    for entry in &entries {
        if !ids.insert(&entry.key) {
            twice.insert(entry.key.as_ref());
        }
        profiles.extend(shared.parse(&entry.key, entry.value)?);
    }
    // Also beside one that is no profile: the last counts to OpenClaw, whatever it is.
    if let Some(profile) = profiles.iter().find(|profile: &&Arc<Profile>| twice.contains(profile.id.as_str())) {
        json_edit::find(&entries, &profile.id)?;
    }
    Ok(profiles)
}

/// A document with one profile more; an empty one is a new store.
///
/// # Errors
/// [`Malformed`]; the document is as it was.
pub fn with_profile(document: &str, id: &str, entry: &str) -> Result<String, Malformed> {
    let quoted = serde_json::Value::from(id).to_string();
    if document.is_empty() {
        return Ok(format!("{{\n  \"version\": 1,\n  \"profiles\": {{\n    {quoted}: {entry}\n  }}\n}}\n"));
    }
    let top = json_edit::members(document)?;
    let profiles = match json_edit::find(&top, "profiles")? {
        Some(profiles) if profiles.value.starts_with('{') => profiles.value,
        Some(profiles) => return Err(Malformed::no_object("\"profiles\"", profiles.value)),
        None => return json_edit::set(document, "profiles", &format!("{{\n    {quoted}: {entry}\n  }}")),
    };
    let edited = if json_edit::members(profiles)?.is_empty() {
        format!("{{\n    {quoted}: {entry}\n  }}")
    } else {
        json_edit::set(profiles, id, entry)?
    };
    json_edit::apply(document, &[], &[Change::Set("profiles", edited)])
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORE: &str = r#"{ "version": 1, "profiles": {
        "x:aws": { "type": "aws-sdk", "provider": "x" }, "x:bad": 7,
        "a:default": { "type": "oauth", "provider": "a", "access": "A", "n": 1e999 } }, "k": [0.10] }"#;

    #[test]
    fn a_profile_is_changed_and_everything_else_stays() {
        assert_eq!(parse(STORE).unwrap().len(), 2);
        let changes = [Change::Set("access", "\"B\"".into()), Change::Remove("gone")];
        let edited = json_edit::apply(STORE, &["profiles", "a:default"], &changes).unwrap();
        assert_eq!(edited, STORE.replace("\"A\"", "\"B\""));
    }

    #[test]
    fn what_was_read_lately_stands_for_the_same_text_of_the_same_profile_alone() {
        let mut shared = Shared::default();
        let store = |id: &str, access: &str| {
            format!(r#"{{"profiles":{{"{id}":{{"type":"oauth","provider":"a","access":"{access}"}}}}}}"#)
        };
        let first = parse_sharing(&store("a:1", "FAKE-1"), &mut shared).unwrap();
        assert!(Arc::ptr_eq(&parse_sharing(&store("a:1", "FAKE-1"), &mut shared).unwrap()[0], &first[0]));
        for (id, access) in [("a:1", "FAKE-2"), ("a:2", "FAKE-1")] {
            let other = &parse_sharing(&store(id, access), &mut shared).unwrap()[0];
            assert_eq!((other.id.as_str(), other.access.as_ref().unwrap().secret.expose()), (id, access));
        }
    }

    #[test]
    fn what_is_ambiguous_or_of_another_shape_is_refused() {
        for text in [
            "",
            "[]",
            "{",
            r#"{"profiles":[]}"#,
            r#"{"profiles":{},"profiles":{}}"#,
            r#"{"profiles":{"p":{"type":"oauth","provider":"x"},"p":{"type":"oauth","provider":"x"}}}"#,
            r#"{"profiles":{"p":{"type":"oauth","provider":"x"},"p":7}}"#,
            r#"{"profiles":{"a":{"type":"oauth","provider":"x"},"p":{"type":"oauth","provider":"x"},"p":7}}"#,
            r#"{"profiles":{"p":7,"\u0070":{"type":"oauth","provider":"x"}}}"#,
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(parse("{}"), Ok(Vec::new()));
        assert_eq!(parse(r#"{"profiles":{"p":7,"p":8}}"#), Ok(Vec::new()));
        let broken = text(b"{\n \xff").unwrap_err();
        assert_eq!(broken, Malformed::At { line: 2, column: 2, why: "not UTF-8".into() });
    }

    #[test]
    fn a_profile_is_added_to_any_store() {
        for document in ["", "{}", r#"{"profiles":{}}"#, r#"{"profiles":{"q":7}}"#, "{\"version\": 1}\n"] {
            let added = with_profile(document, "p", r#"{"type":"oauth","provider":"x"}"#).unwrap();
            assert_eq!(parse(&added).unwrap()[0].id, "p", "{added}");
        }
        let refused = with_profile(r#"{"profiles":7}"#, "p", "{}").unwrap_err();
        assert_eq!(refused.to_string(), "\"profiles\" is not an object");
    }

    #[test]
    fn a_torn_store_is_looked_at_again_and_one_that_says_something_else_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        let read = |text: &str, repaired_at: u32| {
            std::fs::write(&path, text).unwrap();
            let mut waits = 0;
            let store = read_again(&path, &mut Vec::new(), &mut Shared::default(), &mut || {
                waits += 1;
                if waits == repaired_at {
                    std::fs::write(&path, STORE).unwrap();
                }
            });
            (store.map(|store| store.unwrap().profiles.len()).map_err(|problem| problem.message), waits)
        };
        assert_eq!(read(STORE, 9), (Ok(2), 0));
        assert_eq!(read("{", 1), (Ok(2), 1));
        assert_eq!(read("{\"version\": 1,", 2), (Ok(2), 2));
        let (message, waits) = read("{\n", 3);
        assert_eq!(waits, 2);
        assert!(message.unwrap_err().ends_with("/s: line 2 column 1: EOF while parsing an object"));
        let (message, waits) = read("{\n\"profiles\": []}", 1);
        assert_eq!(waits, 0);
        assert!(message.unwrap_err().ends_with("/s: line 2 column 13: \"profiles\" is not an object"));
        assert_eq!(super::read(&path, &mut Vec::new()).unwrap_err().code, "malformed");
    }

    #[test]
    fn what_is_no_store_file_is_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        assert!(read(&path("none"), &mut Vec::new()).unwrap().is_none());
        std::fs::write(path("good"), STORE).unwrap();
        let mut buffer = Vec::new();
        assert_eq!(read(&path("good"), &mut buffer).unwrap().unwrap().profiles.len(), 2);
        assert_eq!(buffer, STORE.as_bytes());
        std::fs::File::create(path("large")).unwrap().set_len(read::LIMIT + 1).unwrap();
        std::os::unix::fs::symlink("circle", path("circle")).unwrap();
        for (name, code, says) in [
            ("large", "malformed", "larger than 4 MiB"),
            (".", "malformed", "not a regular file"),
            ("circle", "", "cannot read"),
        ] {
            let problem = read(&path(name), &mut Vec::new()).unwrap_err();
            assert!(problem.message.contains(says), "{}", problem.message);
            assert_eq!(problem.code == "malformed", code == "malformed", "{name}");
        }
    }
}
