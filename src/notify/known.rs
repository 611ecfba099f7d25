//! The problems that earlier runs have seen, as the file of notices holds them.
//!
//! A problem is known by its code and by what it is about, whichever command sees it. So a dead login is one problem,
//! although `sync`, `refresh` and `check-expiry` all find it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::model::problem::About;

/// A problem, without its words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Key {
    /// Its code, `login-needed`.
    pub code: String,
    /// What it is about.
    #[serde(flatten)]
    pub about: About,
}

/// A problem that lasts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Which one it is.
    #[serde(flatten)]
    pub key: Key,
    /// How bad it is; the least is the worst.
    pub rank: usize,
    /// When a run first saw it, in milliseconds.
    pub since: i64,
    /// When a run last saw it, to the day.
    pub seen: i64,
    /// When it was last announced; null if never.
    pub told: Option<i64>,
    /// The runs that saw it: their command and what they look at. Only such a run can see its end.
    pub scopes: BTreeSet<String>,
}

/// What the file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notices {
    /// The problems that last.
    #[serde(default)]
    pub problems: Vec<Known>,
}

impl Notices {
    /// Since when a problem lasts, in milliseconds.
    pub fn since(&self, key: &Key) -> Option<i64> {
        self.problems.iter().find(|known| known.key == *key).map(|known| known.since)
    }
}
