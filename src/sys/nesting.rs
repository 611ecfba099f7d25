//! A JSON5 value that nests no deeper than a recursive parser can bear.
//!
//! The parser itself has no limit: a file that holds only brackets would overflow the stack. Counting the
//! brackets of a text beforehand would take a second parser, because strings and comments hold brackets
//! too. So the depth is counted while the value is read.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// How deep arrays and objects may nest.
pub const LIMIT: usize = 200;

/// A value that nests no deeper than [`LIMIT`].
#[derive(Debug, PartialEq)]
pub struct Nested(pub Value);

impl<'de> Deserialize<'de> for Nested {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Inside(0).deserialize(deserializer).map(Self)
    }
}

/// Reads a value that is inside this many others.
#[derive(Clone, Copy)]
struct Inside(usize);

impl Inside {
    fn inside<E: Error>(self) -> Result<Self, E> {
        if self.0 < LIMIT { Ok(Self(self.0 + 1)) } else { Err(E::custom("nested too deep")) }
    }
}

impl<'de> DeserializeSeed<'de> for Inside {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Inside {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    /// Infinity and NaN become null.
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(inside)? {
            items.push(item);
        }
        Ok(items.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut members = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            members.insert(key, map.next_value_seed(inside)?);
        }
        Ok(members.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Value> {
        json5::from_str::<Nested>(text).ok().map(|nested| nested.0)
    }

    #[test]
    fn a_value_is_what_json5_makes_of_it() {
        for text in ["{a: [1, -2, 2.5, 'x', \"\\u0041\", true, null, NaN, 1e20], 'b': {}, b: []}", "7", "'x'", "null"]
        {
            assert_eq!(read(text), json5::from_str(text).ok(), "{text}");
        }
    }

    #[test]
    fn brackets_in_strings_and_comments_neither_add_to_the_depth_nor_take_from_it() {
        for (open, close) in [("[", "]"), ("{a:", "}"), ("['[[', /*{*/", "]")] {
            let of = |depth: usize| read(&format!("{}0{}", open.repeat(depth), close.repeat(depth)));
            assert!(of(LIMIT).is_some() && of(LIMIT + 1).is_none(), "{open}");
        }
        for open in ["['],]',", "[/*],]*/", "[", "{'}':"] {
            assert_eq!(read(&open.repeat(300_000)), None, "{open}");
        }
    }
}
