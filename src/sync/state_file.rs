//! The state file: the journal on the disk.
//!
//! What it remembers is nowhere else: lineages, reloads that are owed, refresh tokens that are dead. So a journal that
//! is there and cannot be read stops a run that writes. Only one that can be read and is no journal is set aside.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::model::journal::Journal;
use crate::model::json_text;
use crate::model::problem::Problem;
use crate::sync::journal_size::{self, LIMIT, near, unread};
use crate::sys::clock;
use crate::sys::fs::obstacle::obstacle;
use crate::sys::fs::read::{self, FileId};
use crate::sys::fs::replace::{self, Expect, NotReplaced};

/// What a run leaves free before it begins, in bytes: what it does must find room in the journal.
const RESERVE: u64 = 1 << 20;

/// The journal, and the file that it is kept in.
#[derive(Debug)]
pub struct JournalFile {
    /// The journal; an empty one where there is no file, or none that can be read.
    pub journal: Journal,
    /// The problem to report, if the file cannot be used, or is nearly as large as it may be.
    pub problem: Option<Problem>,
    path: PathBuf,
    /// The file is no journal. It is set aside before the next one is written.
    damaged: bool,
    /// The identity of the file when it was read.
    id: Option<FileId>,
    /// This run may have replaced the file since then.
    touched: bool,
}

/// Reads the journal. One that is no journal does not stop a run: the lineage begins anew. One that is too large, or
/// cannot be read, may be whole.
pub fn load(path: &Path) -> JournalFile {
    let loaded = |journal, id: Option<FileId>, problem| JournalFile {
        journal,
        problem,
        path: path.to_owned(),
        damaged: false,
        id,
        touched: false,
    };
    let damaged = |id, why: String| {
        let message = format!("{}: {why}; ocsync begins a new one", path.display());
        let problem = Problem::lasting("damaged-journal", message, "ocsync keeps the damaged file beside it");
        JournalFile { damaged: true, ..loaded(Journal::default(), id, Some(problem)) }
    };
    match read::read_up_to(path, LIMIT) {
        Ok(None) => loaded(Journal::default(), None, None),
        Ok(Some((bytes, id))) => match serde_json::from_slice::<Journal>(&bytes) {
            Ok(journal) if journal.version == 1 => loaded(journal, Some(id), near(path, id.size)),
            Ok(journal) => damaged(Some(id), format!("is of version {}", journal.version)),
            Err(error) => {
                let (line, column) = json_text::place(&error);
                damaged(Some(id), format!("line {line} column {column}: not a journal"))
            }
        },
        Err(error) if error.kind() == ErrorKind::InvalidInput && !path.is_symlink() => {
            damaged(None, error.to_string())
        }
        Err(error) => loaded(Journal::default(), None, Some(unread(path, &error))),
    }
}

impl JournalFile {
    /// Why the journal could not be read, though it may be whole. A run that writes must stop then: it would
    /// replace a good journal with an empty one.
    #[must_use]
    pub fn unreadable(&self) -> Option<Problem> {
        self.problem.clone().filter(|problem| problem.failure.is_some())
    }

