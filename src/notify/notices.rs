//! Which problems were announced already. A problem that begins is announced at once, one that lasts again each
//! `notify_every`, and its end once.
//!
//! The notices are kept in a file of their own beside the journal, because `check-expiry` must not wait until a `sync`
//! releases the journal. `check-expiry` writes it only where a hook for problems is set. `sync` and `refresh` note in it
//! what they have seen in any case: by that every report says since when a problem lasts.
//!
//! A run writes down what it announces before it calls the hook. So of two runs at the same time only one calls it. Where
//! the hook fails, that is written down too, and a later run tries again.

use std::path::Path;

use crate::model::problem::Problem;
use crate::model::shell::quoted;
use crate::notify::due::{Due, Seen, update};
use crate::notify::known::Notices;
use crate::notify::missed;
use crate::notify::seen::keys;
use crate::report::Report;
use crate::sys::fs::dir_of;
use crate::sys::fs::obstacle::obstacle;
use crate::sys::fs::own_dir;
use crate::sys::fs::read;
use crate::sys::fs::replace::{Expect, NotReplaced, replace};

/// The notices, and what must be replaced to change them. A damaged file counts as empty: at worst a problem is
/// announced once more.
fn load(path: &Path) -> Result<(Notices, Expect), Problem> {
    match read::read(path) {
        Ok(Some((bytes, id))) => Ok((serde_json::from_slice(&bytes).unwrap_or_default(), Expect::Unchanged(id))),
        Ok(None) => Ok((Notices::default(), Expect::Absent)),
        Err(error) => {
            let problem = obstacle("cannot read", path, &error);
            let name = |end: &str| quoted(&format!("{}{end}", path.display()));
            let hint =
                if problem.hint.is_empty() { format!("mv {} {}", name(""), name(".old")) } else { problem.hint };
            Err(Problem { hint, ..problem })
        }
    }
}

/// Says of each problem of a report since when it lasts, where that is known.
pub fn date(path: &Path, report: &mut Report) {
    if !report.problems.is_empty() {
        date_by(&load(path).map_or_else(|_| Notices::default(), |(notices, _)| notices), report);
    }
}

fn date_by(notices: &Notices, report: &mut Report) {
    for problem in &mut report.problems {
        let since = keys(problem).filter_map(|key| notices.since(&key)).min();
        problem.since = since;
    }
}

/// Notes what a run has seen, and says since when the problems of its report last. Returns what this run has to
/// announce. Where it cannot be noted, a notice too many is better than none: a full disk is a problem as well. What was
/// noted before stays known.
pub fn claim(path: &Path, run: &Seen<'_>, quiet: bool, report: &mut Report) -> (Due, Option<Problem>) {
    let mut due = Due::default();
    let changed = change(path, |notices| {
        due = update(notices, run);
        date_by(notices, report);
        if quiet {
            notices.note_printed(&mut report.problems, run.now);
        }
    });
    match changed {
        Ok(()) => (due, None),
        Err(Some(problem)) if run.tells => {
            date(path, report);
            let message =
                format!("cannot note what was announced, so it may be announced again: {}", problem.message);
            (due, Some(Problem::warning("hook", message, problem.hint)))
        }
        Err(_) => {
            date(path, report);
            (Due::default(), None)
        }
    }
}

/// Notes that the hook could not announce these. Where that cannot be noted, they count as announced.
pub fn put_back(path: &Path, due: &Due, now: i64) {
    let _ = change(path, |notices| missed::put_back(notices, due, now));
}

/// Changes the notices, as often as another run is quicker. An error is why they stay as they are: `None` where another
/// run was quicker each time.
fn change(path: &Path, mut edit: impl FnMut(&mut Notices)) -> Result<(), Option<Problem>> {
    for _ in 0..3 {
        let loaded = load(path);
        let mut notices = loaded.as_ref().map_or_else(|_| Notices::default(), |(known, _)| known.clone());
        edit(&mut notices);
        let (known, expect) = loaded.map_err(Some)?;
        if notices == known {
            return Ok(());
        }
        own_dir::make(dir_of(path)).map_err(Some)?;
        let bytes = serde_json::to_vec(&notices).unwrap_or_default();
        match replace(path, &bytes, expect, &|| true) {
            Ok(()) => return Ok(()),
            Err(NotReplaced::Failed(problem)) => return Err(Some(problem)),
            // Another run was quicker. It may have called the hook.
            Err(NotReplaced::Changed | NotReplaced::Stopped) => {}
        }
    }
    Err(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::problem::About;
    use crate::notify::seen::seen;

    /// What a run with these problems has to announce.
    fn claim(path: &Path, now: i64, problems: Vec<Problem>) -> (Due, Option<Problem>, Report) {
        let mut report = Report { problems, ..Report::new("sync", now) };
        let seen = seen(&report);
        let run = Seen { problems: &seen, over: &[], scope: "sync", whole: true, tells: true, now, every: None };
        let (due, problem) = super::claim(path, &run, false, &mut report);
        (due, problem, report)
    }

    fn dead() -> Problem {
        Problem::lasting("login-needed", "claude: dead", "").about(About::login("claude"))
    }

    #[test]
    fn the_file_is_made_by_the_first_problem_and_dates_each() {
        let dir = crate::sys::fs::test_dir();
        let path = dir.path().join("deep/notices.json");
        assert_eq!(claim(&path, 0, vec![Problem::warning("x", "", "")]).0, Due::default());
        assert!(!path.exists());
        let (due, _, report) = claim(&path, 1000, vec![dead()]);
        assert_eq!((due.problems.len(), report.problems[0].since), (1, Some(1000)));
        let (due, _, report) = claim(&path, 2000, vec![dead()]);
        assert_eq!((due.problems.len(), report.problems[0].since), (0, Some(1000)));
        assert_eq!(claim(&path, 3000, Vec::new()).0.ended.len(), 1);
    }

    #[test]
    fn a_damaged_file_and_one_that_cannot_be_written_suppress_no_notice() {
        let dir = crate::sys::fs::test_dir();
        let path = dir.path().join("notices.json");
        assert_eq!(claim(&path, 0, vec![dead()]).0.problems.len(), 1);
        std::fs::write(&path, "{").unwrap();
        assert_eq!(claim(&path, 0, vec![dead()]).0.problems.len(), 1);
        let (due, problem, _) = claim(Path::new("/proc/nowhere/notices.json"), 0, vec![dead()]);
        assert_eq!((due.problems.len(), problem.unwrap().code), (1, "hook"));
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        let (due, problem, _) = claim(&path, 0, vec![dead()]);
        let hint = format!("mv {0} {0}.old", path.display());
        assert_eq!((due.problems.len(), problem.unwrap().hint), (1, hint));
    }
}
