//! Editing a JSON document in place.
//!
//! OpenClaw's files are its own: another profile, the order of the keys, a number beyond what a
//! float holds, an escape, all must come out as they went in. So nothing is ever parsed into a
//! tree and printed again. The text is scanned, and the bytes of one value are exchanged, or
//! one member is put in or taken out; every other byte stays.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Why a document could not be read or edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// It is wrong at this place.
    At {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// In a few words.
        why: String,
    },
    /// It is JSON, but not what it should be. `part` is where the text that is wrong lies in
    /// memory; [`Malformed::located`] makes a line and a column of it.
    Meaning {
        /// Address of the text that is wrong.
        part: usize,
        /// In a few words.
        why: String,
    },
}

impl Malformed {
    /// The same, with line and column in `document`, of which the part that is wrong is a slice.
    #[must_use]
    pub fn located(self, document: &str) -> Self {
        let Self::Meaning { part, why } = self else { return self };
        let offset = part.checked_sub(document.as_ptr() as usize).filter(|offset| *offset <= document.len());
        let before = &document.as_bytes()[..offset.unwrap_or(0)];
        let (line, column) = position(before);
        Self::At { line, column, why }
    }

    fn twice(key: &str, value: &str) -> Self {
        Self::Meaning { part: value.as_ptr() as usize, why: format!("the key \"{key}\" stands twice") }
    }

    /// A value that is no object.
    #[must_use]
    pub fn no_object(what: &str, value: &str) -> Self {
        Self::Meaning { part: value.as_ptr() as usize, why: format!("{what} is not an object") }
    }
}

/// Line and column, from 1, of what comes after these bytes.
#[must_use]
pub fn position(before: &[u8]) -> (usize, usize) {
    let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
    let column = 1 + before.iter().rev().take_while(|byte| **byte != b'\n').count();
    (line, column)
}

/// Line and column of an error, both from 1; `serde_json` counts from 0 where a line, or a file, is empty.
#[must_use]
pub fn place(error: &serde_json::Error) -> (usize, usize) {
    (error.line().max(1), error.column().max(1))
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At { line, column, why } => write!(f, "line {line} column {column}: {why}"),
            Self::Meaning { why, .. } => f.write_str(why),
        }
    }
}

/// One member of an object, by reference into the document's text.
#[derive(Clone, Debug)]
pub struct Member<'a> {
    /// The key, its escapes resolved.
    pub key: Cow<'a, str>,
    /// The text of the value.
    pub value: &'a str,
}

impl<'a> Member<'a> {
    /// The value where it is a string.
    #[must_use]
    pub fn string(&self) -> Option<Cow<'a, str>> {
        string(self.value)
    }
}

/// The value of a JSON text that is a string.
#[must_use]
pub fn string(text: &str) -> Option<Cow<'_, str>> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        serde_json::from_str::<String>(text).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inner))
    }
}

/// The members of the object that `text` holds, in order, duplicates included.
///
/// # Errors
/// [`Malformed::At`] for what is not JSON, [`Malformed::Meaning`] for another value.
pub fn members(text: &str) -> Result<Vec<Member<'_>>, Malformed> {
    struct Members;

    impl<'de> Visitor<'de> for Members {
        type Value = Vec<Member<'de>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::with_capacity(8);
            while let Some(Key(key)) = map.next_key::<Key<'de>>()? {
                let value: &'de RawValue = map.next_value()?;
                members.push(Member { key, value: value.get() });
            }
            Ok(members)
        }
    }

    if text.starts_with('\u{feff}') {
        let why = "starts with a byte order mark".to_owned();
        return Err(Malformed::At { line: 1, column: 1, why });
    }
    let mut parser = serde_json::Deserializer::from_str(text);
    let parsed = parser.deserialize_map(Members).and_then(|members| parser.end().map(|()| members));
    parsed.map_err(|error| {
        // An error of the data category is the visitor's: valid JSON of another kind.
        if error.is_data() && !text.trim_start().starts_with('{') {
            return Malformed::no_object("the value", text);
        }
        let message = error.to_string();
        let why = message.split(" at line ").next().unwrap_or_default().to_owned();
        let (line, column) = place(&error);
        Malformed::At { line, column, why }
    })
}

/// A key that borrows from the text where it has no escapes.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// The one member of that name.
///
/// # Errors
/// [`Malformed::Meaning`] where there are two.
pub fn find<'m, 'a>(members: &'m [Member<'a>], key: &str) -> Result<Option<&'m Member<'a>>, Malformed> {
    let mut found = members.iter().filter(|member| member.key == key);
    let first = found.next();
    match found.next() {
        Some(second) => Err(Malformed::twice(key, second.value)),
        None => Ok(first),
    }
}

