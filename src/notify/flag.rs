//! `--flag-file`: a file that exists while a login is needed. A shell prompt, a status bar or
//! `ConditionPathExists=` can look at it without running a program.
//!
//! A file that ocsync did not make is neither overwritten nor removed.

use std::io::{self, ErrorKind};
use std::path::Path;

use crate::model::exit::Code;
use crate::model::problem::{Problem, clean};
use crate::model::shell::quoted;
use crate::notify::finished_run::FinishedRun;
use crate::report::{Report, SourceRow, State};
use crate::sys::fs::obstacle::obstacle;
use crate::sys::fs::open;
use crate::sys::fs::read;
use crate::sys::fs::replace::{Expect, For, NotReplaced, replace_for};
use crate::sys::fs::spot::Spot;
use crate::sys::fs::temp;

/// How a flag begins. By this ocsync recognises a file that it made.
const MARK: &[u8] = b"ocsync: login needed";

/// What helps where something of another's is in its place.
const OTHER: &str = "name another --flag-file";

/// Makes the flag, or removes it. Only a run that read every login it knows, and found none that needs a person,
/// may remove it.
#[must_use]
pub fn update(path: &Path, report: &Report, run: &FinishedRun<'_>) -> Option<Problem> {
    let wanted = run.code == Code::LoginNeeded;
    if !wanted && !may_remove(report, run) {
        return (run.code == Code::NoInput && !run.narrowed).then(|| stays(path)).flatten();
    }
    let wrong = |message: String, hint: &str| Some(Problem::warning("flag-file", message, hint));
    let failed = |what: &str, error: &io::Error| {
        let problem = obstacle(what, path, error);
        let hint = if error.kind() == ErrorKind::InvalidInput { removal(path) } else { problem.hint };
        wrong(problem.message, &hint)
    };
    temp::clear(path);
    let there = match read::read(path) {
        Ok(there) => there.map(|(bytes, _)| bytes),
        Err(error) => return failed("cannot read", &error),
    };
    match there {
        Some(bytes) if !bytes.starts_with(MARK) => {
            wrong(format!("ocsync did not make {}; left alone", path.display()), OTHER)
        }
        Some(_) if !wanted => {
            let removed = Spot::of(path).and_then(|spot| spot.remove());
            let error = removed.err().filter(|error| !open::is_absent(error))?;
            failed("cannot remove", &error)
        }
        None if wanted => match replace_for(path, line(report).as_bytes(), Expect::Absent, For::Reader, &|| true) {
            // `Changed`: another run made it meanwhile.
            Ok(()) | Err(NotReplaced::Changed | NotReplaced::Stopped) => None,
            Err(NotReplaced::Failed(problem)) => wrong(problem.message, &problem.hint),
        },
        _ => None,
    }
}

/// The problem of a flag for a login that is gone: no run can find out that none is needed any more.
fn stays(path: &Path) -> Option<Problem> {
    let is_own = read::read(path).ok().flatten().is_some_and(|(bytes, _)| bytes.starts_with(MARK));
    let message =
        || format!("{} stays: ocsync finds no login, so it cannot tell whether one is needed", path.display());
    is_own.then(|| Problem::warning("flag-file", message(), format!("rm {}", shown(path))))
}

/// The command that removes what is no file. Of a directory with something in it nothing is removed.
fn removal(path: &Path) -> String {
    let spot = Spot::of(path);
    match path.symlink_metadata() {
        Ok(meta) if meta.is_dir() && spot.is_ok_and(|spot| spot.is_full_dir()) => OTHER.to_owned(),
        Ok(meta) if meta.is_dir() => format!("rmdir {}", shown(path)),
        _ => format!("rm {}", shown(path)),
    }
}

fn shown(path: &Path) -> String {
    quoted(&path.to_string_lossy())
}

fn may_remove(report: &Report, run: &FinishedRun<'_>) -> bool {
    let looked = matches!(run.code, Code::Ok | Code::Expiring | Code::Drift | Code::Incomplete);
    let needs = |row: &SourceRow| row.state.code(row.refreshable) == Code::LoginNeeded;
    let sources = &report.sources;
    looked && !run.narrowed && !sources.iter().any(|row| row.state == State::Unreadable || needs(row))
}

/// The flag's one line: why, since when, and what to type.
fn line(report: &Report) -> String {
    let ended = report.sources.iter().filter(|row| row.state.code(row.refreshable) == Code::LoginNeeded);
    let names: Vec<&str> = ended.map(|row| row.source).collect();
    let bound =
        report.profiles.iter().filter(|row| row.finding.state.code(row.finding.refreshable) == Code::LoginNeeded);
    let names = if names.is_empty() { bound.filter_map(|row| row.finding.source).take(1).collect() } else { names };
    let named = report.sources.iter().filter(|row| names.contains(&row.source));
    let commands: Vec<&str> = named.map(|row| &*row.login).collect();
    let why =
        if commands.is_empty() { String::new() } else { format!(" ({}): {}", names.join(", "), commands.join("; ")) };
    let since = report.now.as_ref().map_or(String::new(), |now| format!(" since {now}"));
    format!("{}{since}{}\n", String::from_utf8_lossy(MARK), clean(&why))
}
