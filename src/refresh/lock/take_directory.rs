//! Takes a lock that is a directory, and removes one whose holder is dead.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

use crate::model::problem::Problem;
use crate::openclaw::lock::clear::clear;
use crate::openclaw::lock::identity::{LockId, id};
use crate::refresh::lock::directory::{LockDir, foreign};
use crate::sys::clock;
use crate::sys::fs::spot::Spot;

/// Claude Code dates its locks up to a second ahead. A lock that is dated further ahead than this never
/// becomes stale for it.
const AHEAD_MS: i64 = 60_000;
/// Such a lock is dead when nobody touches it for this long: every version touches its locks each 5 s.
const WATCH: Duration = Duration::from_secs(15);
/// How often a lock that has just gone is tried again at once.
const QUICK_TRIES: usize = 20;

/// What came of a try.
#[derive(Debug)]
pub enum Try {
    /// The lock is ours.
    Taken(LockDir),
    /// Another process holds it.
    Held,
    /// It is dated far ahead, so it does not become stale, and it was not watched for long enough yet.
    Ahead,
    /// The system says no.
    Refused(io::Error),
    /// It is no lock that anyone could give back: what to report.
    Stuck(Problem),
}

/// The place of a lock that this run wants.
#[derive(Debug)]
pub struct LockPlace {
    /// Where the directory is.
    pub spot: Spot,
    stale: Duration,
    /// A lock that is dated far ahead, and since when it is watched.
    watched: Option<(LockId, Instant)>,
}

impl LockPlace {
    /// A lock there is dead when it was not touched for `stale`.
    pub fn new(spot: Spot, stale: Duration) -> Self {
        Self { spot, stale, watched: None }
    }

    /// Tries once, and removes a dead lock. Nothing is left behind unless the lock is taken.
    pub fn try_take(&mut self) -> Try {
        for _ in 0..QUICK_TRIES {
            match LockDir::make(&self.spot) {
                Ok(lock) => return Try::Taken(lock),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Try::Refused(error),
            }
            match self.judge() {
                State::Gone => {}
                State::Dead(id) => match clear(&self.spot, id) {
                    Ok(true) => {}
                    Ok(false) => return Try::Held,
                    Err(error) => return Try::Refused(error),
                },
                State::Held => return Try::Held,
                State::Ahead => return Try::Ahead,
                State::Stuck(problem) => return Try::Stuck(problem),
            }
        }
        Try::Held
    }

    /// The state of the lock that is in the way.
    fn judge(&mut self) -> State {
        let Ok(meta) = self.spot.metadata() else { return State::Gone };
        if let Some(problem) = foreign(&self.spot, &meta) {
            return State::Stuck(problem);
        }
        let id = id(&meta);
        let modified = meta.mtime().saturating_mul(1000).saturating_add(meta.mtime_nsec() / 1_000_000);
        let age = clock::now().saturating_sub(modified);
        if age > i64::try_from(self.stale.as_millis()).unwrap_or(i64::MAX) {
            return State::Dead(id);
        }
        if age >= -AHEAD_MS {
            return State::Held;
        }
        match self.watched {
            Some((seen, since)) if seen == id && since.elapsed() > WATCH => State::Dead(id),
            Some((seen, _)) if seen == id => State::Ahead,
            _ => {
                self.watched = Some((id, Instant::now()));
                State::Ahead
            }
        }
    }
}

enum State {
    Gone,
    Dead(LockId),
    Held,
    Ahead,
    Stuck(Problem),
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::path::Path;

    use super::*;
    use crate::sys::fs::spot::spot;

    const STALE: Duration = Duration::from_secs(60);

    fn place(dir: &Path) -> LockPlace {
        LockPlace::new(spot(&dir.join("l")), STALE)
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
        let mut place = place(dir.path());
        let Try::Taken(lock) = place.try_take() else { panic!() };
        assert!(lock.is_held() && lock.touch());
        assert!(matches!(place.try_take(), Try::Held));
        fs::remove_dir(place.spot.path()).unwrap();
        for n in 0..50 {
            // The inode would be given out again, were it not held open.
            fs::create_dir(dir.path().join(n.to_string())).unwrap();
        }
        fs::create_dir(place.spot.path()).unwrap();
        assert!(!lock.is_held() && !lock.touch());
        drop(lock);
        assert!(place.spot.path().exists(), "somebody else's");
        fs::remove_dir(place.spot.path()).unwrap();
        drop(place.try_take());
        assert!(!place.spot.path().exists());
    }

    #[test]
    fn only_what_is_dead_by_age_is_taken_away() {
        let dir = tempfile::tempdir().unwrap();
        let mut place = place(dir.path());
        for (seconds, dead) in [(0, false), (1, false), (50, false), (-55, false), (-61, true), (-900_000, true)] {
            fs::create_dir(place.spot.path()).unwrap();
            date(&place.spot.path(), seconds);
            assert_eq!(matches!(place.try_take(), Try::Taken(_)), dead, "{seconds}");
            let _ = fs::remove_dir(place.spot.path());
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn one_dated_far_ahead_is_dead_when_nobody_touches_it_while_it_is_watched() {
        let dir = tempfile::tempdir().unwrap();
        let mut place = place(dir.path());
        fs::create_dir(place.spot.path()).unwrap();
        let long_ago = Instant::now().checked_sub(WATCH + Duration::from_secs(1)).unwrap();
        date(&place.spot.path(), 86_400);
        assert!(matches!(place.try_take(), Try::Ahead), "seen for the first time");
        place.watched.as_mut().unwrap().1 = long_ago;
        date(&place.spot.path(), 86_405);
        assert!(matches!(place.try_take(), Try::Ahead), "touched: its holder lives");
        place.watched.as_mut().unwrap().1 = long_ago;
        assert!(matches!(place.try_take(), Try::Taken(_)));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
