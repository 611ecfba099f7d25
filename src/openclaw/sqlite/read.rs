//! Reads cells of one of OpenClaw's databases, and leaves no trace of it.
//!
//! SQLite's own "read-only" leaves traces. Over a database in WAL mode (OpenClaw 2026.6.5 to 2026.9.6 keep theirs in
//! it) it makes a `-wal` and a `-shm`, and deletes them when the last connection ends. In a directory that it may not
//! write it reads nothing. So the mode of reading depends on what is beside the database:
//!
//! | beside it | mode |
//! |---|---|
//! | no log, or one that holds nothing | the file alone, without locks, in memory or `immutable`; read again if it was changed meanwhile |
//! | a log and a `-shm` (a gateway runs, or has died) | SQLite's own locks, over a `-shm` that is opened read-only |
//! | a log and no `-shm` (a copy, a backup) | an index of the log in memory, no locks, no checkpoint; read again likewise |
//! | no log, and the header says rollback journal (NFS) | SQLite's own locks |
//!
//! While there is a log, a shared lock stops the process that closes the database last from deleting it. Otherwise
//! SQLite would make the log anew for this reader.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Instant;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};

use crate::model::exit::Code;
use crate::model::problem::Problem;
use crate::openclaw::sqlite::beside::{Beside, Snapshot};
use crate::openclaw::sqlite::claims::Claims;
use crate::openclaw::sqlite::connection::{Cell, CellAddress, STEP, cell, harden};
use crate::openclaw::sqlite::declared::Declared;
use crate::openclaw::sqlite::in_memory;
use crate::openclaw::sqlite::read_claims::read_claims;
use crate::openclaw::sqlite::turns::Turn;
use crate::sys::fs::obstacle::obstacle;
use crate::sys::fs::open::{is_absent, open};
use crate::sys::fs::read::FileId;

/// What was read from a database.
#[derive(Debug)]
pub struct Contents {
    /// What the database says of itself.
    pub claims: Claims,
    /// The cells, in the order in which they were asked for.
    pub cells: Vec<Cell>,
}

/// Reads cells of a database, all as they were at one moment, and gives what the system said of its file; `None`
/// where there is no file.
///
/// # Errors
/// What is wrong with the file, by its name; `busy` when it could not be read before the deadline.
pub fn read(
    path: &Path,
    addresses: &[CellAddress],
    deadline: Instant,
) -> Result<Option<(FileId, Contents)>, Problem> {
    loop {
        let why = match attempt(path, addresses) {
            Ok(contents) => return Ok(contents),
            Err(Failure::Final(problem)) => return Err(problem),
            Err(Failure::Passing(why)) => why,
        };
        if Instant::now() >= deadline || crate::sys::signal::received() {
            let message = format!("{}: {why}", path.display());
            return Err(Problem::busy(message, "the next run tries again"));
        }
        std::thread::sleep(STEP);
    }
}

/// Why an attempt to read failed.
enum Failure {
    /// It may be over soon: the next attempt may succeed.
    Passing(&'static str),
    /// It stays: no further attempt is made.
    Final(Problem),
}

fn attempt(path: &Path, addresses: &[CellAddress]) -> Result<Option<(FileId, Contents)>, Failure> {
    let unreadable = |error: &io::Error| Failure::Final(obstacle("cannot read", path, error));
    let (file, meta) = match open(path) {
        Ok(opened) => opened,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
            return Err(Failure::Final(malformed(path, &error.to_string())));
        }
        Err(error) => return Err(unreadable(&error)),
    };
    let id = FileId::from(&meta);
    let turn = Turn::wait(id.inode);
    let read = look_into(path, &file, id, addresses);
    // The turn ends only when nothing of the file is open.
    drop(file);
    drop(turn);
    read.map(|contents| Some((id, contents)))
}

/// Reads cells of the database that is open as `file`.
fn look_into(path: &Path, file: &File, id: FileId, addresses: &[CellAddress]) -> Result<Contents, Failure> {
    let Some(beside) = Beside::keep(path, file, id).map_err(Failure::Final)? else {
        return Err(Failure::Passing(LOCKED));
    };
    if id.size == 0 {
        // It was made at this moment. SQLite must not open it: it would delete the log of a database without a
        // page.
        let cells = addresses.iter().map(|_| Cell::NoTable).collect();
        return Ok(Contents { claims: Claims::default(), cells });
    }
    let mut header = [0; 100];
    if file.read_exact_at(&mut header, 0).is_err() || !header.starts_with(b"SQLite format 3\0") {
        return Err(Failure::Final(malformed(path, "not a SQLite database")));
    }
    let wal = header[18] == 2;
    let has_log = match (beside.has_log(), beside.has_index()) {
        (true, true) => !Beside::is_no_log(path).map_err(Failure::Final)?,
        (has_log, _) => has_log,
    };
    let mode = match (has_log, beside.has_index()) {
        // Even an empty log would make SQLite use it, and make a -shm.
        (false, _) if header[18] == 1 && beside.log.is_none() => ReadMode::Locked,
        (false, _) if in_memory::takes(id.size, &header) => ReadMode::InMemory,
        (false, _) => ReadMode::Immutable,
        (true, true) => ReadMode::SharedIndex,
        (true, false) => ReadMode::OwnIndex,
    };
    let unlocked = matches!(mode, ReadMode::InMemory | ReadMode::Immutable | ReadMode::OwnIndex);
    let before = if unlocked { Some(beside.snapshot(path, id).map_err(Failure::Final)?) } else { None };
    let read = mode.open(path, file, id.size, wal).and_then(|connection| contents(&connection, addresses, wal));
    if let Some(before) = before
        && Snapshot::take(path, file).map_err(Failure::Final)? != before
    {
        return Err(Failure::Passing("another program keeps writing it"));
    }
    read.map_err(|error| failure(path, &error))
}

