//! Which problems were announced already. There is one notice when a problem begins, one more each
//! `notify_every` (an hour by default) while it lasts, and one when it is over.
//!
//! The notices are kept in a file of their own beside the journal, because `check-expiry` must not wait
//! until a `sync` releases the journal. The file is written only where a hook for problems is set.
//!
//! A run writes a notice down before it calls the hook. So of two runs at the same time only one calls it,
//! and a hook that fails is not called more often than one that works.

use std::collections::BTreeMap;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::model::exit::Code;
use crate::model::problem::Problem;
use crate::sys::fs::dir_of;
use crate::sys::fs::read;
use crate::sys::fs::replace::{Expect, NotReplaced, replace};

/// A notice older than this, in milliseconds, belongs to a timer that no longer exists.
const FORGOTTEN: i64 = 30 * 86_400_000;

/// What a hook is called for.
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
    /// The word that the hook gets for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Problem => "problem",
            Self::Recovery => "recovery",
        }
    }
}

/// What the file holds.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Notices {
    /// The problems that were announced and still last, by their scope.
    #[serde(default)]
    told: BTreeMap<String, Notice>,
}

/// A problem that was announced and still lasts.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Notice {
    /// The exit code.
    exit: u8,
    /// When it was announced last, in milliseconds.
    at: i64,
}

/// What has to be announced now, if anything. Code 75 means "try again": neither a problem nor its end.
fn due(told: Option<Notice>, code: Code, now: i64, every: i64) -> Option<Event> {
    match (code, told) {
        (Code::Busy, _) | (Code::Ok, None) => None,
        (Code::Ok, Some(_)) => Some(Event::Recovery),
        // A clock that was set back must not suppress the notice.
        (_, Some(told)) if now >= told.at && now.saturating_sub(told.at) < every => None,
        _ => Some(Event::Problem),
    }
}

/// Asks whether this run has to call the hook, and for what. Where that cannot be written down, a notice
/// too many is better than none: a full disk is a problem as well.
pub fn claim(path: &Path, scope: &str, code: Code, now: i64, every: i64) -> (Option<Event>, Option<Problem>) {
    let mut failed = None;
    for _ in 0..3 {
        let (mut notices, id) = match read::read(path) {
            // A damaged file counts as empty: at worst a problem is announced once more.
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
            notices.told.insert(scope.to_owned(), Notice { exit: code as u8, at: now });
        }
        let dir = dir_of(path);
        // If this fails, the write below fails too, and says why.
        let _ = DirBuilder::new().recursive(true).mode(0o700).create(dir);
        let bytes = serde_json::to_vec(&notices).unwrap_or_default();
        match replace(path, &bytes, id.map_or(Expect::Absent, Expect::Unchanged), &|| true) {
            Ok(()) => return (Some(event), None),
            Err(NotReplaced::Failed(problem)) => failed = Some(problem),
            // Another run was quicker. It may have called the hook.
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
    fn a_problem_is_announced_once_an_hour_and_its_end_once() {
        let dir = crate::sys::fs::test_dir();
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
    fn a_clock_set_back_and_a_damaged_file_suppress_no_notice() {
        let dir = crate::sys::fs::test_dir();
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