/// A change to one member of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Give the member this JSON text as its value; put it at the end where it is missing.
    Set(&'static str, String),
    /// Take the member out, where it is there.
    Remove(&'static str),
}

/// Makes changes in the object at `path` (the keys that lead to it, from the top).
///
/// # Errors
/// [`Malformed`], when a key of the way or a member itself stands twice, or a step is
/// missing or no object. The document is not changed then.
pub fn apply(document: &str, path: &[&str], changes: &[Change]) -> Result<String, Malformed> {
    if changes.is_empty() {
        return Ok(document.to_owned());
    }
    let mut object = document;
    for key in path {
        let steps = members(object)?;
        object = match find(&steps, key)? {
            Some(step) => step.value,
            None => return Err(Malformed::no_object(&format!("\"{key}\""), object)),
        };
    }
    let start = offset(document, object);
    let mut edited = Cow::Borrowed(object);
    for change in changes {
        edited = Cow::Owned(match change {
            Change::Set(key, value) => set(&edited, key, value)?,
            Change::Remove(key) => remove(&edited, key)?,
        });
    }
    let mut result = String::with_capacity(document.len() + edited.len());
    result.push_str(&document[..start]);
    result.push_str(&edited);
    result.push_str(&document[start + object.len()..]);
    Ok(result)
}

/// Puts a member at the end of an object or exchanges the value of the one that is there.
///
/// # Errors
/// As [`apply`].
pub fn set(object: &str, key: &str, value: &str) -> Result<String, Malformed> {
    let all = members(object)?;
    if let Some(member) = find(&all, key)? {
        let start = offset(object, member.value);
        return Ok([&object[..start], value, &object[start + member.value.len()..]].concat());
    }
    let quoted = serde_json::to_string(key).unwrap_or_default();
    let open = object.find('{').unwrap_or(0) + 1;
    let Some(last) = all.last() else {
        return Ok([&object[..open], &quoted, ": ", value, &object[open..]].concat());
    };
    // The new member is spaced as the last one is.
    let before = all.len().checked_sub(2).map_or(open, |index| end(object, &all[index]));
    let gap = &object[before..offset(object, last.value)];
    let lead = gap.trim_start_matches(|c: char| c == ',' || c.is_ascii_whitespace());
    let space = gap[..gap.len() - lead.len()].replace(',', "");
    let colon = &gap[gap.trim_end_matches(|c: char| c == ':' || c.is_ascii_whitespace()).len()..];
    let close = end(object, last);
    Ok([&object[..close], ",", &space, &quoted, colon, value, &object[close..]].concat())
}

/// Takes a member out of an object, with its comma.
fn remove(object: &str, key: &str) -> Result<String, Malformed> {
    let all = members(object)?;
    if find(&all, key)?.is_none() {
        return Ok(object.to_owned());
    }
    let index = all.iter().position(|member| member.key == key).unwrap_or(0);
    let open = object.find('{').unwrap_or(0) + 1;
    let (from, to) = if index > 0 {
        (end(object, &all[index - 1]), end(object, &all[index]))
    } else if all.len() > 1 {
        let value_end = end(object, &all[0]);
        (open, value_end + object[value_end..].find(',').map_or(0, |comma| comma + 1))
    } else {
        (open, object.rfind('}').unwrap_or(open))
    };
    Ok([&object[..from], &object[to..]].concat())
}

/// Where `part`, a slice of `whole`, starts in it.
fn offset(whole: &str, part: &str) -> usize {
    part.as_ptr() as usize - whole.as_ptr() as usize
}

fn end(object: &str, member: &Member<'_>) -> usize {
    offset(object, member.value) + member.value.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set_a(document: &str) -> String {
        apply(document, &[], &[Change::Set("a", "9".into())]).unwrap()
    }

    #[test]
    fn places_of_errors_count_from_1() {
        let of = |text: &str| place(&serde_json::from_str::<serde_json::Value>(text).unwrap_err());
        assert_eq!((of(""), of("{\n"), of("{\n  7")), ((1, 1), (2, 1), (2, 3)));
    }

    #[test]
    fn setting_exchanges_the_bytes_of_the_value_only() {
        assert_eq!(set_a("{ \"a\" : 1e+3 ,\"b\":[ 1.10,{}]}\n"), "{ \"a\" : 9 ,\"b\":[ 1.10,{}]}\n");
        assert_eq!(set_a("{}"), "{\"a\": 9}");
        assert_eq!(set_a("{\n  \"b\": 1\n}\n"), "{\n  \"b\": 1,\n  \"a\": 9\n}\n");
        assert_eq!(set_a("{\"b\":1,\"c\":2}"), "{\"b\":1,\"c\":2,\"a\":9}");
        assert_eq!(set_a("{\n\"b\":1\n,\n\"c\"\t: 2 }"), "{\n\"b\":1\n,\n\"c\"\t: 2,\n\n\"a\"\t: 9 }");
    }

    #[test]
    fn removing_takes_the_member_and_its_comma() {
        let remove = |document: &str| apply(document, &[], &[Change::Remove("a")]).unwrap();
        assert_eq!(remove("{\n  \"a\": 1,\n  \"b\": 2\n}"), "{\n  \"b\": 2\n}");
        assert_eq!(remove("{\n  \"b\": 2,\n  \"a\": 1\n}"), "{\n  \"b\": 2\n}");
        assert_eq!(remove("{\"b\":1, \"a\":[{\"a\":1}], \"c\":3}"), "{\"b\":1, \"c\":3}");
        assert_eq!(remove("{ \"a\" : \"},\" }"), "{}");
        assert_eq!(remove("{\"b\":1}"), "{\"b\":1}");
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let at = |document: &str, path: &[&str]| {
            apply(document, path, &[Change::Set("a", "9".into())]).unwrap_err().located(document)
        };
        let says = |document: &str, path: &[&str]| at(document, path).to_string();
        assert_eq!(says("{\"a\":1,\n\"a\":2}", &[]), "line 2 column 5: the key \"a\" stands twice");
        assert_eq!(says("{\"a\":1,\"\\u0061\":2}", &[]), "line 1 column 17: the key \"a\" stands twice");
        assert_eq!(says("{\"p\":{},\"p\":{}}", &["p"]), "line 1 column 13: the key \"p\" stands twice");
        assert_eq!(says("{}", &["p"]), "line 1 column 1: \"p\" is not an object");
        assert_eq!(says("{\"p\":[1]}", &["p"]), "line 1 column 6: the value is not an object");
        assert!(matches!(at("{\"a\":1,}", &[]), Malformed::At { line: 1, .. }));
        assert!(matches!(at("\u{feff}{}", &[]), Malformed::At { .. }));
        assert!(matches!(at("{\n\"b\": tru }", &[]), Malformed::At { line: 2, .. }));
        assert!(matches!(at("{} {}", &[]), Malformed::At { .. }));
    }

    #[test]
    fn what_ends_too_early_or_lies_elsewhere_has_a_place_nevertheless() {
        let place = |text: &str| match members(text).unwrap_err() {
            Malformed::At { line, column, .. } => (line, column),
            Malformed::Meaning { why, .. } => panic!("{why}"),
        };
        for (text, at) in [("", (1, 1)), ("{\n", (2, 1)), ("{\"a\":", (1, 5)), ("tru", (1, 3)), ("{\"a\" 1}", (1, 6))]
        {
            assert_eq!(place(text), at, "{text:?}");
        }
        let document = "{\n}";
        let located = |part: usize| Malformed::Meaning { part, why: "w".to_owned() }.located(document).to_string();
        let start = document.as_ptr() as usize;
        assert_eq!(located(start), "line 1 column 1: w");
        assert_eq!(located(start + 2), "line 2 column 1: w");
        assert_eq!(located(start + 3), "line 2 column 2: w");
        assert_eq!(located(start + 4), "line 1 column 1: w");
        assert_eq!(located(start - 1), "line 1 column 1: w");
        assert_eq!(Malformed::no_object("x", document).to_string(), "x is not an object");
    }

    #[test]
    fn a_string_is_what_its_escapes_say() {
        for (text, is) in [
            ("\"a\"", Some("a")),
            ("\"\\u0041\\n\"", Some("A\n")),
            ("\"\\ud800\"", None),
            (r#""\\""#, Some("\\")),
            ("7", None),
            ("\"", None),
        ] {
            assert_eq!(string(text).as_deref(), is, "{text}");
            let document = format!("{{\"k\": {text}}}");
            let member = members(&document).ok().and_then(|members| members[0].string().map(Cow::into_owned));
            assert!(member.as_deref() == is, "{text}");
        }
    }
}
