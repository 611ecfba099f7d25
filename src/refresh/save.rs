//! Puts new tokens into a CLI's file, under its locks, unless a login or logout happened meanwhile.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::model::problem::Problem;
use crate::refresh::Fresh;
use crate::refresh::lock::{Locked, WriteLocked};
use crate::refresh::login_file::{LoginFile, Posted};
use crate::sys::fs::prepared::{Expect, For, NotReplaced, Prepared};
use crate::sys::fs::read::FileId;
use crate::sys::locked::Blocked;

/// How often a file is read again that its CLI writes meanwhile.
const TRIES: u32 = 3;
/// How long a save waits for the lock around the write. Codex itself gives up after 5 s, Claude Code after
/// 10 s.
const WAIT: Duration = Duration::from_secs(5);
/// How much room is set aside in addition to the size of the file, in bytes.
const ROOM: u64 = 16 << 10;

/// What became of new tokens.
#[derive(Debug)]
pub enum Saved {
    /// The file has them, and they are on the disk.
    Done,
    /// The file holds another login by now, or none. The tokens are of no use.
    Superseded,
}

/// Makes certain that the file can be written, before ocsync asks a server for anything: owner, mode, hard
/// links, mounts, locks, room. Whose links lead to it was checked when it was read.
///
/// # Errors
/// What would be in the way.
pub fn prepare(lock: &Locked<'_>, id: FileId) -> Result<Prepared, Problem> {
    let file = lock.file();
    let prepared = Prepared::new(file, Expect::Unchanged(id), For::Owner, id.size + ROOM);
    let prepared = prepared.map_err(|error| problem(error, file))?;
    // Last, because Codex's lock file stays once it is made.
    lock.check_write_lock()?;
    Ok(prepared)
}

/// Saves tokens that came at `now`. It runs to its end, whatever signals come.
///
/// # Errors
/// Why the tokens are not in the file; it is as it was.
pub fn save(
    lock: &Locked<'_>,
    prepared: Option<Prepared>,
    posted: &Posted,
    fresh: &Fresh,
    now: i64,
) -> Result<Saved, Problem> {
    write_tokens(&for_write(lock)?, prepared, posted, fresh, now)
}

fn write_tokens(
    write: &WriteLocked<'_>,
    mut prepared: Option<Prepared>,
    posted: &Posted,
    fresh: &Fresh,
    now: i64,
) -> Result<Saved, Problem> {
    let lock = write.login();
    let file = lock.file();
    for _ in 0..TRIES {
        let Some(current) = LoginFile::read(lock.kind(), file)?.filter(|current| current.may_take(posted)) else {
            return Ok(Saved::Superseded);
        };
        let text = current.with(fresh, now).map_err(|error| {
            let message = format!("{}: {error}", file.display());
            Problem::malformed(message, "ocsync left it alone")
        })?;
        let ready = match prepared.take() {
            Some(ready) => ready,
            None => prepare(lock, current.id)?,
        };
        match ready.commit(text.as_bytes(), Expect::Unchanged(current.id), &|| write.is_held()) {
            Ok(()) => return Ok(Saved::Done),
            Err(NotReplaced::Changed) => {}
            Err(NotReplaced::Stopped) => return Err(busy(&format!("{}: its lock was taken over", file.display()))),
            Err(NotReplaced::Failed(problem)) => return Err(problem),
        }
    }
    Err(busy(&format!("{}: another program keeps writing it", file.display())))
}

/// Takes the lock around the write. A signal has to wait, because there are tokens to save.
fn for_write<'a>(lock: &'a Locked<'_>) -> Result<WriteLocked<'a>, Problem> {
    let name = lock.kind().name();
    let until = Instant::now() + WAIT;
    loop {
        match lock.for_write(until) {
            Ok(write) => return Ok(write),
            Err(Blocked::Failed(problem)) => return Err(problem),
            Err(Blocked::Interrupted) if Instant::now() < until => std::thread::sleep(Duration::from_millis(20)),
            Err(Blocked::Interrupted) => return Err(busy(&format!("{name}'s lock around a write is held"))),
            Err(Blocked::Busy(which)) => return Err(busy(&format!("{which} is held by {name}"))),
        }
    }
}

fn busy(message: &str) -> Problem {
    Problem::busy(message, "the next run tries again")
}

fn problem(error: NotReplaced, file: &Path) -> Problem {
    match error {
        NotReplaced::Failed(problem) => problem,
        NotReplaced::Changed | NotReplaced::Stopped => busy(&format!("{} was changed meanwhile", file.display())),
    }
}
