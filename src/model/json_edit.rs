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
use zeroize::Zeroizing;

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
    /// It is JSON, but not what it should be. [`Malformed::located`] makes a line and a column of it.
    Meaning {
        /// Where the text that is wrong begins, in bytes from the beginning of the text that was read.
        offset: usize,
        /// In a few words.
        why: String,
    },
}

impl Malformed {
    /// The same, with line and column in `document`, from whose beginning the offset counts.
    #[must_use]
    pub fn located(self, document: &str) -> Self {
        let Self::Meaning { offset, why } = self else { return self };
        let (line, column) = position(document.as_bytes().get(..offset).unwrap_or_default());
        Self::At { line, column, why }
    }

    /// The same, of a text that is part of another and begins there.
    #[must_use]
    pub fn inside(self, start: usize) -> Self {
        match self {
            Self::Meaning { offset, why } => Self::Meaning { offset: start + offset, why },
            at @ Self::At { .. } => at,
        }
    }

    /// A value that is no object.
    #[must_use]
    pub fn no_object(what: &str, offset: usize) -> Self {
        Self::Meaning { offset, why: format!("{what} is not an object") }
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
    /// Where the value begins, in bytes from the beginning of the text that was read first.
    pub at: usize,
}

impl<'a> Member<'a> {
    /// The value where it is a string.
    #[must_use]
    pub fn string(&self) -> Option<Cow<'a, str>> {
        string(self.value)
    }

    /// The members of the object that the value is.
    ///
    /// # Errors
    /// As [`members`].
    pub fn members(&self) -> Result<Vec<Member<'a>>, Malformed> {
        members_at(self.value, self.at)
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

/// The JSON text of a string, which may be a token.
#[must_use]
pub fn quoted(text: &str) -> Zeroizing<String> {
    // With room for all of it, so that no copy is left behind by growing: an escape has six characters at most.
    let mut bytes = Zeroizing::new(Vec::with_capacity(6 * text.len() + 2));
    // Nothing can fail: it is a string, and goes to memory.
    let _ = serde_json::to_writer(&mut *bytes, text);
    Zeroizing::new(String::from_utf8(std::mem::take(&mut *bytes)).unwrap_or_default())
}

/// The members of the object that `text` holds, in order, duplicates included.
///
/// # Errors
/// [`Malformed::At`] for what is not JSON, [`Malformed::Meaning`] for another value.
pub fn members(text: &str) -> Result<Vec<Member<'_>>, Malformed> {
    members_at(text, 0)
}

