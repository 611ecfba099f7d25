//! Logins that end soon or have ended. Then no refresh helps: a person has to log in again.

use crate::model::problem::Problem;
use crate::model::source::{Source, SourceState};
use crate::model::time;
use crate::model::time::{left, utc};

/// The logins that end within `within` milliseconds, or have ended.
pub(super) fn ending(sources: &[Source], now: i64, within: i64) -> Vec<Problem> {
    let deadline = |source: &Source| Some((source.kind, source.login()?.deadline?));
    let soon = sources.iter().filter_map(deadline).filter(|(_, at)| at.saturating_sub(now) < within);
    let problem = |(kind, at): (crate::model::source::SourceKind, i64)| {
        let name = kind.name();
        let date = utc(at).map_or_else(|| time::iso(at), |date| format!("{date} UTC"));
        if at <= now {
            let message = format!("{name}'s login has ended ({date}, {})", left(at, now));
            return Problem::warning("login-ended", message, kind.login_command());
        }
        let message = format!("{name}'s login ends soon ({date}, {})", left(at, now));
        Problem::warning("login-expiring", message, format!("before that: {}", kind.login_command()))
    };
    soon.map(problem).collect()
}

/// The logins that have served profiles, and that are out of reach now.
pub(super) fn out_of_reach(sources: &[Source]) -> Vec<Problem> {
    let note = |source: &Source| {
        let SourceState::OutOfReach(how) = &source.state else { return None };
        let name = source.kind.name();
        let message = format!("{name}: {how}: whether it is logged in is unknown, and nothing is delivered");
        Some(Problem::note("out-of-reach", message, ""))
    };
    sources.iter().filter_map(note).collect()
}
