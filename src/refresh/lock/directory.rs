//! A lock that is a directory: `mkdir` takes it, its modification time says that its holder lives,
//! `rmdir` gives it back. This is proper-lockfile's protocol, as Claude Code 2.1.328 speaks it.
//!
//! The directory stays open while it is ours: its inode is not given out again meanwhile, so nobody
//! else's lock at the same place is ever taken for it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{OFlags, Timespec, Timestamps, UTIME_NOW, futimens};

use crate::model::problem::Problem;
use crate::openclaw::lock::judge::{LockId, clear, id};
use crate::refresh::lock::wait::stuck;
use crate::sys::clock;

/// Claude Code dates its locks up to a second ahead. One that is dated further ahead than this never
/// becomes stale for it.
const AHEAD_MS: i64 = 60_000;
/// Such a lock is dead when nobody has touched it for so long: every version touches its locks each 5 s.
const WATCH: Duration = Duration::from_secs(15);
/// So often a lock that has just gone is tried again at once.
const QUICK_TRIES: usize = 20;

/// A directory that is ours. Dropping it gives it back.
#[derive(Debug)]
pub struct LockDir {
    path: PathBuf,
    dir: File,
    inode: (u64, u64),
}

impl LockDir {
    /// Whether it is still there and ours.
    #[must_use]
    pub fn is_held(&self) -> bool {
        fs::symlink_metadata(&self.path).is_ok_and(|meta| (meta.dev(), meta.ino()) == self.inode)
    }

    /// Keeps it young; `false` when it is not ours any more or cannot be kept.
    #[must_use]
    pub fn touch(&self) -> bool {
        let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
        self.is_held() && futimens(&self.dir, &Timestamps { last_access: now, last_modification: now }).is_ok()
    }
}

impl Drop for LockDir {
    fn drop(&mut self) {
        if self.is_held() {
            let _ = fs::remove_dir(&self.path);
        }
    }
}

/// What came of a try.
#[derive(Debug)]
pub enum Attempt {
    /// It is ours.
    Taken(LockDir),
    /// Somebody holds it.
    Held,
    /// It is dated far ahead: it does not grow old, and it has not been watched for long enough.
    Ahead,
    /// The system says no.
    Refused(io::Error),
    /// It is no lock that anybody could give back: what to tell.
    Stuck(Problem),
}

/// A lock to be taken.
#[derive(Debug)]
pub struct Wanted {
    /// Where it is.
    pub path: PathBuf,
    stale: Duration,
    heir: Option<(u32, u32)>,
    watched: Option<(LockId, Instant)>,
}

impl Wanted {
    /// A lock that is dead when it was not touched for `stale`, and that belongs to `heir` where we are root.
    #[must_use]
    pub fn new(path: PathBuf, stale: Duration, heir: Option<(u32, u32)>) -> Self {
        Self { path, stale, heir, watched: None }
    }

    /// Tries once, and takes away what is dead. Nothing is left behind unless it is taken.
    #[must_use]
    pub fn attempt(&mut self) -> Attempt {
        for _ in 0..QUICK_TRIES {
            match make(&self.path, self.heir) {
                Ok(lock) => return Attempt::Taken(lock),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Attempt::Refused(error),
            }
            match self.judge() {
                Standing::Gone => {}
                Standing::Dead(id) => match clear(&self.path, id) {
                    Ok(true) => {}
                    Ok(false) => return Attempt::Held,
                    Err(error) => return Attempt::Refused(error),
                },
                Standing::Held => return Attempt::Held,
                Standing::Ahead => return Attempt::Ahead,
                Standing::Stuck(problem) => return Attempt::Stuck(problem),
            }
        }
        Attempt::Held
    }

    /// How the lock stands that is in the way.
    fn judge(&mut self) -> Standing {
        let Ok(meta) = fs::symlink_metadata(&self.path) else { return Standing::Gone };
        if let Some(problem) = foreign(&self.path, &meta) {
            return Standing::Stuck(problem);
        }
        let id = id(&meta);
        let modified = meta.mtime().saturating_mul(1000).saturating_add(meta.mtime_nsec() / 1_000_000);
        let age = clock::now().saturating_sub(modified);
        if age > i64::try_from(self.stale.as_millis()).unwrap_or(i64::MAX) {
            return Standing::Dead(id);
        }
        if age >= -AHEAD_MS {
            return Standing::Held;
        }
        match self.watched {
            Some((seen, since)) if seen == id && since.elapsed() > WATCH => Standing::Dead(id),
            Some((seen, _)) if seen == id => Standing::Ahead,
            _ => {
                self.watched = Some((id, Instant::now()));
                Standing::Ahead
            }
        }
    }
}

