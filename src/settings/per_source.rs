//! A setting that has one value for every source, `"access"`, or its own for some: `{ codex: "lineage" }`.

use std::collections::BTreeMap;
use std::fmt::{self, Formatter};
use std::marker::PhantomData;

use serde::de::{self, DeserializeOwned, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::model::source::SourceKind;

/// A setting by source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PerSource<T> {
    all: Option<T>,
    each: BTreeMap<SourceKind, T>,
}

impl<T> Default for PerSource<T> {
    fn default() -> Self {
        Self { all: None, each: BTreeMap::new() }
    }
}

impl<T: Clone> PerSource<T> {
    /// The value for a source.
    pub fn of(&self, kind: SourceKind) -> Option<&T> {
        self.each.get(&kind).or(self.all.as_ref())
    }

    /// The value that names this source.
    pub fn each(&self, kind: SourceKind) -> Option<&T> {
        self.each.get(&kind)
    }

    /// The setting with the values of the command line, for all sources or for one. A later value replaces
    /// an earlier one.
    pub fn with(&self, given: &[(Option<SourceKind>, T)]) -> Self {
        given.iter().fold(self.clone(), |mut settings, (kind, value)| {
            match kind {
                Some(kind) => drop(settings.each.insert(*kind, value.clone())),
                None => settings = Self { all: Some(value.clone()), each: BTreeMap::new() },
            }
            settings
        })
    }
}

/// Reads an object with a value for some sources.
///
/// # Errors
/// What is wrong with it.
pub fn each<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<SourceKind, T>, D::Error> {
    deserializer.deserialize_map(Each(PhantomData))
}

struct Each<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for Each<T> {
    type Value = BTreeMap<SourceKind, T>;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a value for each source")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        read_each(map)
    }
}

/// The names are read as texts: an error then has the name in its path.
fn read_each<'de, T: DeserializeOwned, A: MapAccess<'de>>(mut map: A) -> Result<BTreeMap<SourceKind, T>, A::Error> {
    let mut each = BTreeMap::new();
    while let Some(name) = map.next_key::<String>()? {
        let kind: Result<SourceKind, de::value::Error> = SourceKind::deserialize(name.as_str().into_deserializer());
        each.insert(kind.map_err(de::Error::custom)?, map.next_value()?);
    }
    Ok(each)
}

// Not `untagged`: then serde would only report that no form matches, and not where.
impl<'de, T: DeserializeOwned> Deserialize<'de> for PerSource<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AllOrEach(PhantomData))
    }
}

/// Reads one value for all, or an object with some for each.
struct AllOrEach<T>(PhantomData<T>);

impl<T: DeserializeOwned> AllOrEach<T> {
    fn all<'a, E: de::Error>(value: impl IntoDeserializer<'a, E>) -> Result<PerSource<T>, E> {
        Ok(PerSource { all: Some(T::deserialize(value.into_deserializer())?), each: BTreeMap::new() })
    }
}

impl<'de, T: DeserializeOwned> Visitor<'de> for AllOrEach<T> {
    type Value = PerSource<T>;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("a value for all sources, or an object with one for each")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Ok(PerSource { all: None, each: read_each(map)? })
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Self::Value, E> {
        Self::all(value)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
        Self::all(value)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
        Self::all(value)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Self::Value, E> {
        Self::all(value)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
        Self::all(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_counts_and_one_source_goes_before_all() {
        let read = |text: &str| serde_json::from_str::<PerSource<u8>>(text).unwrap();
        assert_eq!(read("7").of(SourceKind::Qwen), Some(&7));
        let each = read(r#"{"claude":1}"#);
        assert_eq!((each.of(SourceKind::Claude), each.of(SourceKind::Codex)), (Some(&1), None));
        let said = each.with(&[(Some(SourceKind::Codex), 2), (None, 3), (Some(SourceKind::Claude), 4)]);
        assert_eq!((said.of(SourceKind::Claude), said.of(SourceKind::Codex)), (Some(&4), Some(&3)));
        assert!(serde_json::from_str::<PerSource<u8>>(r#"{"clade":1}"#).is_err());
    }
}