const LOCKED: &str = "another program has locked it";

/// How a database is read: the rows of the table at the head of this file.
#[derive(Clone, Copy)]
enum ReadMode {
    /// The file alone, without locks, read into memory.
    InMemory,
    /// The file alone, without locks, by its pages.
    Immutable,
    /// With SQLite's own locks, and a rollback journal.
    Locked,
    /// With SQLite's own locks, over the index of the log that is there.
    SharedIndex,
    /// Without locks, over an index of the log in memory.
    OwnIndex,
}

impl ReadMode {
    fn open(self, path: &Path, file: &File, size: u64, wal: bool) -> rusqlite::Result<Connection> {
        let parameters = match self {
            Self::InMemory => return in_memory::open(file, size, wal),
            Self::Immutable => "immutable=1",
            Self::Locked => "mode=ro",
            Self::SharedIndex => "mode=ro&readonly_shm=1",
            Self::OwnIndex => "mode=ro&vfs=unix-none",
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(uri(path, parameters), flags)?;
        // This comes first: without locks SQLite would take this connection for the last one, and delete the log.
        if !connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)? {
            return Err(rusqlite::Error::InvalidQuery);
        }
        harden(&connection)?;
        connection.execute_batch("PRAGMA query_only=1")?;
        if matches!(self, Self::OwnIndex) {
            // Then SQLite makes no -shm, and keeps the index of the log in memory.
            connection.query_row("PRAGMA locking_mode=EXCLUSIVE", [], |_| Ok(()))?;
        }
        connection.execute_batch("BEGIN")?;
        Ok(connection)
    }
}

/// Asks a database for its claims and for cells.
fn contents(connection: &Connection, addresses: &[CellAddress], wal: bool) -> rusqlite::Result<Contents> {
    // A database that cannot be read at all fails here. Its claims never fail.
    let declared = Declared::of(connection)?;
    let cells =
        addresses.iter().map(|address| cell(connection, &declared, address)).collect::<rusqlite::Result<_>>()?;
    Ok(Contents { claims: read_claims(connection, &declared, wal), cells })
}

fn uri(path: &Path, parameters: &str) -> OsString {
    // SQLite resolves links itself. A relative path would be taken for a host.
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

/// What an error of SQLite's means. Its text holds nothing of a cell.
fn failure(path: &Path, error: &rusqlite::Error) -> Failure {
    let rusqlite::Error::SqliteFailure(sqlite, _) = error else {
        return Failure::Final(malformed(
            path,
            "the profiles in it, or their cooldowns, are not text or are larger than 4 MiB",
        ));
    };
    if sqlite.extended_code == ffi::SQLITE_IOERR_SHORT_READ {
        return Failure::Final(malformed(path, "it is cut off"));
    }
    match sqlite.code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Failure::Passing(LOCKED),
        // A log or a journal appeared or went away, or its owner has to bring it in order.
        ErrorCode::ReadOnly | ErrorCode::CannotOpen => Failure::Passing("a write was cut off, or is beginning"),
        ErrorCode::SchemaChanged => Failure::Passing("another program keeps writing it"),
        ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied => {
            let message = format!("cannot read {}: permission denied", path.display());
            Failure::Final(Problem::error(
                Code::Permission,
                "permission",
                message,
                "run ocsync as the user who owns it",
            ))
        }
        ErrorCode::SystemIoFailure | ErrorCode::OutOfMemory | ErrorCode::DiskFull => {
            let message = format!("cannot read {}: {sqlite}", path.display());
            Failure::Final(Problem::error(Code::Io, "io", message, ""))
        }
        _ => Failure::Final(malformed(path, &sqlite.to_string().to_lowercase())),
    }
}

fn malformed(path: &Path, why: &str) -> Problem {
    let hint = "ocsync left it alone; run: openclaw doctor";
    Problem::malformed(format!("{}: {why}", path.display()), hint)
}
