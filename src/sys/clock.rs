//! The wall clock. Only this file reads it.
//!
//! The pure core does not ask for the time: a run reads the clock once and passes the time on. Only locks
//! need the current moment, because other programs judge their age by it.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since the epoch, UTC; negative before 1970.
#[allow(clippy::disallowed_methods, reason = "the one place that reads it")]
pub fn now() -> i64 {
    let millis = |duration: std::time::Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => millis(since),
        Err(before) => -millis(before.duration()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_set() {
        assert!(now() > 1_700_000_000_000);
    }
}
