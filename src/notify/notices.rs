//! Which problems have been told already: one notice when a problem begins, one more every hour
//! that it lasts, and one when it is over.
//!
//! This is kept in a file of its own beside the journal, for `check-expiry` must not wait until a
//! `sync` lets go of the journal, and is written only where a hook for problems is set. Whoever
//! wins the right to tell writes it down before telling: of two runs at the same time one tells,
//! and a hook that fails is not called more often than one that works.

use std::collections::BTreeMap;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::exit::Code;
use crate::fs::dir_of;
use crate::fs::read;
use crate::fs::replace::{Expect, NotReplaced, replace};
use crate::problem::Problem;

/// What was told so long ago belongs to a timer that is gone.
const FORGOTTEN: i64 = 30 * 86_400_000;

/// What a hook is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Something was written.
    Change,
    /// Something is wrong.
    Problem,
    /// Nothing is wrong any more.
    Recovery,
}

impl Event {
    /// The word that the hook gets.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Problem => "problem",
            Self::Recovery => "recovery",
        }
    }
}

/// The file.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Notices {
    /// The problems that last, by what they are about.
    #[serde(default)]
    told: BTreeMap<String, Told>,
}

/// A problem that was told and lasts.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Told {
    /// The exit code.
    exit: u8,
    /// When it was told last, in milliseconds.
    at: i64,
}

/// What is to be told now, if anything. 75 says "try again": neither a problem nor its end.
fn due(told: Option<Told>, code: Code, now: i64, every: i64) -> Option<Event> {
    match (code, told) {
        (Code::Busy, _) | (Code::Ok, None) => None,
        (Code::Ok, Some(_)) => Some(Event::Recovery),
        // A clock that was set back must not silence us.
        (_, Some(told)) if now >= told.at && now.saturating_sub(told.at) < every => None,
        _ => Some(Event::Problem),
    }
}

/// Asks for the right to tell. Where it cannot be written down, telling too often is better than
/// never: a full disk is a problem as well.
pub fn claim(path: &Path, scope: &str, code: Code, now: i64, every: i64) -> (Option<Event>, Option<Problem>) {
    let mut failed = None;
    for _ in 0..3 {
        let (mut notices, id) = match read::read(path) {
            // A damaged file is forgotten: at worst something is told once more.
            Ok(Some((bytes, id))) => (serde_json::from_slice::<Notices>(&bytes).unwrap_or_default(), Some(id)),
            Ok(None) => (Notices::default(), None),
            Err(error) => {
                failed = Some(Problem::io("cannot read", path, &error));
                (Notices::default(), None)
            }
        };
        let Some(event) = due(notices.told.get(scope).copied(), code, now, every) else { return (None, None) };
        if failed.is_some() {
            break;
        }
        notices.told.remove(scope);
        notices.told.retain(|_, told| now.saturating_sub(told.at) < FORGOTTEN);
        if event == Event::Problem {
            notices.told.insert(scope.to_owned(), Told { exit: code as u8, at: now });
        }
        let dir = dir_of(path);
        // If it fails, so does what follows, and says why.
        let _ = DirBuilder::new().recursive(true).mode(0o700).create(dir);
        let bytes = serde_json::to_vec(&notices).unwrap_or_default();
        match replace(path, &bytes, id.map_or(Expect::Absent, Expect::Unchanged), &|| true) {
            Ok(()) => return (Some(event), None),
            Err(NotReplaced::Failed(problem)) => failed = Some(problem),
            // Another run was quicker: it may have told.
            Err(NotReplaced::Changed | NotReplaced::Stopped) => continue,
        }
        break;
    }
    let Some(problem) = failed else { return (None, None) };
    let message = format!("what was told cannot be noted, and may be told again: {}", problem.message);
    let event = if code == Code::Ok { None } else { Some(Event::Problem) };
    (event, Some(Problem::warning("hook", message, problem.hint)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    #[test]
    fn a_problem_is_told_once_an_hour_and_its_end_once() {
        let dir = crate::fs::test_dir();
        let path = dir.path().join("deep/notices.json");
        let claim = |scope: &str, code, minute: i64| super::claim(&path, scope, code, minute * 60_000, HOUR).0;
        assert_eq!(claim("sync", Code::Ok, 0), None);
        assert!(!path.exists());
        assert_eq!(claim("sync", Code::LoginNeeded, 0), Some(Event::Problem));
        for minute in 1..60 {
            assert_eq!(claim("sync", Code::Drift, minute), None);
        }
        assert_eq!(claim("check-expiry", Code::Ok, 30), None);
        assert_eq!(claim("check-expiry", Code::Expiring, 30), Some(Event::Problem));
        assert_eq!(claim("sync", Code::LoginNeeded, 60), Some(Event::Problem));
        assert_eq!(claim("sync", Code::Busy, 61), None);
        assert_eq!(claim("sync", Code::Ok, 62), Some(Event::Recovery));
        assert_eq!(claim("sync", Code::Ok, 63), None);
        assert_eq!(claim("sync", Code::Ok, -1), None);
    }

    #[test]
    fn a_clock_set_back_and_a_damaged_file_silence_nobody() {
        let dir = crate::fs::test_dir();
        let path = dir.path().join("notices.json");
        assert_eq!(claim(&path, "s", Code::Io, 10 * HOUR, HOUR).0, Some(Event::Problem));
        assert_eq!(claim(&path, "s", Code::Io, HOUR, HOUR).0, Some(Event::Problem));
        std::fs::write(&path, "{").unwrap();
        assert_eq!(claim(&path, "s", Code::Io, HOUR, HOUR), (Some(Event::Problem), None));
        let nowhere = Path::new("/proc/nowhere/notices.json");
        let (event, problem) = claim(nowhere, "s", Code::Io, 0, HOUR);
        assert_eq!((event, problem.unwrap().code), (Some(Event::Problem), "hook"));
    }
}