/// The members of an object that begins at `start`.
fn members_at(text: &str, start: usize) -> Result<Vec<Member<'_>>, Malformed> {
    struct Members<'t> {
        text: &'t str,
        start: usize,
    }

    impl<'de> Visitor<'de> for Members<'de> {
        type Value = Vec<Member<'de>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::with_capacity(8);
            while let Some(Key(key)) = map.next_key::<Key<'de>>()? {
                let value: &'de RawValue = map.next_value()?;
                let at = self.start + offset(self.text, value.get());
                members.push(Member { key, value: value.get(), at });
            }
            Ok(members)
        }
    }

    if text.starts_with('\u{feff}') {
        let why = "starts with a byte order mark".to_owned();
        return Err(Malformed::At { line: 1, column: 1, why });
    }
    let mut parser = serde_json::Deserializer::from_str(text);
    let parsed = parser.deserialize_map(Members { text, start }).and_then(|members| parser.end().map(|()| members));
    parsed.map_err(|error| {
        // An error of the data category is the visitor's: valid JSON of another kind.
        if error.is_data() && !text.trim_start().starts_with('{') {
            return Malformed::no_object("the value", start);
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
        Some(second) => Err(Malformed::Meaning { offset: second.at, why: format!("the key \"{key}\" stands twice") }),
        None => Ok(first),
    }
}

/// A change to one member of an object.
#[derive(Clone, PartialEq, Eq)]
pub enum Change {
    /// Give the member this JSON text as its value; put it at the end where it is missing.
    Set(&'static str, Zeroizing<String>),
    /// Take the member out, where it is there.
    Remove(&'static str),
}

impl Change {
    /// Gives a member a value. It may be a token, so the text is wiped when it is no longer used.
    #[must_use]
    pub fn set(key: &'static str, value: impl Into<Zeroizing<String>>) -> Self {
        Self::Set(key, value.into())
    }
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Set(key, _) => write!(f, "Set({key}, redacted)"),
            Self::Remove(key) => write!(f, "Remove({key})"),
        }
    }
}

/// Makes changes in the object at `path` (the keys that lead to it, from the top).
///
/// # Errors
/// [`Malformed`], when a key of the way or a member itself stands twice, or a step is
/// missing or no object. The document is not changed then.
pub fn apply(document: &str, path: &[&str], changes: &[Change]) -> Result<Zeroizing<String>, Malformed> {
    if changes.is_empty() {
        return Ok(Zeroizing::new(document.to_owned()));
    }
    let (mut object, mut start) = (document, 0);
    for key in path {
        let steps = members_at(object, start)?;
        (object, start) = match find(&steps, key)? {
            Some(step) => (step.value, step.at),
            None => return Err(Malformed::no_object(&format!("\"{key}\""), start)),
        };
    }
    let mut edited = Zeroizing::new(object.to_owned());
    for change in changes {
        let changed = match change {
            Change::Set(key, value) => set(&edited, key, value),
            Change::Remove(key) => remove(&edited, key),
        };
        edited = changed.map_err(|error| error.inside(start))?;
    }
    Ok(joined(&[&document[..start], &edited, &document[start + object.len()..]]))
}

/// The parts as one text, which may hold tokens. It has its final length from the beginning, so that no
/// part of it is left behind by growing.
fn joined(parts: &[&str]) -> Zeroizing<String> {
    let mut whole = Zeroizing::new(String::with_capacity(parts.iter().map(|part| part.len()).sum()));
    parts.iter().for_each(|part| whole.push_str(part));
    whole
}

/// Puts a member at the end of an object or exchanges the value of the one that is there.
///
/// # Errors
/// As [`apply`].
pub fn set(object: &str, key: &str, value: &str) -> Result<Zeroizing<String>, Malformed> {
    let all = members(object)?;
    if let Some(member) = find(&all, key)? {
        let start = offset(object, member.value);
        return Ok(joined(&[&object[..start], value, &object[start + member.value.len()..]]));
    }
    let quoted = serde_json::to_string(key).unwrap_or_default();
    let open = object.find('{').unwrap_or(0) + 1;
    let Some(last) = all.last() else {
        return Ok(joined(&[&object[..open], &quoted, ": ", value, &object[open..]]));
    };
    // The new member is spaced as the last one is.
    let before = all.len().checked_sub(2).map_or(open, |index| end(object, &all[index]));
    let gap = &object[before..offset(object, last.value)];
    let lead = gap.trim_start_matches(|c: char| c == ',' || c.is_ascii_whitespace());
    let space = gap[..gap.len() - lead.len()].replace(',', "");
    let colon = &gap[gap.trim_end_matches(|c: char| c == ':' || c.is_ascii_whitespace()).len()..];
    let close = end(object, last);
    Ok(joined(&[&object[..close], ",", &space, &quoted, colon, value, &object[close..]]))
}

/// Takes a member out of an object, with its comma.
fn remove(object: &str, key: &str) -> Result<Zeroizing<String>, Malformed> {
    let all = members(object)?;
    if find(&all, key)?.is_none() {
        return Ok(Zeroizing::new(object.to_owned()));
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
    Ok(joined(&[&object[..from], &object[to..]]))
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
        apply(document, &[], &[Change::set("a", "9".to_owned())]).unwrap().to_string()
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
        let remove = |document: &str| apply(document, &[], &[Change::Remove("a")]).unwrap().to_string();
        assert_eq!(remove("{\n  \"a\": 1,\n  \"b\": 2\n}"), "{\n  \"b\": 2\n}");
        assert_eq!(remove("{\n  \"b\": 2,\n  \"a\": 1\n}"), "{\n  \"b\": 2\n}");
        assert_eq!(remove("{\"b\":1, \"a\":[{\"a\":1}], \"c\":3}"), "{\"b\":1, \"c\":3}");
        assert_eq!(remove("{ \"a\" : \"},\" }"), "{}");
        assert_eq!(remove("{\"b\":1}"), "{\"b\":1}");
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let at = |document: &str, path: &[&str]| {
            apply(document, path, &[Change::set("a", "9".to_owned())]).unwrap_err().located(document)
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
        let located = |offset| Malformed::Meaning { offset, why: "w".to_owned() }.located(document).to_string();
        assert_eq!(located(0), "line 1 column 1: w");
        assert_eq!(located(2), "line 2 column 1: w");
        assert_eq!(located(3), "line 2 column 2: w");
        assert_eq!(located(4), "line 1 column 1: w");
        assert_eq!(Malformed::no_object("x", 7).inside(3), Malformed::no_object("x", 10));
        assert_eq!(Malformed::no_object("x", 0).to_string(), "x is not an object");
    }

    #[test]
    fn a_change_shows_no_value_and_a_string_is_quoted_as_json_does() {
        assert_eq!(format!("{:?}", Change::set("a", "canary".to_owned())), "Set(a, redacted)");
        for text in ["", "AT-1", "a\"b\\c/\n\t\u{1}\u{7f}", "é\u{2028}\u{1f600}", &"\u{2}".repeat(100)] {
            assert_eq!(*quoted(text), serde_json::Value::from(text).to_string());
        }
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
