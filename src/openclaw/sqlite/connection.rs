//! What every connection to one of OpenClaw's databases needs: how it is hardened, how a locked database is waited
//! for, and how one cell is found and read.

use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OptionalExtension};
use zeroize::Zeroizing;

use crate::sys::fs::read::LIMIT;
use crate::sys::signal;

/// A lock is asked for in steps of this, until the deadline.
pub const STEP: Duration = Duration::from_millis(50);

/// A cell: the text in a column of the row with a key.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// The table.
    pub table: &'static str,
    /// Its columns: of the key, of the text.
    pub columns: (&'static str, &'static str),
    /// The key.
    pub key: &'static str,
}

/// What a cell was found to be.
#[derive(Debug)]
pub enum Cell {
    /// The table is not there, or not as it is known.
    NoTable,
    /// There is no such row.
    NoRow,
    /// Its text, of at most 4 MiB.
    Text(Zeroizing<String>),
}

/// Keeps what a file says from being run, and a lock from being waited for longer than a step.
pub(super) fn harden(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.busy_timeout(STEP)?;
    connection.execute_batch("PRAGMA cell_size_check=1; PRAGMA mmap_size=0")
}

/// Whether there is a table of its own by this name, and neither a view nor a virtual one: those would run what
/// the file says.
pub(super) fn has_table(connection: &Connection, table: &str) -> rusqlite::Result<bool> {
    let known = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1 AND rootpage > 0";
    Ok(connection.query_row(known, [table], |_| Ok(())).optional()?.is_some())
}

/// Whether it has these columns as well.
pub(super) fn has_columns(connection: &Connection, table: &str, columns: &[&str]) -> rusqlite::Result<bool> {
    let known = "SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2";
    let mut has = has_table(connection, table)?;
    for column in columns {
        has = has && connection.query_row(known, [table, *column], |_| Ok(())).optional()?.is_some();
    }
    Ok(has)
}

/// Whether an error of SQLite's says that somebody holds a lock.
pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// Another writer is waited for no longer than this: OpenClaw's main thread may wait for us as well.
const PATIENCE: Duration = Duration::from_secs(2);

/// Tries until nobody holds a lock, for as long as there is time for it. What comes back as busy stayed so.
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

/// Reads one cell.
pub(super) fn cell(connection: &Connection, asked: &Asked) -> rusqlite::Result<Cell> {
    let Asked { table, columns: (key, text), .. } = asked;
    if !has_columns(connection, table, &[key, text])? {
        return Ok(Cell::NoTable);
    }
    let select = format!(
        "SELECT typeof({text}) = 'text', CASE WHEN octet_length({text}) <= {LIMIT} THEN {text} END FROM {table} WHERE {key} = ?1"
    );
    let found = connection.query_row(&select, [asked.key], |row| {
        let is_text: Option<bool> = row.get(0)?;
        let text: Option<String> = if is_text == Some(true) { row.get(1)? } else { None };
        text.map(Zeroizing::new).ok_or(rusqlite::Error::InvalidQuery)
    });
    Ok(found.optional()?.map_or(Cell::NoRow, Cell::Text))
}