    /// Whether the file is no journal, so that the next one is written whatever is in it.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        self.damaged
    }

    /// Writes the journal.
    ///
    /// # Errors
    /// Why it could not be written. The old journal is as it was.
    pub fn save(&mut self) -> Result<(), Problem> {
        let path = self.path.as_path();
        let mut limit = LIMIT;
        if std::mem::take(&mut self.damaged) {
            let stamp = format!("damaged-{}", clock::now());
            replace::set_aside(path, &stamp).map_err(|error| obstacle("cannot set aside", path, &error))?;
            self.id = None;
        } else if std::mem::replace(&mut self.touched, true) {
            // No other program writes this file, so what is there now is what this run has written.
            let read = read::read_up_to(path, LIMIT).map_err(|error| obstacle("cannot read", path, &error))?;
            self.id = read.map(|(_, id)| id);
        } else {
            limit -= RESERVE;
        }
        self.touched = true;
        let mut bytes = serde_json::to_vec(&self.journal).unwrap_or_default();
        bytes.push(b'\n');
        if bytes.len() as u64 > limit {
            return Err(journal_size::too_large(path, limit));
        }
        let expect = self.id.map_or(Expect::Absent, Expect::Unchanged);
        match replace::replace(path, &bytes, expect, &|| true) {
            Ok(()) => Ok(()),
            Err(NotReplaced::Failed(problem)) => Err(problem),
            Err(NotReplaced::Changed | NotReplaced::Stopped) => {
                let message = format!("another program has changed {} at this moment", path.display());
                Err(Problem::busy(message, "run ocsync again"))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::exit::Code;
    use crate::sync::journal_size::{LARGE, NEAR};

    #[test]
    fn a_damaged_journal_is_set_aside_and_named() {
        let dir = crate::sys::fs::test_dir();
        let path = dir.path().join("state.json");
        for text in ["", "{", "[]", r#"{"version":2}"#, r#"{"version":1,"sources":{"p":[{"access":"zz"}]}}"#] {
            std::fs::write(&path, text).unwrap();
            let mut loaded = load(&path);
            assert!(loaded.problem.is_some(), "{text}");
            loaded.save().unwrap();
            assert!(load(&path).problem.is_none());
        }
        let aside = |entry: std::fs::DirEntry| entry.file_name().to_string_lossy().contains(".damaged-");
        assert!(std::fs::read_dir(dir.path()).unwrap().flatten().any(aside));
    }

    #[test]
    fn a_journal_that_cannot_be_read_is_no_damaged_one() {
        let dir = crate::sys::fs::test_dir();
        let path = dir.path().join("state.json");
        for target in ["state.json", "nowhere"] {
            std::os::unix::fs::symlink(target, &path).unwrap();
            let problem = load(&path).unreadable().unwrap();
            assert!(problem.failure.is_some() && problem.message.contains("state.json"), "{problem:?}");
            assert!(problem.hint.starts_with(if target == "nowhere" { "mv " } else { "rm " }), "{problem:?}");
            std::fs::remove_file(&path).unwrap();
        }
        std::fs::write(&path, "{").unwrap();
        assert!(load(&path).unreadable().is_none());
    }

    /// A journal of this size in bytes, with one agent's memory in it.
    fn of_size(path: &Path, size: u64) -> Vec<u8> {
        let mut text = br#"{"version":1,"reloads":{},"in_flight":["/d"]}"#.to_vec();
        text.resize(usize::try_from(size).unwrap(), b' ');
        std::fs::write(path, &text).unwrap();
        text
    }

    #[test]
    fn a_large_journal_is_read_whole_or_stops_the_run_and_the_limit_is_named_before() {
        let dir = crate::sys::fs::test_dir();
        let path = dir.path().join("state.json");
        for (size, warns) in [((4 << 20) + 1, false), (NEAR - 1, false), (NEAR, true), (LIMIT, true)] {
            of_size(&path, size);
            let loaded = load(&path);
            assert_eq!((loaded.problem.is_some(), loaded.unreadable()), (warns, None), "{size}");
            assert_eq!(loaded.journal.in_flight, ["/d"], "{size}");
        }
        let text = of_size(&path, LIMIT + 1);
        let problem = load(&path).unreadable().unwrap();
        assert_eq!((problem.code, problem.failure), (LARGE, Some(Code::Io)));
        assert!(problem.message.contains("larger than 64 MiB"), "{}", problem.message);
        assert_eq!(std::fs::read(&path).unwrap(), text);
        assert_eq!(problem.hint, format!("mv {0} {0}.old", path.display()));
    }

    #[test]
    fn what_has_no_room_is_not_written_and_a_run_begins_only_where_its_end_has_room() {
        let dir = crate::sys::fs::test_dir();
        let path = dir.path().join("state.json");
        let mut memory = load(&path);
        let fill = |memory: &mut JournalFile, size: u64| {
            memory.journal.in_flight = vec!["x".repeat(usize::try_from(size).unwrap())];
            memory.save()
        };
        let refused = fill(&mut memory, LIMIT - RESERVE).unwrap_err();
        assert!(refused.message.contains("larger than 63 MiB"), "{}", refused.message);
        assert!(!path.exists());
        fill(&mut memory, LIMIT - 1000).unwrap();
        let refused = fill(&mut memory, LIMIT).unwrap_err();
        assert!(refused.message.contains("larger than 64 MiB"), "{}", refused.message);
        assert_eq!((refused.code, refused.failure), (LARGE, Some(Code::Io)));
        assert!(std::fs::metadata(&path).unwrap().len() < LIMIT, "the old one is as it was");
        let mut memory = load(&path);
        assert!(memory.save().is_err(), "the next run does not begin");
    }
}
