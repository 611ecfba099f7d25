//! A state directory as the configuration names it.

use std::collections::BTreeMap;
use std::fmt::{self, Formatter};
use std::path::PathBuf;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A state directory: its path alone, or with facts that ocsync cannot find out.
#[derive(Clone, Debug)]
pub enum StateDirEntry {
    /// The path alone.
    Path(PathBuf),
    /// The path and more.
    Full(FullEntry),
}

// Not `untagged`: then serde would only report that no form matches, and not where.
impl<'de> Deserialize<'de> for StateDirEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entry;

        impl<'de> Visitor<'de> for Entry {
            type Value = StateDirEntry;

            fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
                f.write_str("a path, or an object with a path")
            }

            fn visit_str<E: de::Error>(self, path: &str) -> Result<StateDirEntry, E> {
                Ok(StateDirEntry::Path(path.into()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<StateDirEntry, A::Error> {
                FullEntry::deserialize(MapAccessDeserializer::new(map)).map(StateDirEntry::Full)
            }
        }

        deserializer.deserialize_any(Entry)
    }
}

/// A state directory with facts that ocsync cannot find out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FullEntry {
    /// The directory.
    pub path: PathBuf,
    /// Whether its gateway runs in a container: pids there mean nothing here.
    #[serde(default)]
    pub container: bool,
    /// A path on this side, and the path that the gateway in its container has for it.
    #[serde(default)]
    pub paths: BTreeMap<PathBuf, PathBuf>,
    /// OpenClaw's version, where openclaw.json does not say it.
    pub version: Option<String>,
}
