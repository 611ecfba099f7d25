//! The tables of `status`: first the logins, then the profiles of each installation with what to do about them. The
//! problems follow on stderr.

use std::fmt::Write as _;

use crate::model::exit::Code;
use crate::model::problem::clean;
use crate::model::time;
use crate::model::time::{left, left_at_most, span, utc};
use crate::model::verdict::Verdict;
use crate::report::cell::{Cell, Column};
use crate::report::columns::{render, shorten_path};
use crate::report::screen::{Paint, Screen};
use crate::report::{ProfileRow, Report, SourceRow, State, advice, group, width};

const SOURCES: [Column; 10] = [
    Column::new("SOURCE", 0),
    Column::new("STATE", 0),
    Column::new("ACCESS TOKEN", 0),
    Column::new("UNTIL (UTC)", 3),
    Column::new("UNTIL (LOCAL)", 4),
    Column::new("LOGIN", 6),
    Column::new("LOGIN UNTIL (UTC)", 1),
    Column::new("LOGIN UNTIL (LOCAL)", 2),
    Column::new("ACCOUNT", 5),
    Column::new("WHAT NEXT", 0),
];

const PROFILES: [Column; 9] = [
    Column::new("AGENT", 0),
    Column::new("PROFILE", 0),
    Column::new("TYPE", 2),
    Column::new("SOURCE", 3),
    Column::new("VERDICT", 0).breaking(),
    Column::new("ACCESS TOKEN", 0),
    Column::new("UNTIL (UTC)", 1),
    Column::new("UNTIL (LOCAL)", 4),
    Column::new("WHAT NEXT", 0),
];

/// Which profiles are shown, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// All of them. Equal ones share a row.
    Grouped,
    /// All of them, each in a row of its own.
    Each,
    /// Only those that need something. Equal ones share a row.
    Problems,
}

/// The tables and the summary below them.
pub fn tables(report: &Report, now: i64, shown: Shown, screen: &Screen) -> String {
    let mut out = String::new();
    let sources: Vec<Vec<Cell>> = report.sources.iter().map(|row| source_cells(row, now, screen)).collect();
    if !sources.is_empty() {
        out += &render(&SOURCES, &sources, screen);
    }
    let wanted = |row: &&ProfileRow| shown != Shown::Problems || advice::needs_something(row, &report.sources, now);
    let mut state_dirs: Vec<&str> = report.profiles.iter().filter(wanted).map(|row| &*row.place.state_dir).collect();
    state_dirs.dedup();
    for state_dir in state_dirs {
        let heading = screen.brief(&clean(state_dir));
        let heading = if screen.known { shorten_path(&heading, screen.width) } else { heading };
        let gap = if out.is_empty() { "" } else { "\n" };
        let facts = facts(report, state_dir, now);
        let fits = !screen.known || width::of(&heading) + width::of(&facts) + 2 <= screen.width;
        let between = if fits { "  " } else { "\n  " };
        let _ = writeln!(
            out,
            "{gap}{}{between}{}",
            screen.paint(&heading, Some(Paint::Bold)),
            screen.paint(&facts, Some(Paint::Dim))
        );
        let of_dir: Vec<&ProfileRow> =
            report.profiles.iter().filter(wanted).filter(|row| &*row.place.state_dir == state_dir).collect();
        let advice = |row: &ProfileRow| {
            let is_same = |other: &ProfileRow| {
                other.place.state_dir != row.place.state_dir
                    && (&other.agent, &other.finding.profile) == (&row.agent, &row.finding.profile)
            };
            advice::of_profile(row, &report.sources, now, report.profiles.iter().any(is_same))
        };
        let groups = match shown {
            Shown::Each => of_dir.iter().map(|row| group::Group::of(row)).collect(),
            Shown::Grouped | Shown::Problems => {
                group::equal(&of_dir, |row| advice::of_any(row, &report.sources, now))
            }
        };
        let rows: Vec<Vec<Cell>> =
            groups.iter().map(|group| profile_cells(group, advice(group.row), now, screen)).collect();
        out += &render(&PROFILES, &rows, screen);
    }
    if let Some((line, paint)) = last_line(report, now) {
        let _ = writeln!(out, "\n{}", screen.paint(&line, paint));
    }
    out
}

/// What is known of an installation: its version, its kind of store, and the last delivery.
fn facts(report: &Report, state_dir: &str, now: i64) -> String {
    let row = report.installations.iter().find(|row| &*row.state_dir == state_dir);
    let version = row.and_then(|row| row.openclaw.as_deref()).unwrap_or("of an unknown version");
    let store = match row.and_then(|row| row.store) {
        Some("sqlite") => ", SQLite",
        Some(_) => ", JSON",
        None => "",
    };
    let delivered = row.and_then(|row| row.delivered_at);
    let delivered = delivered.map_or_else(String::new, |at| format!(", delivered {}", time::ago(at, now)));
    format!("OpenClaw {version}{store}{delivered}")
}

