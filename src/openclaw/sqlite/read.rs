//! Reading cells of one of OpenClaw's databases, and leaving no trace of it.
//!
//! SQLite's own "read-only" leaves traces: over a database in WAL mode (as OpenClaw 2026.6.5 to 2026.9.6 keep theirs) it
//! makes a `-wal` and a `-shm`, and takes them away when the last connection ends; in a directory that it
//! may not write it reads nothing. So the way depends on what is beside the database:
//!
//! | beside it | way |
//! |---|---|
//! | no log, or an empty one | `immutable`: the file alone, without locks; read again if it has changed meanwhile |
//! | a log and a `-shm` (a gateway runs, or has died) | SQLite's own locks, over a `-shm` that is opened read-only |
//! | a log and no `-shm` (a copy, a backup) | an index of the log in memory, no locks, no checkpoint; read again likewise |
//! | no log, and the header says rollback journal (NFS) | SQLite's own locks |
//!
//! While there is a log, a shared lock keeps whoever closes the database last from deleting it: SQLite would make it anew.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Instant;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};

use crate::model::exit::Code;
use crate::model::problem::Problem;
use crate::openclaw::sqlite::beside::{Seen, beside, claim, open};
use crate::openclaw::sqlite::claims::Claims;
use crate::openclaw::sqlite::connection::{Asked, Cell, STEP, cell, harden};
use crate::openclaw::sqlite::read_claims::read_claims;
use crate::sys::fs::read::is_absent;

/// What was read of a database.
#[derive(Debug)]
pub struct Contents {
    /// What it says of itself.
    pub claims: Claims,
    /// The cells, as they were asked for.
    pub cells: Vec<Cell>,
}

/// Reads cells of a database, all of one moment; `None` where there is no file.
///
/// # Errors
/// What is wrong with it, naming the file; `busy` when it could not be read before the deadline.
pub fn read(path: &Path, asked: &[Asked], deadline: Instant) -> Result<Option<Contents>, Problem> {
    loop {
        let why = match attempt(path, asked) {
            Ok(contents) => return Ok(contents),
            Err(Failure::Told(problem)) => return Err(problem),
            Err(Failure::Wait(why)) => why,
        };
        if Instant::now() >= deadline || crate::sys::signal::received() {
            let message = format!("{}: {why}", path.display());
            return Err(Problem::error(Code::Busy, "busy", message, "the next run tries again"));
        }
        std::thread::sleep(STEP);
    }
}

enum Failure {
    /// It may go by.
    Wait(&'static str),
    Told(Problem),
}

fn attempt(path: &Path, asked: &[Asked]) -> Result<Option<Contents>, Failure> {
    let told = |path: &Path, error: &io::Error| Failure::Told(Problem::io("cannot read", path, error));
    let file = match open(path) {
        Ok(file) => file,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
            return Err(Failure::Told(malformed(path, "not a regular file")));
        }
        Err(error) => return Err(told(path, &error)),
    };
    if file.metadata().is_ok_and(|meta| meta.len() == 0) {
        // Made this moment. SQLite would delete the log of a database without a page.
        let cells = asked.iter().map(|_| Cell::NoTable).collect();
        return Ok(Some(Contents { claims: Claims::default(), cells }));
    }
    let mut header = [0; 100];
    if file.read_exact_at(&mut header, 0).is_err() || !header.starts_with(b"SQLite format 3\0") {
        return Err(Failure::Told(malformed(path, "not a SQLite database")));
    }
    if !claim(path, &file).map_err(Failure::Told)? {
        return Err(Failure::Wait(LOCKED));
    }
    let before = Seen::look(path, &file).map_err(Failure::Told)?;
    let way = match (&before.log, before.index) {
        // With an empty log SQLite would go by it, and make a -shm.
        (None, _) if header[18] == 1 && beside(path, "-wal").symlink_metadata().is_err() => Way::Locked,
        (None, _) => Way::Still,
        (Some(_), true) => Way::Live,
        (Some(_), false) => Way::Alone,
    };
    let contents = way.read(path, asked, header[18] == 2).map_err(|error| judge(path, &error));
    if matches!(way, Way::Still | Way::Alone) && Seen::look(path, &file).map_err(Failure::Told)? != before {
        return Err(Failure::Wait("somebody keeps writing it"));
    }
    contents.map(Some)
}

const LOCKED: &str = "another process has locked it";

/// How a database is read.
#[derive(Clone, Copy)]
enum Way {
    Still,
    Locked,
    Live,
    Alone,
}

impl Way {
    fn read(self, path: &Path, asked: &[Asked], wal: bool) -> rusqlite::Result<Contents> {
        let parameters = match self {
            Self::Still => "immutable=1",
            Self::Locked => "mode=ro",
            Self::Live => "mode=ro&readonly_shm=1",
            Self::Alone => "mode=ro&vfs=unix-none",
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(uri(path, parameters), flags)?;
        // Before anything else: without locks SQLite would take itself for the last user, and delete the log.
        if !connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)? {
            return Err(rusqlite::Error::InvalidQuery);
        }
        harden(&connection)?;
        connection.execute_batch("PRAGMA query_only=1")?;
        if matches!(self, Self::Alone) {
            // No -shm then: the index of the log is in memory.
            connection.query_row("PRAGMA locking_mode=EXCLUSIVE", [], |_| Ok(()))?;
        }
        connection.execute_batch("BEGIN")?;
        // What cannot be read at all shows here, and what it says of itself is taken as it comes.
        connection.query_row("PRAGMA user_version", [], |_| Ok(()))?;
        let cells = asked.iter().map(|asked| cell(&connection, asked)).collect::<rusqlite::Result<_>>()?;
        Ok(Contents { claims: read_claims(&connection, wal), cells })
    }
}

fn uri(path: &Path, parameters: &str) -> OsString {
    // SQLite resolves links itself; a relative path would read as a host.
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut uri = "file://".to_owned();
    for byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(byte) {
            uri.push(char::from(*byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    format!("{uri}?{parameters}").into()
}

/// What an error of SQLite's means. Its words hold nothing of a cell.
fn judge(path: &Path, error: &rusqlite::Error) -> Failure {
    let rusqlite::Error::SqliteFailure(failure, _) = error else {
        return Failure::Told(malformed(path, "a cell is no text, or larger than 4 MiB"));
    };
    if failure.extended_code == ffi::SQLITE_IOERR_SHORT_READ {
        return Failure::Told(malformed(path, "it is cut off"));
    }
    match failure.code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Failure::Wait(LOCKED),
        // A log or a journal that came or went, or that its owner has to bring in order.
        ErrorCode::ReadOnly | ErrorCode::CannotOpen => Failure::Wait("a write was cut off, or is beginning"),
        ErrorCode::SchemaChanged => Failure::Wait("somebody keeps writing it"),
        ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied => {
            let message = format!("cannot read {}: permission denied", path.display());
            Failure::Told(Problem::error(
                Code::Permission,
                "permission",
                message,
                "run ocsync as the user who owns it",
            ))
        }
        ErrorCode::SystemIoFailure | ErrorCode::OutOfMemory | ErrorCode::DiskFull => {
            let message = format!("cannot read {}: {failure}", path.display());
            Failure::Told(Problem::error(Code::Io, "io", message, ""))
        }
        _ => Failure::Told(malformed(path, &failure.to_string().to_lowercase())),
    }
}

fn malformed(path: &Path, why: &str) -> Problem {
    let hint = "it was left alone; openclaw doctor repairs it";
    Problem::error(Code::Data, "malformed", format!("{}: {why}", path.display()), hint)
}
