//! A clock that was never set, as on a machine that has no battery for it and has just started.

use crate::model::problem::Problem;
use crate::model::time::iso;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_of_before_2020_was_never_set() {
        assert!(unset(FIRST).is_none());
        let problem = unset(0).unwrap();
        assert_eq!(problem.message, "the clock says 1970-01-01T00:00:00.000Z: ocsync cannot tell what has ended");
    }
}
