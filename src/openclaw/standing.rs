//! How a lock stands that is in the way: gone, held, or dead; and how a dead one is taken away.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::UNIX_EPOCH;

use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;

use super::lock_holder::Payload;
use crate::clock;
use crate::fs::read;
use crate::fs::temp::temp_path;

/// Without a touch for this long, a directory lock is stale.
const HEARTBEAT_MS: i64 = 30_000;
/// The mode of a directory lock of ours. No other program sets the sticky bit on one: with it,
/// a directory that a killed run has left behind is known again.
pub const OWN_DIRECTORY: u32 = 0o1700;
/// A directory lock of ours is never held for longer.
const OWN_HOLD_MS: i64 = 3_000;

/// What tells one lock from the next at the same place: device, inode and modification time. An
/// inode alone is given out again at once.
pub type LockId = (u64, u64, i64, i64);

/// What tells a lock from the next.
#[must_use]
pub fn id(meta: &fs::Metadata) -> LockId {
    (meta.dev(), meta.ino(), meta.mtime(), meta.mtime_nsec())
}

/// How a lock stands that is in the way.
#[derive(Debug)]
pub enum Standing {
    /// It is not there any more.
    Gone,
    /// It may be taken away.
    Dead(LockId),
    /// Somebody holds it, or may; what tells it from another.
    Held(String),
}

/// Looks at a lock. With `container`, nobody's pid is judged.
#[must_use]
pub fn judge(path: &Path, container: bool) -> Standing {
    let Ok(meta) = fs::symlink_metadata(path) else { return Standing::Gone };
    let id = id(&meta);
    let now = clock::now();
    let modified = meta.mtime().saturating_mul(1000).saturating_add(meta.mtime_nsec() / 1_000_000);
    let age = now.saturating_sub(modified);
    // The holder of a directory touches it: there, the time of its making tells it from the next.
    let made = meta.created().ok().filter(|_| meta.is_dir()).and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let made = made.map_or(modified, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
    let held = || Standing::Held(format!("{}:{made}", meta.ino()));
    if meta.is_dir() {
        let own = meta.mode() & 0o7777 == OWN_DIRECTORY && meta.uid() == rustix::process::geteuid().as_raw();
        let stale = age > if own { OWN_HOLD_MS } else { HEARTBEAT_MS };
        return if stale { Standing::Dead(id) } else { held() };
    }
    let payload = match read::read(path) {
        Ok(Some((bytes, _))) => serde_json::from_slice::<Payload>(&bytes).ok(),
        Ok(None) => return Standing::Gone,
        Err(_) => None,
    };
    let age = payload.as_ref().and_then(Payload::created).map_or(age, |created| age.min(now.saturating_sub(created)));
    match payload {
        Some(payload) if meta.is_file() && payload.is_dead(age, container) => Standing::Dead(id),
        _ => held(),
    }
}

/// Takes a dead lock away. It is moved aside first: if somebody has been quicker, what was moved
/// is that one's lock, and it is put back unless there is a third already. Runs of ocsync take
/// turns at it, by a lock on the dead one, so this happens only with the programs that own it.
///
/// `false` while it is another run's turn; `true` when it is gone, or is another lock by now.
///
/// # Errors
/// Why it stays.
pub fn clear(path: &Path, dead: LockId) -> io::Result<bool> {
    let flags = (OFlags::NONBLOCK | OFlags::NOFOLLOW).bits().cast_signed();
    let turn = OpenOptions::new().read(true).custom_flags(flags).open(path);
    if turn.as_ref().is_ok_and(|lock| flock(lock, FlockOperation::NonBlockingLockExclusive) == Err(Errno::WOULDBLOCK))
    {
        return Ok(true);
    }
    if !fs::symlink_metadata(path).is_ok_and(|meta| id(&meta) == dead) {
        return Ok(true);
    }
    let aside = temp_path(path);
    #[allow(clippy::disallowed_methods, reason = "moves a lock, replaces nothing")]
    match fs::rename(path, &aside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        moved => moved?,
    }
    let meta = fs::symlink_metadata(&aside)?;
    let remove = |path: &Path| if meta.is_dir() { fs::remove_dir(path) } else { fs::remove_file(path) };
    if id(&meta) != dead {
        put_back(&aside, path, meta.is_dir());
        let _ = remove(&aside);
        return Ok(true);
    }
    remove(&aside).inspect_err(|_| put_back(&aside, path, meta.is_dir()))?;
    Ok(true)
}

/// Puts a lock back where it was, if nothing is there.
fn put_back(aside: &Path, path: &Path, directory: bool) {
    let _ = if directory {
        // A rename replaces an empty directory: this one is ours.
        #[allow(clippy::disallowed_methods, reason = "puts a lock back")]
        fs::create_dir(path).and_then(|()| fs::rename(aside, path))
    } else {
        fs::hard_link(aside, path)
    };
}
