//! What every connection to one of OpenClaw's databases needs: how it is hardened, how a locked database is waited
//! for, and how one cell is found and read.

use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension};

use crate::model::zeroizing::Zeroizing;
use crate::openclaw::sqlite::declared::Declared;
use crate::sys::fs::read::LIMIT;
use crate::sys::signal;

/// How long one attempt waits for a lock. Attempts are repeated until the deadline.
pub const STEP: Duration = Duration::from_millis(50);

/// How a database is opened that may be written. Only one thread uses a connection.
pub(super) const READ_WRITE: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// Where a cell is: the text in a column of the row with a key.
#[derive(Clone, Copy, Debug)]
pub struct CellAddress {
    /// The table.
    pub table: &'static str,
    /// The column of the key, and the column of the text.
    pub columns: (&'static str, &'static str),
    /// The key.
    pub key: &'static str,
}

/// What is at the address of a cell.
#[derive(Debug)]
pub enum Cell {
    /// The table does not exist, or lacks the columns.
    NoTable,
    /// The row does not exist.
    NoRow,
    /// The text of the cell, of at most 4 MiB.
    Text(Zeroizing<String>),
}

/// Keeps SQLite from running what a file says, and from waiting longer than a step for a lock.
pub(super) fn harden(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.busy_timeout(STEP)?;
    connection.execute_batch("PRAGMA cell_size_check=1; PRAGMA mmap_size=0")
}

/// Whether an error of SQLite's says that another connection holds a lock.
pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// The longest wait for another writer. It is short because OpenClaw's main thread may wait for ocsync meanwhile.
const PATIENCE: Duration = Duration::from_secs(2);

/// Repeats `attempt` while another connection holds a lock, until `deadline` and at most for [`PATIENCE`]. A busy
/// error is given back only when that time is over, or a signal stops the run.
pub(super) fn when_free<T>(
    deadline: Instant,
    mut attempt: impl FnMut() -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let deadline = deadline.min(Instant::now() + PATIENCE);
    loop {
        match attempt() {
            Err(error) if is_busy(&error) && Instant::now() < deadline && !signal::received() => {}
            done => return done,
        }
    }
}

/// Reads the cell at `address`.
pub(super) fn cell(connection: &Connection, declared: &Declared, address: &CellAddress) -> rusqlite::Result<Cell> {
    let CellAddress { table, columns: (key, text), .. } = address;
    if !declared.has(table, &[key, text]) {
        return Ok(Cell::NoTable);
    }
    let select = format!(
        "SELECT typeof({text}) = 'text', CASE WHEN octet_length({text}) <= {LIMIT} THEN {text} END FROM {table} WHERE {key} = ?1"
    );
    let found = connection.query_row(&select, [address.key], |row| {
        let is_text: Option<bool> = row.get(0)?;
        let text: Option<String> = if is_text == Some(true) { row.get(1)? } else { None };
        text.map(Zeroizing::new).ok_or(rusqlite::Error::InvalidQuery)
    });
    Ok(found.optional()?.map_or(Cell::NoRow, Cell::Text))
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    fn error(number: i32) -> rusqlite::Error {
        rusqlite::Error::SqliteFailure(ffi::Error::new(number), None)
    }

    #[test]
    fn a_lock_is_waited_for_and_nothing_else_and_not_beyond_the_time() {
        let long = || Instant::now() + Duration::from_secs(60);
        let mut tries = 0;
        let third = || {
            tries += 1;
            if tries < 3 { Err(error(ffi::SQLITE_BUSY)) } else { Ok(tries) }
        };
        assert_eq!(when_free(long(), third).unwrap(), 3);
        let mut tries = 0;
        let broken = || -> rusqlite::Result<()> {
            tries += 1;
            assert!(tries < 2, "it is no lock");
            Err(error(ffi::SQLITE_CORRUPT))
        };
        when_free(long(), broken).unwrap_err();
        let (start, mut tries) = (Instant::now(), 0);
        let held = || -> rusqlite::Result<()> {
            tries += 1;
            std::thread::sleep(Duration::from_millis(10));
            Err(error(ffi::SQLITE_LOCKED))
        };
        assert!(is_busy(&when_free(start + Duration::from_millis(100), held).unwrap_err()));
        assert!(tries > 1 && start.elapsed() >= Duration::from_millis(100), "{tries}");
    }

    #[test]
    fn a_connection_waits_for_a_step_and_trusts_no_schema() {
        let connection = Connection::open_in_memory().unwrap();
        harden(&connection).unwrap();
        let of =
            |pragma: &str| connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!((of("busy_timeout"), of("trusted_schema"), of("cell_size_check")), (50, 0, 1));
    }
}
