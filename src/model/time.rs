//! Times and durations as text: RFC 3339 for files and JSON, `7h 12m` for people.

use chrono::{DateTime, SecondsFormat};
use serde::{Serialize as _, Serializer};

/// An hour in milliseconds.
pub const HOUR: i64 = 3_600_000;
/// A day in milliseconds.
pub const DAY: i64 = 24 * HOUR;

/// A time as `2026-11-20T10:00:00Z`; `None` for one beyond the calendar.
pub fn rfc3339(millis: i64) -> Option<String> {
    DateTime::from_timestamp_millis(millis).map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// Serialises a time as RFC 3339.
///
/// # Errors
/// Those of the serializer.
#[allow(clippy::ref_option, reason = "serde passes it so")]
pub fn date<S: Serializer>(millis: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
    millis.and_then(rfc3339).serialize(serializer)
}

/// A time as JavaScript prints it, `2026-11-20T10:00:00.000Z`.
pub fn iso(millis: i64) -> String {
    let at = DateTime::from_timestamp_millis(millis).unwrap_or_default();
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Milliseconds of an RFC 3339 time.
pub fn parse(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.timestamp_millis())
}

/// A span of milliseconds in its two largest units.
pub fn span(millis: i64) -> String {
    let seconds = millis.unsigned_abs() / 1000;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, minutes) => format!("{minutes}m"),
        (0, hours, minutes) => format!("{hours}h {minutes}m"),
        (days, hours, _) => format!("{days}d {hours}h"),
    }
}

/// How much time is left until `at`, or how long ago it was.
pub fn left(at: i64, now: i64) -> String {
    let left = at.saturating_sub(now);
    if left > 0 { format!("{} left", span(left)) } else { format!("{} ago", span(left)) }
}

/// How long ago a moment was. One that is still to come was noted by another clock.
pub fn ago(at: i64, now: i64) -> String {
    let past = now.saturating_sub(at);
    if past < 0 { format!("in {}", span(past)) } else { format!("{} ago", span(past)) }
}

/// [`left`], with a word for what has ended.
pub fn left_or_expired(at: i64, now: i64) -> String {
    let ended = if at <= now { "expired " } else { "" };
    format!("{ended}{}", left(at, now))
}

/// How much time is left until `at` if it is the latest moment, or how long ago it was.
pub fn left_at_most(at: i64, now: i64) -> String {
    let time = at.saturating_sub(now);
    if time > 0 { format!("{} at the latest", span(time)) } else { left(at, now) }
}

/// A time in UTC to the minute, as people write it: `2026-11-20 15:00`.
pub fn utc(at: i64) -> Option<String> {
    let text = rfc3339(at)?;
    Some(text.get(..16)?.replace('T', " "))
}

/// Milliseconds of `90s`, `30m`, `1h` or `3d`, or of a number of seconds.
///
/// # Errors
/// For anything else.
pub fn parse_duration(text: &str) -> Result<i64, String> {
    let wrong = || format!("\"{text}\" is not a time such as 90s, 30m, 1h or 3d");
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    let factor = match unit {
        's' | '0'..='9' => 1000,
        'm' => 60_000,
        'h' => HOUR,
        'd' => DAY,
        _ => return Err(wrong()),
    };
    let unit_length = usize::from(!unit.is_ascii_digit());
    let number: u32 = text[..text.len() - unit_length].parse().map_err(|_| wrong())?;
    i64::from(number).checked_mul(factor).ok_or_else(wrong)
}

/// Reads a limit, in milliseconds: a time as [`parse_duration`] reads it, and longer than none.
///
/// # Errors
/// It is not a time, or no time.
pub fn parse_limit(text: &str) -> Result<i64, String> {
    parse_duration(text).and_then(limit)
}

/// A time in milliseconds that limits something.
///
/// # Errors
/// It is no time.
pub fn limit(time: i64) -> Result<i64, String> {
    if time == 0 { Err("a limit must be longer than 0s".to_owned()) } else { Ok(time) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_back_and_the_extremes_do_not_panic() {
        assert_eq!(parse(&iso(1_795_169_294_333)), Some(1_795_169_294_333));
        assert_eq!(rfc3339(1_795_169_294_333).as_deref(), Some("2026-11-20T10:08:14Z"));
        assert_eq!(rfc3339(i64::MAX), None);
    }

    #[test]
    fn spans_have_two_units_and_read_back() {
        for (millis, text) in
            [(0, "0s"), (59_999, "59s"), (3_660_000, "1h 1m"), (90_000_000, "1d 1h"), (-60_000, "1m")]
        {
            assert_eq!(span(millis), text);
        }
        assert_eq!(left(1000, 0), "1s left");
        assert_eq!(left(0, 1000), "1s ago");
        assert_eq!((ago(0, 1000), ago(1000, 0)), ("1s ago".into(), "in 1s".into()));
        assert_eq!((left_at_most(1000, 0), left_at_most(0, 1000)), ("1s at the latest".into(), "1s ago".into()));
        assert!(left(i64::MIN, i64::MAX).ends_with("ago"));
        assert_eq!(parse_duration("90s"), Ok(90_000));
        assert_eq!(parse_duration("30"), Ok(30_000));
        assert_eq!((parse_limit("1s"), parse_limit("0s").is_err()), (Ok(1000), true));
        for wrong in ["", "h", "+1", "-1", "-1h", "1w", "1é", "99999999999h"] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
    }
}
