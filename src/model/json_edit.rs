//! Changes single values in a JSON text and keeps every other byte.
//!
//! OpenClaw's files belong to OpenClaw. Other profiles, the order of the keys, a number too long for a float, an
//! escape: all of it must stay as it is. So ocsync never parses such a file into a tree and prints the tree again.
//! It scans the text, then it replaces the bytes of one value, adds one member, or removes one.

use std::fmt;

use crate::model::json_text::{Malformed, Member, find, members, members_at, offset};
use crate::model::zeroizing::Zeroizing;

/// A change to one member of an object.
#[derive(Clone, PartialEq, Eq)]
pub enum Change {
    /// Gives the member this JSON text as its value. A missing member is added at the end.
    Set(&'static str, Zeroizing<String>),
    /// Removes the member, if it is there.
    Remove(&'static str),
}

impl Change {
    /// Gives a member a value. The value may be a token, so its text is wiped when it is dropped.
    pub fn set(key: &'static str, value: impl Into<Zeroizing<String>>) -> Self {
        Self::Set(key, value.into())
    }

    /// The member that it changes.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Set(key, _) | Self::Remove(key) => key,
        }
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
/// [`Malformed`], when a key on the path or a changed member is there twice, or when a step of the path is missing or
/// is no object. The document is not changed then.
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

/// The parts as one text, which may hold tokens. It has its full capacity from the beginning: a text that grows
/// leaves copies of itself in memory.
fn joined(parts: &[&str]) -> Zeroizing<String> {
    let mut whole = Zeroizing::new(String::with_capacity(parts.iter().map(|part| part.len()).sum()));
    parts.iter().for_each(|part| whole.push_str(part));
    whole
}

/// Replaces the value of a member, or adds the member at the end of the object.
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
    // The new member gets the same white space as the last one.
    let before = all.len().checked_sub(2).map_or(open, |index| end(object, &all[index]));
    let gap = &object[before..offset(object, last.value)];
    let lead = gap.trim_start_matches(|c: char| c == ',' || c.is_ascii_whitespace());
    let space = gap[..gap.len() - lead.len()].replace(',', "");
    let colon = &gap[gap.trim_end_matches(|c: char| c == ':' || c.is_ascii_whitespace()).len()..];
    let close = end(object, last);
    Ok(joined(&[&object[..close], ",", &space, &quoted, colon, value, &object[close..]]))
}

/// Removes a member from an object, with its comma.
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

fn end(object: &str, member: &Member<'_>) -> usize {
    offset(object, member.value) + member.value.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::json_text::quoted;

    fn set_a(document: &str) -> String {
        apply(document, &[], &[Change::set("a", "9".to_owned())]).unwrap().to_string()
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
        assert_eq!(says("{\"a\":1,\n\"a\":2}", &[]), "line 2 column 5: the key \"a\" is there twice");
        assert_eq!(says("{\"a\":1,\"\\u0061\":2}", &[]), "line 1 column 17: the key \"a\" is there twice");
        assert_eq!(says("{\"p\":{},\"p\":{}}", &["p"]), "line 1 column 13: the key \"p\" is there twice");
        assert_eq!(says("{}", &["p"]), "line 1 column 1: \"p\" is not an object");
        assert_eq!(says("{\"p\":[1]}", &["p"]), "line 1 column 6: the value is not an object");
        assert!(matches!(at("{\"a\":1,}", &[]), Malformed::At { line: 1, .. }));
        assert!(matches!(at("\u{feff}{}", &[]), Malformed::At { .. }));
        assert!(matches!(at("{\n\"b\": tru }", &[]), Malformed::At { line: 2, .. }));
        assert!(matches!(at("{} {}", &[]), Malformed::At { .. }));
    }

    #[test]
    fn a_change_shows_no_value_and_a_string_is_quoted_as_json_does() {
        assert_eq!(format!("{:?}", Change::set("a", "canary".to_owned())), "Set(a, redacted)");
        for text in ["", "AT-1", "a\"b\\c/\n\t\u{1}\u{7f}", "é\u{2028}\u{1f600}", &"\u{2}".repeat(100)] {
            assert_eq!(*quoted(text), serde_json::Value::from(text).to_string());
        }
    }
}
