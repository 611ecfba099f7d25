//! `ocsync check-expiry`: one line and an exit code. Touches nothing.
//!
//! The expiry is the raw one: a refresh token does not hide an expired access token.

use super::{look, stopped};
use crate::cli::{CheckExpiry, Common};
use crate::exit::Code;
use crate::report::text::clean;
use crate::report::time::left;
use crate::report::{Report, SourceRow, State, Thresholds};

/// Looks and reports. Only the clock counts: drift is for `status` to tell.
#[must_use]
pub fn run(common: &Common, args: &CheckExpiry, now: i64) -> (Report, Code) {
    let thresholds = Thresholds { within: args.within, login_within: args.login_within };
    match look("check-expiry", common, now, thresholds) {
        Ok(look) => (look.report, look.tally.code()),
        Err(problem) => stopped("check-expiry", now, problem),
    }
}

/// The one line: what is worst, and how much else there is.
#[must_use]
pub fn line(report: &Report, now: i64) -> String {
    let of_sources = report.sources.iter().map(|row| (row.state, ends(row), format!("{} login", row.source)));
    let bound = report.profiles.iter().filter(|row| row.source.is_some());
    let of_profiles = bound.map(|row| {
        let name = format!("{} {}", clean(&row.agent), row.profile.as_deref().map_or_else(String::new, clean));
        (row.state, row.expires, name)
    });
    let all: Vec<(State, Option<i64>, String)> = of_sources.chain(of_profiles).collect();
    let rank = |state: State| match state.code() {
        Code::LoginNeeded => 0,
        Code::Incomplete => 1,
        Code::Expiring => 2,
        _ => 3,
    };
    let Some((state, expires, name)) = all.iter().min_by_key(|(state, expires, _)| (rank(*state), *expires)) else {
        return "nothing to check\n".to_owned();
    };
    let time = expires.map_or(String::new(), |at| format!(", {}", left(at, now)));
    let bad = all.iter().filter(|(state, _, _)| rank(*state) < 3).count();
    let more = if bad > 1 { format!("; {} more", bad - 1) } else { String::new() };
    if bad == 0 && report.exit > Code::Drift as u8 {
        return format!("incomplete: {} checked, but not everything could be read\n", all.len());
    }
    if bad == 0 {
        let next = all.iter().filter_map(|(_, at, name)| at.map(|at| (at, name))).min();
        let next =
            next.map_or(String::new(), |(at, name)| format!(", the next to expire is {name}: {}", left(at, now)));
        return format!("ok: {} checked{next}\n", all.len());
    }
    format!("{}: {name}{time}{more}\n", state.name())
}

/// What ends first of what the state speaks of: the access token, or the login itself.
fn ends(row: &SourceRow) -> Option<i64> {
    let login = row.login_expires_at.as_deref().and_then(crate::clock::parse);
    if row.state == State::LoginExpiring { login } else { row.expires }
}
