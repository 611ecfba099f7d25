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

/// A moment in the local time of this machine to the minute, `2026-11-20 16:00`; `None` for one beyond the calendar. The
/// time zone is that of `TZ`, else that of the system.
///
/// SQLite asks the C library, which knows the time zones. ocsync itself cannot without `unsafe`, and a crate that can
/// brings twenty others into the lock file.
#[must_use]
pub fn local(at: i64) -> Option<String> {
    const LOCAL: &str = "SELECT strftime('%Y-%m-%d %H:%M', ?1, 'unixepoch', 'localtime')";
    let clock = rusqlite::Connection::open_in_memory().ok()?;
    clock.query_row(LOCAL, [at.div_euclid(1000)], |row| row.get(0)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_set() {
        assert!(now() > 1_700_000_000_000);
    }

    #[test]
    fn a_local_time_is_of_the_same_day_or_the_next_to_it() {
        let text = local(1_795_169_294_333).unwrap();
        assert!(["2026-11-19 ", "2026-11-20 ", "2026-11-21 "].iter().any(|day| text.starts_with(day)), "{text}");
        assert_eq!(local(i64::MAX), None);
    }
}