enum Standing {
    Gone,
    Dead(LockId),
    Held,
    Ahead,
    Stuck(Problem),
}

/// What is wrong with what is at the place of a lock: for Claude Code 2.1.328 no age makes it go.
#[must_use]
pub fn foreign(path: &Path, meta: &fs::Metadata) -> Option<Problem> {
    if !meta.is_dir() {
        let what = if meta.is_symlink() { "it is a symbolic link" } else { "it is a file" };
        return Some(stuck(
            path,
            &format!("{what}, no directory"),
            "remove it: it keeps Claude Code from refreshing",
        ));
    }
    let full = fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some());
    full.then(|| stuck(path, "the directory is not empty", "remove what is in it, and then the directory"))
}

fn make(path: &Path, heir: Option<(u32, u32)>) -> io::Result<LockDir> {
    DirBuilder::new().mode(0o700).create(path)?;
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW;
    let dir = match OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path) {
        Ok(dir) => dir,
        // Somebody has taken it for a dead one already.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(io::ErrorKind::AlreadyExists.into()),
        Err(error) => {
            let _ = fs::remove_dir(path);
            return Err(error);
        }
    };
    let meta = dir.metadata()?;
    let lock = LockDir { path: path.to_owned(), dir, inode: (meta.dev(), meta.ino()) };
    if let Some((uid, gid)) = heir {
        fchown(&lock.dir, Some(uid), Some(gid))?;
    }
    Ok(lock)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STALE: Duration = Duration::from_secs(60);

    fn wanted(dir: &Path) -> Wanted {
        Wanted::new(dir.join("l"), STALE, None)
    }

    /// Dates a lock so many seconds from now.
    fn date(path: &Path, seconds: i64) {
        let at = clock::now() + seconds * 1000;
        let at = std::time::UNIX_EPOCH + Duration::from_millis(at.unsigned_abs());
        File::open(path).unwrap().set_modified(at).unwrap();
    }

    #[test]
    fn it_excludes_is_given_back_and_is_never_taken_for_anothers() {
        let dir = tempfile::tempdir().unwrap();
        let mut wanted = wanted(dir.path());
        let Attempt::Taken(lock) = wanted.attempt() else { panic!() };
        assert!(lock.is_held() && lock.touch());
        assert!(matches!(wanted.attempt(), Attempt::Held));
        fs::remove_dir(&wanted.path).unwrap();
        for n in 0..50 {
            // The inode would be given out again, were it not held open.
            fs::create_dir(dir.path().join(n.to_string())).unwrap();
        }
        fs::create_dir(&wanted.path).unwrap();
        assert!(!lock.is_held() && !lock.touch());
        drop(lock);
        assert!(wanted.path.exists(), "somebody else's");
        fs::remove_dir(&wanted.path).unwrap();
        drop(wanted.attempt());
        assert!(!wanted.path.exists());
    }

    #[test]
    fn only_what_is_dead_by_age_is_taken_away() {
        let dir = tempfile::tempdir().unwrap();
        let mut wanted = wanted(dir.path());
        for (seconds, dead) in [(0, false), (1, false), (50, false), (-55, false), (-61, true), (-900_000, true)] {
            fs::create_dir(&wanted.path).unwrap();
            date(&wanted.path, seconds);
            assert_eq!(matches!(wanted.attempt(), Attempt::Taken(_)), dead, "{seconds}");
            let _ = fs::remove_dir(&wanted.path);
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn one_dated_far_ahead_is_dead_when_nobody_touches_it_while_it_is_watched() {
        let dir = tempfile::tempdir().unwrap();
        let mut wanted = wanted(dir.path());
        fs::create_dir(&wanted.path).unwrap();
        let long_ago = Instant::now().checked_sub(WATCH + Duration::from_secs(1)).unwrap();
        date(&wanted.path, 86_400);
        assert!(matches!(wanted.attempt(), Attempt::Ahead), "seen for the first time");
        wanted.watched.as_mut().unwrap().1 = long_ago;
        date(&wanted.path, 86_405);
        assert!(matches!(wanted.attempt(), Attempt::Ahead), "touched: its holder lives");
        wanted.watched.as_mut().unwrap().1 = long_ago;
        assert!(matches!(wanted.attempt(), Attempt::Taken(_)));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
