//! A value for every source, or one of its own for some: `"access"`, or `{ codex: "lineage" }`.

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
    /// What is set for a source.
    #[must_use]
    pub fn of(&self, kind: SourceKind) -> Option<&T> {
        self.each.get(&kind).or(self.all.as_ref())
    }

    /// What is set for this source by its name.
    #[must_use]
    pub fn each(&self, kind: SourceKind) -> Option<&T> {
        self.each.get(&kind)
    }

    /// With what the command line says instead, of all sources or of one; the last word counts.
    #[must_use]
    pub fn with(&self, said: &[(Option<SourceKind>, T)]) -> Self {
        said.iter().fold(self.clone(), |mut settings, (kind, value)| {
            match kind {
                Some(kind) => drop(settings.each.insert(*kind, value.clone())),
                None => settings = Self { all: Some(value.clone()), each: BTreeMap::new() },
            }
            settings
        })
    }
}

// Not `untagged`: serde would say no more than that no form matches.
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
    fn the_last_word_counts_and_one_source_before_all() {
        let read = |text: &str| serde_json::from_str::<PerSource<u8>>(text).unwrap();
        assert_eq!(read("7").of(SourceKind::Qwen), Some(&7));
        let each = read(r#"{"claude":1}"#);
        assert_eq!((each.of(SourceKind::Claude), each.of(SourceKind::Codex)), (Some(&1), None));
        let said = each.with(&[(Some(SourceKind::Codex), 2), (None, 3), (Some(SourceKind::Claude), 4)]);
        assert_eq!((said.of(SourceKind::Claude), said.of(SourceKind::Codex)), (Some(&4), Some(&3)));
        assert!(serde_json::from_str::<PerSource<u8>>(r#"{"clade":1}"#).is_err());
    }
}
