//! The problems that earlier runs have seen, as the file of notices holds them.
//!
//! A problem is known by its code and by what it is about, whichever command sees it. So a dead login is one problem,
//! although `sync`, `refresh` and `check-expiry` all find it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::problem::{About, NOBODY_RENEWS, Problem};
use crate::model::time::DAY;
use crate::notify::retry::Retry;

/// A problem that nobody has seen for so long belongs to a timer that no longer exists.
pub(super) const FORGOTTEN: i64 = 30 * DAY;

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
    /// The pause after a call of the hook that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// When a quiet run last printed it, where such a run prints it once a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub printed: Option<i64>,
    /// The runs that saw it: their command and what they look at. Only such a run can see its end.
    pub scopes: BTreeSet<String>,
}

/// What the file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notices {
    /// The problems that last.
    #[serde(default)]
    pub problems: Vec<Known>,
    /// When it was last announced that nobody renews a login, by login, in milliseconds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub advised: BTreeMap<String, i64>,
}

impl Notices {
    /// Notes what a quiet run prints of the problems that last, and marks those that one has printed in the last day.
    pub fn note_printed(&mut self, problems: &mut [Problem], now: i64) {
        for problem in problems.iter_mut().filter(|problem| problem.code == NOBODY_RENEWS) {
            let about = &problem.about;
            let is_it = |known: &&mut Known| known.key.code == problem.code && known.key.about == **about;
            let Some(known) = self.problems.iter_mut().find(is_it) else { continue };
            if known.printed.is_some_and(|at| (0..DAY).contains(&now.saturating_sub(at))) {
                problem.printed = true;
            } else {
                known.printed = Some(now);
            }
        }
    }

    /// Since when a problem lasts, in milliseconds.
    pub fn since(&self, key: &Key) -> Option<i64> {
        self.problems.iter().find(|known| known.key == *key).map(|known| known.since)
    }
}
