//! The state file: the journal on disk, and the lock that keeps ocsync's own runs apart.
//!
//! The lock is a file of its own beside it: the state file is replaced by a rename, and a lock
//! on a file that is renamed away excludes nobody.

use std::ffi::OsStr;
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::model::journal::Journal;
use crate::model::json_text;
use crate::model::problem::Problem;
use crate::openclaw::lock::sweep;
use crate::sys::clock;
use crate::sys::fs::dir_of;
use crate::sys::fs::list::list;
use crate::sys::fs::read::{self, FileId};
use crate::sys::fs::replace::{self, Expect, NotReplaced};
use crate::sys::fs::temp;
use crate::sys::signal;

/// The journal, and the file that it is kept in.
#[derive(Debug)]
pub struct JournalFile {
    /// The journal; a new one where there is none, or none that can be read.
    pub journal: Journal,
    /// The file is there and cannot be used: what to report.
    pub damaged: Option<Problem>,
    path: PathBuf,
    /// What the file was.
    id: Option<FileId>,
    /// It may have been replaced since.
    touched: bool,
}

/// Reads the journal. A damaged one is never fatal: the lineage begins anew.
pub fn load(path: &Path) -> JournalFile {
    let loaded = |journal, id, damaged| JournalFile { journal, id, touched: false, damaged, path: path.to_owned() };
    let damaged = |id, why: String| {
        let message = format!("{}: {why}; the lineage begins anew", path.display());
        let problem = Problem::warning("damaged-journal", message, "the damaged file is kept beside it");
        loaded(Journal::default(), id, Some(problem))
    };
    match read::read(path) {
        Ok(None) => loaded(Journal::default(), None, None),
        Ok(Some((bytes, id))) => match serde_json::from_slice::<Journal>(&bytes) {
            Ok(journal) if journal.version == 1 => loaded(journal, Some(id), None),
            Ok(journal) => damaged(Some(id), format!("is of version {}", journal.version)),
            Err(error) => {
                let (line, column) = json_text::place(&error);
                damaged(Some(id), format!("line {line} column {column}: not a journal"))
            }
        },
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::FileTooLarge) => {
            damaged(None, error.to_string())
        }
        // What could not be read may be read the next time.
        Err(error) => loaded(Journal::default(), None, Some(Problem::io("cannot read", path, &error))),
    }
}

impl JournalFile {
    /// What has kept the journal from being read: a run that writes must not go on without it, and
    /// put a new one in its place.
    #[must_use]
    pub fn unreadable(&self) -> Option<Problem> {
        self.damaged.clone().filter(|problem| problem.failure.is_some())
    }

    /// Writes the journal.
    ///
    /// # Errors
    /// Why it could not be written; the old one is as it was.
    pub fn save(&mut self) -> Result<(), Problem> {
        let path = self.path.as_path();
        if self.damaged.take().is_some() {
            let stamp = format!("damaged-{}", clock::now());
            replace::set_aside(path, &stamp).map_err(|error| Problem::io("cannot set aside", path, &error))?;
            self.id = None;
        } else if std::mem::replace(&mut self.touched, true) {
            // Nobody else writes it: what is there is what this run has put there.
            let read = read::read(path).map_err(|error| Problem::io("cannot read", path, &error))?;
            self.id = read.map(|(_, id)| id);
        }
        self.touched = true;
        let mut bytes = serde_json::to_vec(&self.journal).unwrap_or_default();
        bytes.push(b'\n');
        let expect = self.id.map_or(Expect::Absent, Expect::Unchanged);
        match replace::replace(path, &bytes, expect, &|| true) {
            Ok(()) => Ok(()),
            Err(NotReplaced::Failed(problem)) => Err(problem),
            Err(NotReplaced::Changed | NotReplaced::Stopped) => {
                Err(Problem::busy(format!("{} was changed by somebody else", path.display()), "run ocsync again"))
            }
        }
    }

