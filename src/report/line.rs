//! The one line of `check-expiry`. A mail subject or a monitoring page shows no more, so it says what is worst,
//! whether that needs a person, and how many other problems there are.

use std::borrow::Cow;

use crate::model::exit::Code;
use crate::model::item::{Action, Outcome};
use crate::model::problem::clean;
use crate::model::time::{left, left_at_most};
use crate::report::refreshable::has_own_lineage;
use crate::report::{Check, ProfileRow, Report, SourceRow, State};

/// The CLI can renew it.
const BY_CLI: &str = ", ocsync refresh renews it";

/// A login or a bound profile that was checked.
struct Checked {
    state: State,
    /// It has not ended, and OpenClaw cannot use it.
    is_failing: bool,
    /// Nobody has renewed its login in time so far.
    unrenewed: bool,
    refreshable: Option<bool>,
    /// When it ends, in milliseconds.
    ends: Option<i64>,
    /// It is a setup token, and `ends` the latest moment.
    setup_token: bool,
    name: String,
    /// How it can get a new access token.
    way: Cow<'static, str>,
}

/// The line, without a line end.
pub fn line(report: &Report, now: i64) -> String {
    let all = checked(report);
    let Some(worst) = all.iter().min_by_key(|item| (item.rank(), item.ends)) else {
        return "nothing to check".to_owned();
    };
    let bad = all.iter().filter(|item| item.rank() < 3).count();
    if bad == 0 && report.exit > Code::Drift as u8 {
        return format!("incomplete: {} checked, but not everything could be read", all.len());
    }
    if bad == 0 {
        let ends = all.iter().filter_map(|item| item.ends.map(|at| (at, &item.name, item)));
        let next = ends.filter(|(at, ..)| *at > now).min_by_key(|(at, name, _)| (*at, *name));
        let next = next
            .map_or(String::new(), |(_, name, item)| format!(", the next to expire is {name}: {}", item.left(now)));
        return format!("ok: {} checked{next}", all.len());
    }
    let time = match worst.ends {
        _ if worst.is_failing => ", OpenClaw cannot use it: its credential has failed".to_owned(),
        Some(_) => format!(", {}", worst.left(now)),
        None => String::new(),
    };
    let word = if worst.is_failing { "failing" } else { worst.state.name() };
    let way = match worst.state {
        State::Expired | State::LoggedOut => &worst.way,
        _ if worst.unrenewed => ", and nobody renews it",
        _ => "",
    };
    let more = if bad > 1 { format!("; {} more", bad - 1) } else { String::new() };
    format!("{word}: {}{time}{way}{more}", worst.name)
}

fn checked(report: &Report) -> Vec<Checked> {
    let several = report.profiles.windows(2).any(|pair| pair[0].place.state_dir != pair[1].place.state_dir);
    let of_sources = report.counted_sources().map(|row| Checked {
        state: row.checked,
        is_failing: false,
        unrenewed: row.unrenewed,
        refreshable: row.refreshable,
        ends: ends(row),
        setup_token: false,
        name: format!("{} login", row.source),
        way: match row.refreshable {
            Some(false) => format!(", log in: {}", row.login).into(),
            refreshable => way(refreshable, BY_CLI).into(),
        },
    });
    let counted = report.profiles.iter().filter_map(|row| Some((row, row.finding.checked()?)));
    let of_profiles = counted.map(|(row, state)| {
        let place = if several { format!("{}: ", clean(&row.place.state_dir)) } else { String::new() };
        Checked {
            state,
            unrenewed: false,
            is_failing: row.finding.check == Check::Failing,
            refreshable: row.finding.refreshable,
            ends: row.finding.expires,
            setup_token: row.finding.setup_token,
            name: format!(
                "{place}{} {}",
                clean(&row.agent),
                row.finding.profile.as_deref().map_or_else(String::new, clean)
            ),
            way: way_of(row).into(),
        }
    });
    of_sources.chain(of_profiles).collect()
}

impl Checked {
    /// How much time is left, or how long ago it ended.
    fn left(&self, now: i64) -> String {
        let left = if self.setup_token { left_at_most } else { left };
        self.ends.map_or_else(String::new, |at| left(at, now))
    }

    /// The order, the worst first.
    fn rank(&self) -> u8 {
        match self.state.code(self.refreshable) {
            Code::LoginNeeded => 0,
            Code::Incomplete => 1,
            Code::Expiring => 2,
            _ => 3,
        }
    }
}

fn way_of(row: &ProfileRow) -> &'static str {
    match (row.finding.action, row.finding.result, row.finding.verdict) {
        _ if row.finding.setup_token => ", a new one is needed: claude setup-token",
        (Action::Update, Outcome::Planned, _) => ", ocsync sync delivers a newer one",
        (_, _, Some(verdict)) if has_own_lineage(verdict) => {
            way(row.finding.refreshable, ", OpenClaw renews it when it uses it")
        }
        _ => way(row.finding.refreshable, BY_CLI),
    }
}

fn way(refreshable: Option<bool>, by: &'static str) -> &'static str {
    match refreshable {
        Some(true) => by,
        Some(false) => ", a login is needed",
        None => "",
    }
}

/// When the thing ends that the state is about: the access token, or the login itself.
fn ends(row: &SourceRow) -> Option<i64> {
    if row.checked == State::LoginExpiring { login_ends(row) } else { row.expires }
}

/// When the login of a source ends, in milliseconds.
pub fn login_ends(row: &SourceRow) -> Option<i64> {
    row.login_expires_at.as_deref().and_then(crate::model::time::parse)
}