/// The line below the tables, which agrees with the exit code; `None` where there is no profile.
pub fn last_line(report: &Report, now: i64) -> Option<(String, Option<Paint>)> {
    let profiles = || report.profiles.iter().filter(|row| row.finding.profile.is_some());
    let needy = profiles().filter(|row| advice::needs_something(row, &report.sources, now)).count();
    let all = match profiles().count() {
        0 => return None,
        1 => "1 profile".to_owned(),
        count => format!("{count} profiles"),
    };
    let well = Some(Paint::Green).filter(|_| report.exit == 0);
    Some(match needy {
        0 => (format!("{all}: {}", summary(report.exit)), well),
        1 => (format!("{all}: 1 needs something"), Some(Paint::Yellow)),
        _ => (format!("{all}: {needy} need something"), Some(Paint::Yellow)),
    })
}

/// What the exit code says where no profile needs anything: the line never contradicts it.
fn summary(exit: u8) -> &'static str {
    const LOGIN_NEEDED: u8 = Code::LoginNeeded as u8;
    const EXPIRING: u8 = Code::Expiring as u8;
    const DRIFT: u8 = Code::Drift as u8;
    match exit {
        0 => "no sync or login needed",
        LOGIN_NEEDED => "a login is needed",
        EXPIRING => "an access token has ended, or something ends soon",
        DRIFT => "something differs from its login",
        _ => "not everything could be read",
    }
}

fn source_cells(row: &SourceRow, now: i64, screen: &Screen) -> Vec<Cell> {
    let login = row.login_expires_at.as_deref().and_then(time::parse);
    let next = advice::of_source(row, now);
    let soon = if row.state == State::LoginExpiring { Some(Paint::Yellow) } else { None };
    let deadline = |at: i64| {
        if at <= now { Cell("ended".to_owned(), Some(Paint::Red)) } else { Cell(left(at, now), soon) }
    };
    vec![
        row.source.to_owned().into(),
        Cell(row.state.name().to_owned(), Some(of_state(row.state))),
        expiry(row.expires, row.state, now),
        date(row.expires),
        local(row.expires, screen),
        login.map_or_else(Cell::none, deadline),
        date(login),
        local(login, screen),
        row.account.as_deref().map_or_else(Cell::none, |account| account.to_owned().into()),
        next.into(),
    ]
}

fn profile_cells(group: &group::Group<'_>, next: String, now: i64, screen: &Screen) -> Vec<Cell> {
    let row = group.row;
    let or_dash = |text: Option<&str>| text.map_or_else(Cell::none, |text| text.to_owned().into());
    let agent = match group.more {
        0 => row.agent.to_string(),
        more => format!("{} and {more} more", row.agent),
    };
    let Cell(time, paint) = match row.finding.profile {
        Some(_) => match (expiry(group.expires, row.finding.state, now), group.expires) {
            (Cell(_, paint), Some(at)) if row.finding.setup_token && at > now => Cell(left_at_most(at, now), paint),
            (cell, _) => cell,
        },
        None => Cell::none(),
    };
    let time = if group.several { format!("{time} or more") } else { time };
    vec![
        agent.into(),
        or_dash(row.finding.profile.as_deref()),
        or_dash(row.finding.kind),
        or_dash(row.finding.source),
        row.finding.verdict.map_or_else(
            || Cell("not-served".to_owned(), Some(Paint::Red)),
            |verdict| Cell(verdict.name().to_owned(), Some(of_verdict(verdict))),
        ),
        Cell(time, paint),
        date(group.expires),
        local(group.expires, screen),
        next.into(),
    ]
}

fn date(at: Option<i64>) -> Cell {
    at.and_then(utc).map_or_else(Cell::none, Cell::from)
}

/// The local time, where it is asked for; else the column is empty, and left out.
fn local(at: Option<i64>, screen: &Screen) -> Cell {
    at.and_then(|at| screen.local(at)).map_or_else(Cell::none, Cell::from)
}

fn expiry(expires: Option<i64>, state: State, now: i64) -> Cell {
    let paint = Some(of_state(state)).filter(|paint| *paint != Paint::Green);
    match (expires, state) {
        (None, State::Static) => Cell("no expiry".to_owned(), Some(Paint::Dim)),
        (None, State::Unknown) => Cell("unknown".to_owned(), Some(Paint::Dim)),
        (None, State::Expired) => Cell("expired".to_owned(), paint),
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
        Verdict::Unbound | Verdict::OtherAccount | Verdict::OwnLogin => Paint::Dim,
        Verdict::Metadata
        | Verdict::Reverted
        | Verdict::SourceNewer
        | Verdict::StoreNewer
        | Verdict::Opaque
        | Verdict::Shadows
        | Verdict::Elsewhere => Paint::Yellow,
        Verdict::SourceUnreadable
        | Verdict::SourceLoggedOut
        | Verdict::SourceExpired
        | Verdict::SourceRolledBack
        | Verdict::SourceIncomplete => Paint::Red,
    }
}
