//! A setting that has one value for every source, `"access"`, or its own for some: `{ codex: "lineage" }`.

use std::collections::BTreeMap;
use std::fmt::{self, Formatter};
use std::marker::PhantomData;

use serde::de::{self, DeserializeOwned, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::model::source_id::SourceId;

/// A setting by source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PerSource<T> {
    all: Option<T>,
    each: BTreeMap<SourceId, T>,
}

impl<T> Default for PerSource<T> {
    fn default() -> Self {
        Self { all: None, each: BTreeMap::new() }
    }
}

impl<T: Clone> PerSource<T> {
    /// The value for a login: its own, else that of its CLI, else that of all.
    pub fn of(&self, id: impl Into<SourceId>) -> Option<&T> {
        self.each(id).or(self.all.as_ref())
    }

    /// The value that names this login or its CLI.
    pub fn each(&self, id: impl Into<SourceId>) -> Option<&T> {
        let id = id.into();
        self.each.get(&id).or_else(|| self.each.get(&id.kind.into()))
    }

    /// What has a value of its own.
    pub fn named(&self) -> Vec<SourceId> {
        self.each.keys().copied().collect()
    }

    /// The setting with the values of the command line, for all sources or for one. A later value replaces
    /// an earlier one.
    pub fn with(&self, given: &[(Option<SourceId>, T)]) -> Self {
        given.iter().fold(self.clone(), |mut settings, (id, value)| {
            match id {
                Some(id) => {
                    settings.each.retain(|known, _| !id.covers(*known));
                    settings.each.insert(*id, value.clone());
                }
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
) -> Result<BTreeMap<SourceId, T>, D::Error> {
    deserializer.deserialize_map(Each(PhantomData))
}

struct Each<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for Each<T> {
    type Value = BTreeMap<SourceId, T>;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a value for each source")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        read_each(map)
    }
}

/// The names are read as texts: an error then has the name in its path.
fn read_each<'de, T: DeserializeOwned, A: MapAccess<'de>>(mut map: A) -> Result<BTreeMap<SourceId, T>, A::Error> {
    let mut each = BTreeMap::new();
    while let Some(name) = map.next_key::<String>()? {
        let id: SourceId = name.parse().map_err(de::Error::custom)?;
        each.insert(id, map.next_value()?);
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
    use crate::model::source::SourceKind;

    #[test]
    fn the_last_value_counts_and_one_source_goes_before_all() {
        let read = |text: &str| serde_json::from_str::<PerSource<u8>>(text).unwrap();
        assert_eq!(read("7").of(SourceKind::Qwen), Some(&7));
        let each = read(r#"{"claude":1}"#);
        assert_eq!((each.of(SourceKind::Claude), each.of(SourceKind::Codex)), (Some(&1), None));
        let said = each.with(&[(Some(SourceKind::Codex.into()), 2), (None, 3), (Some(SourceKind::Claude.into()), 4)]);
        assert_eq!((said.of(SourceKind::Claude), said.of(SourceKind::Codex)), (Some(&4), Some(&3)));
        assert!(serde_json::from_str::<PerSource<u8>>(r#"{"clade":1}"#).is_err());
        let work: SourceId = "claude:work".parse().unwrap();
        let own = read(r#"{"claude":1,"claude:work":2}"#);
        assert_eq!((own.of(SourceKind::Claude), own.of(work)), (Some(&1), Some(&2)));
        assert_eq!(each.of(work), Some(&1), "what is said of a CLI is said of all its logins");
        assert_eq!(own.with(&[(Some(SourceKind::Claude.into()), 3)]).of(work), Some(&3));
    }
}
