//! The state file: the journal on the disk, and the lock that keeps ocsync's own runs apart.
//!
//! The lock is on a file of its own. The state file itself is replaced by a rename, and a lock on a file that was
//! replaced excludes nobody. The directory is locked as well: a lock file that somebody removes excludes nobody either.

use std::ffi::OsStr;
use std::fs::{DirBuilder, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::model::exit::Code;
use crate::model::journal::Journal;
use crate::model::json_text;
use crate::model::problem::Problem;
use crate::openclaw::lock::sweep;
use crate::sys::clock;
use crate::sys::fs::dir::Dir;
use crate::sys::fs::dir_of;
use crate::sys::fs::read::{self, FileId};
use crate::sys::fs::replace::{self, Expect, NotReplaced};
use crate::sys::fs::temp;
use crate::sys::signal;

/// The journal, and the file that it is kept in.
#[derive(Debug)]
pub struct JournalFile {
    /// The journal; an empty one where there is no file, or none that can be read.
    pub journal: Journal,
    /// The problem to report, if the file is there but cannot be used.
    pub damaged: Option<Problem>,
    path: PathBuf,
    /// The identity of the file when it was read.
    id: Option<FileId>,
    /// This run may have replaced the file since then.
    touched: bool,
}

/// Reads the journal. A damaged journal does not stop a run: the lineage begins anew.
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
        // This may pass: the next run may be able to read it.
        Err(error) => loaded(Journal::default(), None, Some(Problem::io("cannot read", path, &error))),
    }
}

impl JournalFile {
    /// Why the journal could not be read, though it may be whole. A run that writes must stop then: it would
    /// replace a good journal with an empty one.
    #[must_use]
    pub fn unreadable(&self) -> Option<Problem> {
        self.damaged.clone().filter(|problem| problem.failure.is_some())
    }

    /// Writes the journal.
    ///
    /// # Errors
    /// Why it could not be written. The old journal is as it was.
    pub fn save(&mut self) -> Result<(), Problem> {
        let path = self.path.as_path();
        if self.damaged.take().is_some() {
            let stamp = format!("damaged-{}", clock::now());
            replace::set_aside(path, &stamp).map_err(|error| Problem::io("cannot set aside", path, &error))?;
            self.id = None;
        } else if std::mem::replace(&mut self.touched, true) {
            // No other program writes this file, so what is there now is what this run has written.
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

    /// Does `work` on a CLI's `file`. Before that it notes in the journal the directories in which a killed run may
    /// leave something: the file's own, that of its target if it is a link, the one with Claude Code's lock (beside
    /// its directory), and ocsync's own. The caller saves the journal afterwards.
    ///
    /// # Errors
    /// The note could not be saved. Then the work does not begin.
    pub fn at_work<T>(&mut self, file: &Path, work: impl FnOnce() -> T) -> Result<T, Problem> {
        let real = |path: &Path| std::fs::canonicalize(path).ok();
        let dir = file.parent().and_then(real);
        let beside = dir.as_deref().and_then(Path::parent).map(Path::to_owned);
        let target = real(file).and_then(|file| file.parent().map(Path::to_owned));
        let own = self.path.parent().map(Path::to_owned);
        let before = self.journal.in_flight.clone();
        for dir in [dir, target, beside, own].into_iter().flatten() {
            self.journal.note_in_flight(&dir);
        }
        let noted = self.save();
        let done = noted.map(|()| work());
        self.journal.in_flight = before;
        done
    }
}

/// Runs `work` under the lock on the state file, so that no other run of ocsync works meanwhile. `None` when a signal
/// came before the work began.
///
/// # Errors
/// 75 when another run does not end in time, else why the file could not be locked.
pub fn exclusively<T>(path: &Path, deadline: Instant, work: impl FnOnce() -> T) -> Result<Option<T>, Problem> {
    let dir = dir_of(path);
    let failed = |what: &str, path: &Path, error: &io::Error| Problem::io(what, path, error);
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|error| failed("cannot create", dir, &error))?;
    let lock_path = path.with_extension("lock");
    let busy = || {
        let message = format!("another run of ocsync holds {}", lock_path.display());
        Problem::busy(message, "it ends by itself; the next run catches up")
    };
    let mut file = open_lock(&lock_path)?;
    let place = Dir::open(dir).map_err(|error| failed("cannot open", dir, &error))?;
    let guard = loop {
        if signal::received() {
            return Ok(None);
        }
        match file.try_write() {
            // A directory cannot be locked everywhere (NFS). There the file alone has to do.
            Ok(guard) if place.is_locked_now() => {
                break guard;
            }
            Ok(_) => {}
            Err(error) if matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock) => {}
            Err(error) => return Err(failed("cannot lock", &lock_path, &error)),
        }
        if Instant::now() >= deadline {
            return Err(busy());
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    // No other run works here now, so a temporary file of the journal is from a killed run.
    if place.names().is_ok_and(|names| names.iter().any(|name| is_temp(name))) {
        sweep::sweep(dir, deadline);
    }
    let done = work();
    drop((guard, place));
    Ok(Some(done))
}

/// Opens the file that is locked, and makes it where there is none.
fn open_lock(path: &Path) -> Result<fd_lock::RwLock<File>, Problem> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::NOFOLLOW;
    match read::open_as(path, flags, Mode::RUSR | Mode::WUSR) {
        Ok((file, _)) => Ok(fd_lock::RwLock::new(file)),
        Err(error)
            if error.kind() == ErrorKind::InvalidInput || Errno::from_io_error(&error) == Some(Errno::LOOP) =>
        {
            let message = format!("cannot lock {}: it is no regular file", path.display());
            Err(Problem::error(Code::Io, "io", message, "remove it: ocsync makes it anew"))
        }
        Err(error) => Err(Problem::io("cannot open", path, &error)),
    }
}

fn is_temp(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| temp::owner(name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let removed = exclusively(&path, Instant::now(), || {
            std::fs::remove_file(path.with_extension("lock")).unwrap();
            exclusively(&path, Instant::now(), || ())
        });
        assert_eq!(removed.unwrap().unwrap().unwrap_err().failure, Some(Code::Busy), "the lock file was removed");
    }

    #[test]
    fn what_is_no_lock_file_is_named_and_not_waited_for() {
        let dir = crate::sys::fs::test_dir();
        let (path, lock) = (dir.path().join("state.json"), dir.path().join("state.lock"));
        let refused = || {
            let problem = exclusively(&path, Instant::now() + Duration::from_secs(60), || ()).unwrap_err();
            assert!(problem.message.ends_with("state.lock: it is no regular file"), "{}", problem.message);
            assert!(problem.hint.starts_with("remove it"));
        };
        std::os::unix::fs::symlink("nowhere", &lock).unwrap();
        refused();
        std::fs::remove_file(&lock).unwrap();
        std::fs::create_dir(&lock).unwrap();
        refused();
        std::fs::remove_dir(&lock).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, &lock, rustix::fs::FileType::Fifo, Mode::RWXU, 0).unwrap();
        refused();
    }
}
