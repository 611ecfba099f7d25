//! The wall clock. The pure core never asks it: a run reads it once and passes the time in.
//! Only OpenClaw's lock needs the moment itself, because others judge its age by it.

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, SecondsFormat};

/// Milliseconds since the epoch, UTC; negative before 1970.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "this is the one place")]
pub fn now() -> i64 {
    let millis = |duration: std::time::Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => millis(since),
        Err(before) => -millis(before.duration()),
    }
}

/// A time as `2026-11-20T10:00:00Z`; `None` beyond what a calendar holds.
#[must_use]
pub fn rfc3339(millis: i64) -> Option<String> {
    DateTime::from_timestamp_millis(millis).map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// A time as JavaScript prints it, `2026-11-20T10:00:00.000Z`.
#[must_use]
pub fn iso(millis: i64) -> String {
    let at = DateTime::from_timestamp_millis(millis).unwrap_or_default();
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Milliseconds of an RFC 3339 time.
#[must_use]
pub fn parse(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_back_and_the_extremes_do_not_panic() {
        assert_eq!(parse(&iso(1_795_169_294_333)), Some(1_795_169_294_333));
        assert_eq!(rfc3339(1_795_169_294_333).as_deref(), Some("2026-11-20T10:08:14Z"));
        assert_eq!(rfc3339(i64::MAX), None);
        assert!(now() > 1_700_000_000_000);
    }
}
