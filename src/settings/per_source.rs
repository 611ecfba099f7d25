//! A setting that has one value for every source, `"access"`, or its own for some: `{ codex: "lineage" }`.

use std::collections::BTreeMap;

use serde::de::{DeserializeOwned, Error as _};
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

// Not `untagged`: then serde would only report that no form matches.
impl<'de, T: DeserializeOwned> Deserialize<'de> for PerSource<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        let read = if value.is_object() {
            serde_json::from_value(value).map(|each| Self { all: None, each })
        } else {
            serde_json::from_value(value).map(|all| Self { all: Some(all), each: BTreeMap::new() })
        };
        read.map_err(D::Error::custom)
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
