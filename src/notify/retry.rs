//! The pause after a hook has failed.

use serde::{Deserialize, Serialize};

use crate::model::time::{DAY, HOUR};

/// The pause after the first failure of a hook, in milliseconds.
const FIRST_PAUSE: i64 = HOUR / 12;

/// The pause after calls of the hook that failed, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// How many have failed.
    pub failures: u32,
    /// When the next call may be made, in milliseconds.
    pub at: i64,
}

impl Retry {
    /// The pause after one more failure. It doubles up to a day: a hook that has delivered its message and then fails
    /// must not deliver it with every run.
    pub fn after(known: Option<Self>, now: i64) -> Self {
        let failures = known.map_or(0, |known| known.failures);
        let pause = FIRST_PAUSE.saturating_mul(1 << failures.min(10)).min(DAY);
        Self { failures: failures.saturating_add(1), at: now.saturating_add(pause) }
    }

    /// Whether it lasts. Where it would last for more than a day, the clock was set back.
    pub fn lasts(self, now: i64) -> bool {
        (1..=DAY).contains(&self.at.saturating_sub(now))
    }
}
