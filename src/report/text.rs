//! The report for people.
//!
//! Rules of the output: the result goes to stdout, everything else to stderr with the prefix
//! `ocsync:`. One line each, lower case, no full stop. Names that come from files are cleaned:
//! they may hold anything, also what a terminal would obey.

use std::fmt::Write as _;

use super::time::{left, span};
use super::{ProfileRow, Report, SourceRow, State};
use crate::lineage::Verdict;
use crate::plan::{self, Action, Outcome};
use crate::problem::{Problem, Severity};
use crate::source::Kind;

/// A foreign name, without control characters.
#[must_use]
pub fn clean(name: &str) -> String {
    let harmless = |c: char| if c.is_control() || ('\u{200b}'..='\u{202e}').contains(&c) { '\u{fffd}' } else { c };
    name.chars().map(harmless).collect()
}

/// The lines of `sync`: one per change, nothing when nothing changed.
#[must_use]
pub fn sync(report: &Report, now: i64, verbose: bool) -> String {
    let mut out = String::new();
    let several = report.profiles.windows(2).any(|pair| pair[0].state_dir != pair[1].state_dir);
    for row in &report.profiles {
        let verb = match (row.action, row.result) {
            (Action::Update, Outcome::Done) => "updated",
            (Action::Create, Outcome::Done) => "created",
            (Action::None, Outcome::Done) => "kept",
            (Action::Update, Outcome::Planned) => "would update",
            (Action::Create, Outcome::Planned) => "would create",
            _ if verbose => "left",
            _ => continue,
        };
        let place = if several { format!("{}: ", clean(&row.state_dir)) } else { String::new() };
        let source = row.source.map_or(String::new(), |source| format!(" from {source}"));
        // What is planned still holds the old credential: its time would mislead.
        let expires = row.expires.filter(|_| row.result != Outcome::Planned || row.action == Action::Create);
        let expires = expires.map_or(String::new(), |at| format!(", {}", left(at, now)));
        let lifted = if row.cooldown_lifted { ", cooldown lifted" } else { "" };
        let verdict = row.verdict.map_or("not-served", Verdict::name);
        let profile = row.profile.as_deref().map_or_else(|| "(all profiles)".to_owned(), clean);
        let _ = writeln!(
            out,
            "{place}{verb} {} {profile}{source}{expires}{lifted} ({verdict}: {})",
            clean(&row.agent),
            clean(&row.reason)
        );
    }
    out
}

/// The tables of `status`.
#[must_use]
pub fn status(report: &Report, now: i64) -> String {
    let mut out = String::new();
    let sources: Vec<Vec<String>> = report.sources.iter().map(|row| source_cells(row, now)).collect();
    if !sources.is_empty() {
        table(&mut out, &["SOURCE", "STATE", "ACCESS TOKEN", "LOGIN", "ACCOUNT"], &sources);
    }
    let mut state_dirs: Vec<&str> = report.profiles.iter().map(|row| row.state_dir.as_str()).collect();
    state_dirs.dedup();
    for state_dir in state_dirs {
        let _ = writeln!(out, "{}{}", if out.is_empty() { "" } else { "\n" }, clean(state_dir));
        let of_dir = report.profiles.iter().filter(|row| row.state_dir == state_dir);
        let rows: Vec<Vec<String>> = of_dir.map(|row| profile_cells(row, now)).collect();
        table(&mut out, &["AGENT", "PROFILE", "TYPE", "SOURCE", "VERDICT", "ACCESS TOKEN", "WHAT NEXT"], &rows);
    }
    out
}

fn source_cells(row: &SourceRow, now: i64) -> Vec<String> {
    let login = row.login_expires_at.as_deref().and_then(crate::clock::parse);
    vec![
        row.source.to_owned(),
        row.state.name().to_owned(),
        expiry(row.expires, row.state, now),
        login.map_or_else(|| "-".to_owned(), |at| left(at, now)),
        row.account.as_deref().map_or_else(|| "-".to_owned(), clean),
    ]
}

fn profile_cells(row: &ProfileRow, now: i64) -> Vec<String> {
    let or_dash = |text: Option<&str>| text.map_or_else(|| "-".to_owned(), clean);
    vec![
        clean(&row.agent),
        or_dash(row.profile.as_deref()),
        or_dash(row.kind),
        or_dash(row.source),
        row.verdict.map_or("not-served", Verdict::name).to_owned(),
        expiry(row.expires, row.state, now),
        remedy(row),
    ]
}

fn expiry(expires: Option<i64>, state: State, now: i64) -> String {
    match (expires, state) {
        (None, State::Static) => "no expiry".to_owned(),
        (None, State::Unknown) => "unknown".to_owned(),
        (None, _) => "-".to_owned(),
        (Some(at), _) if at <= now => format!("expired {} ago", span(now.saturating_sub(at))),
        (Some(at), _) => left(at, now),
    }
}

/// What to do about a profile, where there is something to do.
fn remedy(row: &ProfileRow) -> String {
    match row.verdict {
        Some(verdict) if row.result != Outcome::Refused => {
            let kind = Kind::ALL.into_iter().find(|kind| Some(kind.name()) == row.source);
            plan::remedy(verdict, kind)
        }
        _ => clean(&row.reason),
    }
}

/// Columns as wide as their widest cell; the last one is not padded.
fn table(out: &mut String, head: &[&str], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([head[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let head: Vec<String> = head.iter().map(|name| (*name).to_owned()).collect();
    for row in [&head].into_iter().chain(rows) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

/// The lines about problems of at least this weight, for stderr.
#[must_use]
pub fn problems(problems: &[Problem], shown: &[Severity]) -> String {
    let mut out = String::new();
    for problem in problems.iter().filter(|problem| shown.contains(&problem.severity)) {
        let word = match problem.severity {
            Severity::Error => "error",
            Severity::Warning | Severity::Standing => "warning",
            Severity::Note => "note",
        };
        let _ = writeln!(out, "ocsync: {word}: {}", clean(&problem.message));
        if !problem.hint.is_empty() {
            let _ = writeln!(out, "ocsync: hint: {}", clean(&problem.hint));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_names_cannot_steer_a_terminal() {
        assert_eq!(clean("a\u{1b}[31m\n\u{202e}b é"), "a\u{fffd}[31m\u{fffd}\u{fffd}b é");
    }

    #[test]
    fn columns_are_aligned_and_lines_have_no_trailing_space() {
        let mut out = String::new();
        table(&mut out, &["A", "B"], &[vec!["long".into(), String::new()], vec!["é".into(), "x".into()]]);
        assert_eq!(out, "A     B\nlong\né     x\n");
    }
}
