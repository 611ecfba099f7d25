//! The coordinator: the lock that OpenClaw takes for every write to its state database (2026.8.1 to 2026.9.6).
//!
//! It is an exclusive transaction in a database of its own, in which nothing is ever stored:
//! `/tmp/openclaw-state-locks-<uid>/state-lifecycle.<hash of the database's path>.lock.sqlite`. It is in `/tmp`
//! whatever `TMPDIR` says.
//!
//! OpenClaw makes this database with its first write, and leaves it there. Where it is missing, OpenClaw has another
//! `/tmp` (`PrivateTmp=`, a container), or has not run since the machine was started. In both cases nothing may be
//! written. An agent's own database is written without the coordinator, by OpenClaw as well.
//!
//! A container's `/tmp` is its own. Where a directory of this side is mounted there as `openclaw-state-locks-<uid>`, both
//! sides take the same lock: one that this side held kept a command of 2026.9.6 in a container from writing, and the
//! other way round. The hash is of the path that the container has for the database. Without the coordinator SQLite's
//! own locks would still keep two writers apart. But OpenClaw replaces the whole file under it, and then a connection of
//! ours would take the log of the new file away when it closes. So it is not done.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rusqlite::Connection;

use crate::model::border::Border;
use crate::model::exit::Code;
use crate::model::problem::Problem;
use crate::model::secret::sha256_hex;
use crate::openclaw::sqlite::connection::{READ_WRITE, STEP, is_busy, when_free};

/// The directory that OpenClaw keeps the coordinator in.
const RUNTIME: &str = "/tmp";

/// The coordinator while this run holds it. Dropping it gives it back.
#[derive(Debug)]
pub struct CoordinatorLock(#[allow(dead_code, reason = "closing it ends the transaction")] Connection);

/// The path of the coordinator of a state database. `None` where it cannot be used: it is missing, or it or its
/// directory belongs to another user, or others may enter the directory; or the gateway runs in a container, and
/// nothing says where this side sees its `/tmp`.
pub fn find(database: &Path, border: &Border) -> Option<PathBuf> {
    find_in(Path::new(RUNTIME), database, border)
}

fn find_in(runtime: &Path, database: &Path, border: &Border) -> Option<PathBuf> {
    let uid = rustix::process::geteuid().as_raw();
    let database = border.there(&fs::canonicalize(database).ok()?)?;
    let dir = border.here(&runtime.join(format!("openclaw-state-locks-{uid}")))?;
    let dir = fs::canonicalize(dir).ok()?;
    let hash = sha256_hex(database.as_os_str().as_encoded_bytes());
    let file = dir.join(format!("state-lifecycle.{}.lock.sqlite", &hash[..8]));
    let (of_dir, of_file) = (fs::symlink_metadata(&dir).ok()?, fs::symlink_metadata(&file).ok()?);
    let own = of_dir.uid() == uid && of_file.uid() == uid;
    (own && of_dir.is_dir() && of_dir.mode().trailing_zeros() >= 6 && of_file.is_file()).then_some(file)
}

/// Takes the coordinator at `path`.
///
/// # Errors
/// `busy` when another process holds it until the deadline; else why it cannot be taken.
pub fn acquire(path: &Path, deadline: Instant) -> Result<CoordinatorLock, Problem> {
    let failed = |error: &rusqlite::Error| {
        let message = format!("cannot lock {}: {error}", path.display());
        Problem::error(Code::Io, "io", message, "")
    };
    let connection = Connection::open_with_flags(path, READ_WRITE).map_err(|error| failed(&error))?;
    connection.busy_timeout(STEP).map_err(|error| failed(&error))?;
    // The journal is in memory, as OpenClaw has it. So there is no journal file beside the database.
    let begin = || connection.execute_batch("PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE");
    match when_free(deadline, begin) {
        Ok(()) => Ok(CoordinatorLock(connection)),
        Err(error) if is_busy(&error) => {
            let message = format!("{} is held by OpenClaw", path.display());
            Err(Problem::busy(message, "the next run tries again"))
        }
        Err(error) => Err(failed(&error)),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn it_is_where_openclaw_puts_it_and_excludes() {
        let runtime = tempfile::tempdir().unwrap();
        let database = runtime.path().join("openclaw.sqlite");
        fs::File::create_new(&database).unwrap();
        let here = Border::default();
        assert_eq!(find_in(runtime.path(), &database, &here), None);
        let real = fs::canonicalize(&database).unwrap();
        let hash = sha256_hex(real.to_str().unwrap().as_bytes());
        let dir = runtime.path().join(format!("openclaw-state-locks-{}", rustix::process::geteuid().as_raw()));
        fs::create_dir(&dir).unwrap();
        let file = dir.join(format!("state-lifecycle.{}.lock.sqlite", &hash[..8]));
        fs::File::create_new(&file).unwrap();
        for (mode, seen) in [(0o755, false), (0o700, true)] {
            fs::set_permissions(&dir, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(find_in(runtime.path(), &database, &here).is_some(), seen, "{mode:o}");
        }
        let seen = || find_in(runtime.path(), &database, &here).is_some();
        fs::rename(&file, file.with_extension("aside")).unwrap();
        fs::create_dir(&file).unwrap();
        assert!(!seen(), "a directory is none");
        fs::remove_dir(&file).unwrap();
        fs::rename(file.with_extension("aside"), &file).unwrap();
        if rustix::process::geteuid().is_root() {
            for path in [&dir, &file] {
                std::os::unix::fs::chown(path, Some(12_345), None).unwrap();
                assert!(!seen(), "{} is another user's", path.display());
                std::os::unix::fs::chown(path, Some(0), None).unwrap();
            }
        }
        assert!(seen());
        let held = acquire(&file, Instant::now()).unwrap();
        assert_eq!(acquire(&file, Instant::now()).unwrap_err().failure, Some(Code::Busy));
        drop(held);
        acquire(&file, Instant::now()).unwrap();
        let none = dir.join("none.sqlite");
        fs::write(&none, "x".repeat(5_000)).unwrap();
        assert_eq!(acquire(&none, Instant::now()).unwrap_err().failure, Some(Code::Io));
        fs::remove_file(&none).unwrap();
        assert_eq!((fs::metadata(&file).unwrap().len(), fs::read_dir(&dir).unwrap().count()), (0, 1));
    }
}
