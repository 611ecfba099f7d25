//! Where in the text of a configuration a key is: line and column, for the error that names it.

use std::fmt::{self, Formatter};

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserializer, de};

/// A step from a value to one inside of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The value of this key.
    Key(String),
    /// The element of this number.
    Index(usize),
}

/// Line and column of the value at a path, each from 1. With `at_key` it is that of the last key itself.
pub fn find(text: &[u8], path: &[Part], at_key: bool) -> Option<(usize, usize)> {
    let text = std::str::from_utf8(text).ok()?.trim_start_matches('\u{feff}');
    let seek = Seek { path, at_key };
    // The search stops with an error at the value, and the parser says where that was.
    let stopped = seek.deserialize(&mut json5::Deserializer::from_str(text)).err()?;
    stopped.position().map(|at| (at.line + 1, at.column + 1))
}

/// Goes to a value, and stops there.
struct Seek<'a> {
    path: &'a [Part],
    at_key: bool,
}

impl<'de> DeserializeSeed<'de> for Seek<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seek<'_> {
    type Value = ();

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("another value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((Part::Key(wanted), rest)) = self.path.split_first() else { return Err(here()) };
        let stops = self.at_key && rest.is_empty();
        while let Some(is_wanted) = map.next_key_seed(IsKey { wanted, stops })? {
            if is_wanted {
                map.next_value_seed(Seek { path: rest, at_key: self.at_key })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Some((Part::Index(wanted), rest)) = self.path.split_first() else { return Err(here()) };
        for _ in 0..*wanted {
            if list.next_element::<IgnoredAny>()?.is_none() {
                return Ok(());
            }
        }
        list.next_element_seed(Seek { path: rest, at_key: self.at_key })?;
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

fn here<E: de::Error>() -> E {
    E::custom("here")
}

/// Whether a key is the one that is looked for.
struct IsKey<'a> {
    wanted: &'a str,
    /// The search ends at the key, and not at its value.
    stops: bool,
}

impl<'de> DeserializeSeed<'de> for IsKey<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for IsKey<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<bool, E> {
        if key == self.wanted && self.stops { Err(E::custom("here")) } else { Ok(key == self.wanted) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_and_a_key_are_found_at_their_places() {
        let text = b"{\n  a: [1,\n   { b: 'x', 'c d': { e: true } }],\n}";
        let key = |name: &str| Part::Key(name.to_owned());
        let at = |path: &[Part], at_key| find(text, path, at_key);
        assert_eq!(at(&[key("a"), Part::Index(1), key("b")], false), Some((3, 9)));
        assert_eq!(at(&[key("a"), Part::Index(1), key("c d"), key("e")], false), Some((3, 26)));
        assert_eq!(at(&[key("a"), Part::Index(1), key("c d")], true), Some((3, 14)));
        assert_eq!(at(&[key("a")], true), Some((2, 3)));
        assert_eq!(at(&[key("z")], false), None);
        assert_eq!(at(&[key("a"), Part::Index(7)], false), None);
    }
}
