//! Finds the members of a JSON object without a tree: every key and value is a slice of the text.
//!
//! `json_edit` needs to know where a value begins and ends, which a tree does not say.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::model::zeroizing::Zeroizing;

/// Why a document could not be read or edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// It is wrong at this line and column.
    At {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong, in a few words.
        why: String,
    },
    /// It is JSON, but not what it should be. [`Malformed::located`] turns the offset into a line and a column.
    Meaning {
        /// Where the wrong text begins, in bytes from the beginning of the text that was read.
        offset: usize,
        /// What is wrong, in a few words.
        why: String,
    },
}

impl Malformed {
    /// The same error with line and column. The offset must count from the beginning of `document`.
    #[must_use]
    pub fn located(self, document: &str) -> Self {
        let Self::Meaning { offset, why } = self else { return self };
        let (line, column) = position(document.as_bytes().get(..offset).unwrap_or_default());
        Self::At { line, column, why }
    }

    /// The same error, seen from a larger text in which the read text begins at `start`.
    #[must_use]
    pub fn inside(self, start: usize) -> Self {
        match self {
            Self::Meaning { offset, why } => Self::Meaning { offset: start + offset, why },
            at @ Self::At { .. } => at,
        }
    }

    /// A value that is no object.
    pub fn no_object(what: &str, offset: usize) -> Self {
        Self::Meaning { offset, why: format!("{what} is not an object") }
    }
}

/// Line and column, from 1, of the byte that follows `before`.
pub fn position(before: &[u8]) -> (usize, usize) {
    let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
    let column = 1 + before.iter().rev().take_while(|byte| **byte != b'\n').count();
    (line, column)
}

/// Line and column of an error, both from 1. `serde_json` counts from 0 where a line or a file is empty.
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

/// One member of an object, borrowed from the text.
#[derive(Clone, Debug)]
pub struct Member<'a> {
    /// The key, with its escapes resolved.
    pub key: Cow<'a, str>,
    /// The text of the value.
    pub value: &'a str,
    /// Where the value begins, in bytes from the beginning of the whole text.
    pub at: usize,
}

impl<'a> Member<'a> {
    /// The value, where it is a string.
    pub fn string(&self) -> Option<Cow<'a, str>> {
        string(self.value)
    }

    /// The members of the value, which must be an object.
    ///
    /// # Errors
    /// As [`members`].
    pub fn members(&self) -> Result<Vec<Member<'a>>, Malformed> {
        members_at(self.value, self.at)
    }
}

/// The value of a JSON text, where it is a string.
pub fn string(text: &str) -> Option<Cow<'_, str>> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        serde_json::from_str::<String>(text).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inner))
    }
}

/// The JSON text of a string, which may be a token.
pub fn quoted(text: &str) -> Zeroizing<String> {
    // A buffer that grows leaves copies in memory, so this one has room for all: an escape has at most six
    // characters.
    let mut bytes = Zeroizing::new(Vec::with_capacity(6 * text.len() + 2));
    // A string that is written to memory cannot fail.
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

/// The members of an object that begins at `start` of the whole text.
pub fn members_at(text: &str, start: usize) -> Result<Vec<Member<'_>>, Malformed> {
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
        // Only the visitor makes an error of the data category: the text is valid JSON, but no object.
        if error.is_data() && !text.trim_start().starts_with('{') {
            return Malformed::no_object("the value", start);
        }
        let (line, column) = place(&error);
        Malformed::At { line, column, why: why(&error) }
    })
}

/// What is wrong with a text that is no JSON, without its place. The syntax errors of `serde_json` never quote the text.
#[must_use]
pub fn why(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let why = message.split(" at line ").next().unwrap_or_default();
    why.strip_prefix("EOF while parsing ")
        .map_or_else(|| why.to_owned(), |part| format!("the file ends within {part}"))
}

/// A key. It borrows from the text unless it has escapes.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// The only member of that name.
///
/// # Errors
/// [`Malformed::Meaning`] where there are two of that name.
pub fn find<'m, 'a>(members: &'m [Member<'a>], key: &str) -> Result<Option<&'m Member<'a>>, Malformed> {
    let mut found = members.iter().filter(|member| member.key == key);
    let first = found.next();
    match found.next() {
        Some(second) => {
            Err(Malformed::Meaning { offset: second.at, why: format!("the key \"{key}\" is there twice") })
        }
        None => Ok(first),
    }
}

/// Where `part`, which must be a slice of `whole`, begins in it.
pub fn offset(whole: &str, part: &str) -> usize {
    part.as_ptr() as usize - whole.as_ptr() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_errors_count_from_1() {
        let of = |text: &str| place(&serde_json::from_str::<serde_json::Value>(text).unwrap_err());
        assert_eq!((of(""), of("{\n"), of("{\n  7")), ((1, 1), (2, 1), (2, 3)));
    }

    #[test]
    fn what_ends_too_early_or_lies_elsewhere_has_a_place_nevertheless() {
        let place = |text: &str| match members(text).unwrap_err() {
            Malformed::At { line, column, .. } => (line, column),
            Malformed::Meaning { why, .. } => panic!("{why}"),
        };
        let places = [("", (1, 1)), ("{\n", (2, 1)), ("{\"a\":", (1, 5)), ("tru", (1, 3)), ("{\"a\" 1}", (1, 6))];
        for (text, at) in places {
            assert_eq!(place(text), at, "{text:?}");
        }
        let located = |offset| Malformed::Meaning { offset, why: "w".to_owned() }.located("{\n}").to_string();
        let of = |line, column| format!("line {line} column {column}: w");
        assert_eq!([0, 2, 3, 4].map(located), [of(1, 1), of(2, 1), of(2, 2), of(1, 1)]);
        assert_eq!(Malformed::no_object("x", 7).inside(3), Malformed::no_object("x", 10));
        assert_eq!(Malformed::no_object("x", 0).to_string(), "x is not an object");
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
