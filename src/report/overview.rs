//! The tables of `status`: the logins first, then the profiles of each installation with what
//! to do about them. What is wrong follows on stderr.

use std::fmt::Write as _;

use super::table::{Cell, Column, render, shorten_path};
use super::text::clean;
use super::time::{left, span, utc};
use super::{ProfileRow, Report, SourceRow, State, advice, group};
use crate::clock;
use crate::lineage::Verdict;
use crate::terminal::{Paint, Screen};

const fn column(head: &'static str, drop: u8, shorten: bool) -> Column {
    Column { head, drop, shorten }
}

const SOURCES: [Column; 8] = [
    column("SOURCE", 0, false),
    column("STATE", 0, false),
    column("ACCESS TOKEN", 0, false),
    column("UNTIL (UTC)", 2, false),
    column("LOGIN", 4, false),
    column("UNTIL (UTC)", 1, false),
    column("ACCOUNT", 3, true),
    column("WHAT NEXT", 0, false),
];

const PROFILES: [Column; 8] = [
    column("AGENT", 0, true),
    column("PROFILE", 0, true),
    column("TYPE", 2, false),
    column("SOURCE", 3, false),
    column("VERDICT", 0, false),
    column("ACCESS TOKEN", 4, false),
    column("UNTIL (UTC)", 1, false),
    column("WHAT NEXT", 0, false),
];

/// What is shown of the profiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// All, equal ones in one row.
    Grouped,
    /// Each in a row of its own.
    Each,
    /// Those that need something, equal ones in one row.
    Problems,
}

/// The tables.
#[must_use]
pub fn tables(report: &Report, now: i64, shown: Shown, screen: &Screen) -> String {
    let mut out = String::new();
    let sources: Vec<Vec<Cell>> = report.sources.iter().map(|row| source_cells(row, now)).collect();
    if !sources.is_empty() {
        out += &render(&SOURCES, &sources, screen);
    }
    let wanted = |row: &&ProfileRow| shown != Shown::Problems || advice::needs_something(row, &report.sources, now);
    let mut state_dirs: Vec<&str> = report.profiles.iter().filter(wanted).map(|row| row.state_dir.as_str()).collect();
    state_dirs.dedup();
    for state_dir in state_dirs {
        let heading = shorten_path(&clean(state_dir), screen.width);
        let gap = if out.is_empty() { "" } else { "\n" };
        let _ = writeln!(out, "{gap}{}", screen.paint(&heading, Some(Paint::Bold)));
        let of_dir: Vec<&ProfileRow> =
            report.profiles.iter().filter(wanted).filter(|row| row.state_dir == state_dir).collect();
        let advice = |row: &ProfileRow| advice::of_profile(row, &report.sources, now);
        let groups = match shown {
            Shown::Each => of_dir.iter().map(|row| group::Group::of(row)).collect(),
            Shown::Grouped | Shown::Problems => group::equal(&of_dir, advice),
        };
        let rows: Vec<Vec<Cell>> = groups.iter().map(|group| profile_cells(group, advice(group.row), now)).collect();
        out += &render(&PROFILES, &rows, screen);
    }
    let rest = report.profiles.iter().filter(|row| !wanted(row)).count();
    if rest > 0 {
        let line = if rest == report.profiles.len() {
            format!("nothing to do for any of {}", count(rest, "profile"))
        } else if rest == 1 {
            "1 other profile needs nothing".to_owned()
        } else {
            format!("{} need nothing", count(rest, "other profile"))
        };
        let _ = writeln!(out, "{}{line}", if out.is_empty() { "" } else { "\n" });
    }
    out
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

fn source_cells(row: &SourceRow, now: i64) -> Vec<Cell> {
    let login = row.login_expires_at.as_deref().and_then(clock::parse);
    let next = advice::of_source(row, now);
    let soon = if row.state == State::LoginExpiring { Some(Paint::Yellow) } else { None };
    let deadline = |at: i64| match at <= now {
        true => Cell("ended".to_owned(), Some(Paint::Red)),
        false => Cell(left(at, now), soon),
    };
    vec![
        row.source.to_owned().into(),
        Cell(row.state.name().to_owned(), Some(of_state(row.state))),
        expiry(row.expires, row.state, now),
        date(row.expires),
        login.map_or_else(Cell::none, deadline),
        date(login),
        row.account.as_deref().map_or_else(Cell::none, |account| clean(account).into()),
        next.into(),
    ]
}

fn profile_cells(group: &group::Group<'_>, next: String, now: i64) -> Vec<Cell> {
    let row = group.row;
    let or_dash = |text: Option<&str>| text.map_or_else(Cell::none, |text| clean(text).into());
    let agent = match group.more {
        0 => clean(&row.agent),
        more => format!("{} and {more} more", clean(&row.agent)),
    };
    let Cell(time, paint) = expiry(group.expires, row.state, now);
    let time = if group.several { format!("{time} or more") } else { time };
    vec![
        agent.into(),
        or_dash(row.profile.as_deref()),
        or_dash(row.kind),
        or_dash(row.source),
        row.verdict.map_or_else(
            || Cell("not-served".to_owned(), Some(Paint::Red)),
            |verdict| Cell(verdict.name().to_owned(), Some(of_verdict(verdict))),
        ),
        Cell(time, paint),
        date(group.expires),
        next.into(),
    ]
}

fn date(at: Option<i64>) -> Cell {
    at.and_then(utc).map_or_else(Cell::none, Cell::from)
}

fn expiry(expires: Option<i64>, state: State, now: i64) -> Cell {
    let paint = Some(of_state(state)).filter(|paint| *paint != Paint::Green);
    match (expires, state) {
        (None, State::Static) => Cell("no expiry".to_owned(), Some(Paint::Dim)),
        (None, State::Unknown) => Cell("unknown".to_owned(), Some(Paint::Dim)),
        (None, _) => Cell::none(),
        (Some(at), _) if at <= now => Cell(format!("expired {} ago", span(now.saturating_sub(at))), paint),
        (Some(at), State::LoginExpiring) => Cell(left(at, now), None),
        (Some(at), _) => Cell(left(at, now), paint),
    }
}

fn of_state(state: State) -> Paint {
    match state {
        State::Fresh => Paint::Green,
        State::Expiring | State::LoginExpiring => Paint::Yellow,
        State::Expired | State::LoggedOut | State::Unreadable => Paint::Red,
        State::Unknown | State::Static => Paint::Dim,
    }
}

fn of_verdict(verdict: Verdict) -> Paint {
    match verdict {
        Verdict::InSync | Verdict::Linked => Paint::Green,
        Verdict::Unbound | Verdict::OtherAccount => Paint::Dim,
        Verdict::Metadata | Verdict::Reverted | Verdict::SourceNewer | Verdict::StoreNewer | Verdict::Opaque => {
            Paint::Yellow
        }
        Verdict::SourceUnreadable
        | Verdict::SourceLoggedOut
        | Verdict::SourceExpired
        | Verdict::SourceRolledBack
        | Verdict::SourceIncomplete => Paint::Red,
    }
}
