//! A clock that is wrong: one that was never set, as on a machine that has no battery for it and has just started, or one
//! that was set back.

use crate::model::history::History;
use crate::model::problem::Problem;
use crate::model::time::{HOUR, iso, span, utc};

/// The problem's word.
pub const CODE: &str = "clock";

/// 2020-01-01: no login of a CLI that ocsync knows is older.
const FIRST: i64 = 1_577_836_800_000;

/// The problem, if the clock was never set. Then every end of a token is too far away to be true.
#[must_use]
pub fn unset(now: i64) -> Option<Problem> {
    let message = || format!("the clock says {}: ocsync cannot tell what has ended", iso(now));
    (now < FIRST).then(|| Problem::drift(CODE, message(), "set the machine's clock"))
}

/// The warning, if an earlier run has noted something an hour or more after now. Either that run's clock was fast, or the
/// clock is slow now, and what has ended seems to last.
#[must_use]
pub fn behind(history: &History, now: i64) -> Option<Problem> {
    let last = history.events().iter().map(|event| event.at).max()?;
    let (ahead, noted) = (last.saturating_sub(now), utc(last)?);
    let message = format!("the clock is {} behind what ocsync noted at {noted} UTC", span(ahead));
    let hint = "if the clock is slow, set it: until then a token that has ended seems to last";
    (ahead >= HOUR).then(|| Problem::warning(CODE, message, hint))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::history::{Event, EventKind};

    #[test]
    fn a_clock_that_was_set_back_is_told_from_one_that_is_a_little_slow() {
        let mut history = History::default();
        assert!(behind(&history, 0).is_none());
        history.note(Event::new(30 * HOUR, EventKind::Refreshed).of_login("claude"));
        history.note(Event::new(20 * HOUR, EventKind::Refreshed).of_login("codex"));
        assert!(behind(&history, 30 * HOUR - 1).is_none());
        let problem = behind(&history, 5 * HOUR).unwrap();
        assert_eq!(problem.message, "the clock is 1d 1h behind what ocsync noted at 1970-01-02 06:00 UTC");
    }

    #[test]
    fn a_clock_of_before_2020_was_never_set() {
        assert!(unset(FIRST).is_none());
        let problem = unset(0).unwrap();
        assert_eq!(problem.message, "the clock says 1970-01-01T00:00:00.000Z: ocsync cannot tell what has ended");
    }
}