    /// Does `work` on a CLI's `file`, with the directories noted in which a run that is killed may leave
    /// something: of the file, of what it is a link to, of the locks (Claude Code's is beside its directory),
    /// and ocsync's own. The caller saves the journal afterwards.
    ///
    /// # Errors
    /// The note could not be written; then nothing is begun.
    pub fn at_work<T>(&mut self, file: &Path, work: impl FnOnce() -> T) -> Result<T, Problem> {
        let real = |path: &Path| std::fs::canonicalize(path).ok();
        let dir = file.parent().and_then(real);
        let beside = dir.as_deref().and_then(Path::parent).map(Path::to_owned);
        let target = real(file).and_then(|file| file.parent().map(Path::to_owned));
        let own = self.path.parent().map(Path::to_owned);
        for dir in [dir, target, beside, own].into_iter().flatten() {
            self.journal.note_in_flight(&dir);
        }
        let noted = self.save();
        let done = noted.map(|()| work());
        self.journal.in_flight.clear();
        done
    }
}

/// Runs `work` while no other run of ocsync with this state file does; `None` when the run was
/// told to stop before it began.
///
/// # Errors
/// 75 when another run does not end in time, or why the lock file cannot be had.
pub fn exclusively<T>(path: &Path, deadline: Instant, work: impl FnOnce() -> T) -> Result<Option<T>, Problem> {
    let dir = dir_of(path);
    let failed = |what: &str, path: &Path, error: &io::Error| Problem::io(what, path, error);
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|error| failed("cannot create", dir, &error))?;
    let lock_path = path.with_extension("lock");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    let file = options.open(&lock_path).map_err(|error| failed("cannot open", &lock_path, &error))?;
    let mut file = fd_lock::RwLock::new(file);
    let guard = loop {
        match file.try_write() {
            Ok(guard) => break guard,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                if signal::received() {
                    return Ok(None);
                }
                if Instant::now() >= deadline {
                    let message = format!("another run of ocsync holds {}", lock_path.display());
                    return Err(Problem::busy(message, "it ends by itself; the next run catches up"));
                }
            }
            Err(error) => return Err(failed("cannot lock", &lock_path, &error)),
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    // Nobody else works here now: a temporary file of the journal is a killed run's.
    if list(dir).is_ok_and(|entries| entries.iter().any(|(name, _)| is_temp(name))) {
        sweep::sweep(dir);
    }
    let done = work();
    drop(guard);
    Ok(Some(done))
}

fn is_temp(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| temp::owner(name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::exit::Code;

    #[test]
    fn a_damaged_journal_is_set_aside_and_named() {
        let dir = crate::sys::fs::test_dir();
        let path = dir.path().join("state.json");
        for text in ["", "{", "[]", r#"{"version":2}"#, r#"{"version":1,"sources":{"p":[{"access":"zz"}]}}"#] {
            std::fs::write(&path, text).unwrap();
            let mut loaded = load(&path);
            assert!(loaded.damaged.is_some(), "{text}");
            loaded.save().unwrap();
            assert!(load(&path).damaged.is_none());
        }
        let aside = |entry: std::fs::DirEntry| entry.file_name().to_string_lossy().contains(".damaged-");
        assert!(std::fs::read_dir(dir.path()).unwrap().flatten().any(aside));
    }

    #[test]
    fn a_journal_that_cannot_be_read_is_no_damaged_one() {
        let dir = crate::sys::fs::test_dir();
        let path = dir.path().join("state.json");
        std::os::unix::fs::symlink("state.json", &path).unwrap();
        let problem = load(&path).unreadable().unwrap();
        assert!(problem.failure == Some(Code::Io) && problem.message.contains("state.json"), "{problem:?}");
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "{").unwrap();
        assert!(load(&path).unreadable().is_none());
    }

    #[test]
    fn one_run_at_a_time_and_the_other_says_busy() {
        let dir = crate::sys::fs::test_dir();
        let path = dir.path().join("deep/state.json");
        let inner = exclusively(&path, Instant::now(), || exclusively(&path, Instant::now(), || ()));
        let problem = inner.unwrap().unwrap().unwrap_err();
        assert_eq!(problem.failure, Some(Code::Busy));
        assert!(exclusively(&path, Instant::now(), || ()).is_ok());
    }
}
