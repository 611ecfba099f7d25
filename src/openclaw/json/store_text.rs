//! The JSON text that holds profiles: `auth-profiles.json`, or a cell in SQLite.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::json_edit::{self, Change};
use crate::model::json_text;
use crate::model::json_text::Malformed;
use crate::model::profile::{self, Profile};
use crate::model::recent::{Recent, Tokens};
use crate::model::secret::Secret;
use crate::model::zeroizing::Zeroizing;

/// What stores that are read one after the other have in common. An entry whose text was parsed a short while ago is
/// not parsed again.
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

/// The bytes of a store as text.
///
/// # Errors
/// [`Malformed::At`] for bytes that are not UTF-8.
pub fn text(bytes: &[u8]) -> Result<&str, Malformed> {
    std::str::from_utf8(bytes).map_err(|error| {
        let (line, column) = json_text::position(&bytes[..error.valid_up_to()]);
        Malformed::At { line, column, why: "not UTF-8".to_owned() }
    })
}

/// The profiles in a text.
///
/// # Errors
/// [`Malformed`]; also where a profile id, or a field of a profile that ocsync uses, occurs twice.
pub fn parse(document: &str) -> Result<Vec<Arc<Profile>>, Malformed> {
    parse_sharing(document, &mut Shared::default())
}

/// [`parse`] for one store among many, which have `shared` in common.
///
/// # Errors
/// As [`parse`].
pub fn parse_sharing(document: &str, shared: &mut Shared) -> Result<Vec<Arc<Profile>>, Malformed> {
    let top = json_text::members(document)?;
    let Some(entries) = json_text::find(&top, "profiles")? else { return Ok(Vec::new()) };
    if !entries.value.starts_with('{') {
        return Err(Malformed::no_object("\"profiles\"", entries.at));
    }
    let entries = entries.members()?;
    let mut profiles = Vec::with_capacity(entries.len());
    let (mut ids, mut twice) = (BTreeSet::new(), BTreeSet::new());
    for entry in &entries {
        if !ids.insert(&entry.key) {
            twice.insert(entry.key.as_ref());
        }
        let parsed = shared.parse(&entry.key, entry.value);
        profiles.extend(parsed.map_err(|error| error.inside(entry.at))?);
    }
    // An id also counts twice where one of the two entries is no profile: OpenClaw takes the last, whichever it is.
    if let Some(profile) = profiles.iter().find(|profile: &&Arc<Profile>| twice.contains(profile.id.as_str())) {
        json_text::find(&entries, &profile.id)?;
    }
    Ok(profiles)
}

/// The text with one more profile. An empty text becomes a new store.
///
/// # Errors
/// [`Malformed`] where the text is no store.
pub fn with_profile(document: &str, id: &str, entry: &str) -> Result<Zeroizing<String>, Malformed> {
    let quoted = serde_json::Value::from(id).to_string();
    let alone = Zeroizing::new(["{\n    ", &quoted, ": ", entry, "\n  }"].concat());
    if document.is_empty() {
        return Ok(Zeroizing::new(["{\n  \"version\": 1,\n  \"profiles\": ", &alone, "\n}\n"].concat()));
    }
    let top = json_text::members(document)?;
    let Some(profiles) = json_text::find(&top, "profiles")? else {
        return json_edit::set(document, "profiles", &alone);
    };
    if !profiles.value.starts_with('{') {
        return Err(Malformed::no_object("\"profiles\"", profiles.at));
    }
    let edited = if profiles.members()?.is_empty() { alone } else { json_edit::set(profiles.value, id, entry)? };
    json_edit::apply(document, &[], &[Change::Set("profiles", edited)])
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::openclaw::json) const STORE: &str = r#"{ "version": 1, "profiles": {
        "x:aws": { "type": "aws-sdk", "provider": "x" }, "x:bad": 7,
        "a:default": { "type": "oauth", "provider": "a", "access": "A", "n": 1e999 } }, "k": [0.10] }"#;

    #[test]
    fn a_profile_is_changed_and_everything_else_stays() {
        assert_eq!(parse(STORE).unwrap().len(), 2);
        let changes = [Change::set("access", "\"B\"".to_owned()), Change::Remove("gone")];
        let edited = json_edit::apply(STORE, &["profiles", "a:default"], &changes).unwrap();
        assert_eq!(*edited, STORE.replace("\"A\"", "\"B\""));
    }

    #[test]
    fn an_entry_is_shared_only_where_text_and_profile_id_are_the_same() {
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
            assert_eq!(parse(&added).unwrap()[0].id, "p", "{}", *added);
        }
        let refused = with_profile(r#"{"profiles":7}"#, "p", "{}").unwrap_err();
        assert_eq!(refused.to_string(), "\"profiles\" is not an object");
    }
}
