//! What the journal knows of one store and of each profile in it.
//!
//! It is the part of the journal that grows with the number of agents, so equal records are read and kept once.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::model::lineage::Entry;
use crate::model::login::Identity;
use crate::model::recent::Recent;
use crate::model::secret::Fingerprint;

/// How many replaced tokens are kept per profile.
const REPLACED: usize = 8;

/// The records of all stores, by path. Stores with equal records share one.
pub type Stores = BTreeMap<Arc<str>, Arc<StoreRecord>>;

/// What is known of one store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreRecord {
    /// The records of its profiles, by profile id.
    #[serde(default)]
    pub profiles: BTreeMap<String, Box<Record>>,
    /// The foreign lock that the last run found. A run that finds it gone removes it here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<SeenLock>,
}

/// What is known of one profile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The refresh token that the profile was last seen with; the access token where it had no refresh token. While
    /// OpenClaw is proven to have spent the source's current token, it stays at that token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Fingerprint>,
    /// What ocsync last delivered to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered: Option<Delivered>,
    /// When ocsync last delivered something to it, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<i64>,
    /// When a delivery last replaced an older credential that somebody had put back, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverted_at: Option<i64>,
    /// The tokens that deliveries have replaced, oldest to newest. If one of them is in the profile again, a person
    /// or a program has put it back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaced: Vec<Fingerprint>,
    /// The refresh token that OpenClaw has got by itself, by a renewal or a login, since the profile was first seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewed: Option<Fingerprint>,
    /// `--restore` has put a login of OpenClaw's own back. No source is bound to it until `--adopt`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protected: bool,
}

impl Record {
    /// Notes a delivery at the time `now`. `held` is the token that the profile held before.
    pub fn deliver(&mut self, delivered: Delivered, held: Option<Fingerprint>, now: i64) {
        self.seen = delivered.entry.refresh.or(Some(delivered.entry.access));
        if let Some(held) = held.filter(|held| Some(*held) != self.seen) {
            self.replaced.retain(|old| *old != held);
            self.replaced.push(held);
            let surplus = self.replaced.len().saturating_sub(REPLACED);
            self.replaced.drain(..surplus);
        }
        self.delivered = Some(delivered);
        self.delivered_at = Some(now);
        self.renewed = None;
    }
}

/// What was delivered to a profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivered {
    /// The tokens.
    #[serde(flatten)]
    pub entry: Entry,
    /// The account that they belong to.
    #[serde(default, skip_serializing_if = "Identity::is_empty")]
    pub identity: Identity,
}

/// A reload that a gateway needs before it uses what was delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Debt {
    /// When the delivery was done, in milliseconds. A gateway that was started later has read the new file. `None`
    /// while the delivery is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<i64>,
}

/// A foreign lock that was in the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenLock {
    /// What distinguishes it from another lock at the same place: inode and time.
    pub identity: String,
    /// When it was first seen, in milliseconds.
    pub since: i64,
    /// How many runs have seen it.
    pub runs: u32,
}

/// Keeps the record of a store once, if it is equal to one of `records`.
pub fn share(stores: &mut Arc<Stores>, store: &str, records: &mut Recent<Arc<StoreRecord>>) {
    let Some(record) = stores.get(store) else { return };
    let shared = records.share_again(record.clone());
    if !Arc::ptr_eq(&shared, record)
        && let Some(record) = Arc::make_mut(stores).get_mut(store)
    {
        *record = shared;
    }
}

/// Reads the records of all stores. A record with the same text as a recent one is not parsed again.
pub fn shared<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<Stores>, D::Error> {
    struct Shared;

    impl<'de> Visitor<'de> for Shared {
        type Value = Arc<Stores>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("stores by path")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut recent: Recent<(&str, Arc<StoreRecord>)> = Recent::default();
            let mut stores = Vec::new();
            while let Some((path, record)) = map.next_entry::<Arc<str>, &'de RawValue>()? {
                let text = record.get();
                let known = if let Some((_, known)) = recent.find(|(known, _)| *known == text) {
                    known
                } else {
                    let record = serde_json::from_str(text).map_err(|_| A::Error::custom("no record"))?;
                    recent.add((text, record)).1
                };
                stores.push((path, known));
            }
            Ok(Arc::new(stores.into_iter().collect()))
        }
    }
    deserializer.deserialize_map(Shared)
}
