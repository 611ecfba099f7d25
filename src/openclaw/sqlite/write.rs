//! Exchanging the text of one cell of one of OpenClaw's databases, and nothing else.
//!
//! One transaction: begin as a writer, read the cell again, have it decided again, exchange it where it is still what
//! was read, commit. OpenClaw waits for as long as that takes (5 s at most in 2026.9.6), so nothing in it waits.
//!
//! Opening comes before that, and before OpenClaw's lock on the state database: to read how one of 2026.9.6 is made takes
//! longer than all the rest.
//!
//! The file is opened as it is and never made. Its log and the index of it, where this makes them, get its owner and mode
//! from SQLite. No checkpoint is begun here, as one would take the time of a gateway's next write; but whoever closes a
//! database last brings its log in, as OpenClaw's own commands do, and leaves no `-wal` with tokens in it behind.
//! `synchronous` is OpenClaw's: a power cut may take the last commit away, and the next run makes it again.

use std::path::Path;
use std::time::Instant;

use rusqlite::{Connection, ErrorCode, OpenFlags, params};
use zeroize::Zeroizing;

use crate::model::exit::Code;
use crate::model::problem::Problem;
use crate::openclaw::sqlite::claims::Claims;
use crate::openclaw::sqlite::connection::{Asked, Cell, cell, harden, is_busy, when_free};
use crate::openclaw::sqlite::read_claims::read_claims;

/// A cell that is to be exchanged.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Where its text is.
    pub cell: Asked,
    /// The column of when it was written, in milliseconds.
    pub updated: &'static str,
}

/// What an exchange needs besides: a time, and when to give up.
#[derive(Clone, Copy, Debug)]
pub struct When {
    /// Milliseconds since the epoch.
    pub now: i64,
    /// Wait for other writers until then, and never longer than 2 s.
    pub deadline: Instant,
}

/// A database that is open to be written, and in which nothing has begun.
#[derive(Debug)]
pub struct Database<'a> {
    path: &'a Path,
    connection: Connection,
}

/// Opens a database, and reads how it is made.
///
/// # Errors
/// Why it cannot be written.
pub fn open(path: &Path) -> Result<Database<'_>, Problem> {
    let connection = connect(path).map_err(|error| judge(path, &error))?;
    if connection.is_readonly("main").map_err(|error| judge(path, &error))? {
        return Err(denied(path));
    }
    // What fails here fails again where it is waited for.
    let _ = connection.query_row("PRAGMA journal_mode", [], |_| Ok(()));
    Ok(Database { path, connection })
}

/// Exchanges the text of a cell. `edit` is given what the database says of itself and the cell as it is now, and gives
/// the new text, or `None` to leave it; `may_go_on` is asked right before the commit. Says whether it was exchanged.
///
/// # Errors
/// What `edit` or `may_go_on` says, or why it could not be done; the database is as it was then.
pub fn exchange<E: From<Problem>>(
    database: Database<'_>,
    row: &Row,
    when: When,
    edit: impl FnOnce(&Claims, &Cell) -> Result<Option<Zeroizing<String>>, E>,
    may_go_on: impl FnOnce() -> Result<(), E>,
) -> Result<bool, E> {
    let Database { path, connection } = database;
    let failed = |error: rusqlite::Error| E::from(judge(path, &error));
    let wal = begin(&connection, path, when.deadline)?;
    // Dropping the connection undoes what is not committed.
    let found = cell(&connection, &row.cell).map_err(failed)?;
    let claims = read_claims(&connection, wal);
    let (Some(new), Cell::Text(old)) = (edit(&claims, &found)?, &found) else { return Ok(false) };
    let Asked { table, columns: (key, text), key: of } = row.cell;
    let update = format!("UPDATE {table} SET {text} = ?1, {} = ?2 WHERE {key} = ?3 AND {text} = ?4", row.updated);
    let changed = connection.execute(&update, params![new.as_str(), when.now, of, old.as_str()]).map_err(failed)?;
    if changed != 1 {
        let message = format!("{}: {changed} rows where there should be one; left alone", path.display());
        return Err(Problem::error(Code::Incomplete, "refused", message, "openclaw doctor looks at it").into());
    }
    may_go_on()?;
    connection.execute_batch("COMMIT").map_err(failed)?;
    // What is committed stays so, whatever closing says.
    let _ = connection.close();
    Ok(true)
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    harden(&connection)?;
    connection.execute_batch("PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY")?;
    connection.query_row("PRAGMA wal_autocheckpoint=0", [], |_| Ok(()))?;
    Ok(connection)
}

/// Begins as a writer; says whether the database is in WAL mode.
fn begin<E: From<Problem>>(connection: &Connection, path: &Path, deadline: Instant) -> Result<bool, E> {
    let attempt = || {
        let mode = connection.query_row("PRAGMA journal_mode", [], |row| row.get::<_, String>(0))?;
        connection.execute_batch("BEGIN IMMEDIATE")?;
        Ok(mode == "wal")
    };
    when_free(deadline, attempt).map_err(|error| judge(path, &error).into())
}

/// What an error of SQLite's means. Its words hold nothing of a cell.
fn judge(path: &Path, error: &rusqlite::Error) -> Problem {
    let of = path.display();
    match error.sqlite_error_code() {
        _ if is_busy(error) => {
            let message = format!("{of}: another process is writing it");
            Problem::error(Code::Busy, "busy", message, "the next run tries again")
        }
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => denied(path),
        Some(ErrorCode::DiskFull) => {
            let message = format!("cannot write {of}: no space left");
            Problem::error(Code::Io, "full", message, "free some space, then run ocsync again")
        }
        Some(ErrorCode::SystemIoFailure | ErrorCode::OutOfMemory) => {
            Problem::error(Code::Io, "io", format!("cannot write {of}: {error}"), "")
        }
        Some(code) => {
            let message = format!("{of}: SQLite says {code:?}");
            Problem::error(Code::Data, "malformed", message, "it was left alone; openclaw doctor repairs it")
        }
        None => {
            let message = format!("{of}: a cell is no text, or larger than 4 MiB");
            Problem::error(Code::Data, "malformed", message, "it was left alone; openclaw doctor repairs it")
        }
    }
}

fn denied(path: &Path) -> Problem {
    let message = format!("cannot write {}: it, or its directory, may not be written", path.display());
    Problem::error(Code::Permission, "permission", message, "run ocsync as the user who owns it")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: Row = Row { cell: Asked { table: "t", columns: ("k", "v"), key: "primary" }, updated: "at" };

    fn database(dir: &Path) -> std::path::PathBuf {
        let path = dir.join("d.sqlite");
        let made = Connection::open(&path).unwrap();
        made.pragma_update(None, "journal_mode", "wal").unwrap();
        let rows = "CREATE TABLE t (k TEXT PRIMARY KEY, v TEXT, at INTEGER);
            INSERT INTO t VALUES ('primary', 'old', 1), ('other', 'old', 1)";
        made.execute_batch(rows).unwrap();
        path
    }

    fn rows(path: &Path) -> Vec<(String, String, i64)> {
        let database = Connection::open(path).unwrap();
        let mut all = database.prepare("SELECT k, v, at FROM t ORDER BY k DESC").unwrap();
        let rows = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        rows.map(Result::unwrap).collect()
    }

    fn when() -> When {
        When { now: 7, deadline: Instant::now() }
    }

    fn new() -> Zeroizing<String> {
        Zeroizing::new("new".to_owned())
    }

    #[test]
    fn one_cell_is_exchanged_or_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = database(dir.path());
        let before = rows(&path);
        let give_up = || Err(Problem::note("x", "told to stop", ""));
        let stopped = exchange(open(&path).unwrap(), &ROW, when(), |_, _| Ok(Some(new())), give_up).unwrap_err();
        assert_eq!((stopped.message.as_str(), rows(&path)), ("told to stop", before.clone()));
        let refused: Problem =
            exchange(open(&path).unwrap(), &ROW, when(), |_, _| Err(Problem::note("x", "no", "")), || Ok(()))
                .unwrap_err();
        assert_eq!((refused.message.as_str(), rows(&path)), ("no", before.clone()));
        let kept: Result<bool, Problem> = exchange(open(&path).unwrap(), &ROW, when(), |_, _| Ok(None), || Ok(()));
        assert_eq!((kept, rows(&path)), (Ok(false), before));
        let look = |claims: &Claims, cell: &Cell| {
            assert!(claims.wal && matches!(cell, Cell::Text(text) if text.as_str() == "old"));
            Ok::<_, Problem>(Some(new()))
        };
        assert_eq!(exchange(open(&path).unwrap(), &ROW, when(), look, || Ok(())), Ok(true));
        let row = |key: &str, text: &str, at| (key.to_owned(), text.to_owned(), at);
        assert_eq!(rows(&path), [row("primary", "new", 7), row("other", "old", 1)]);
        // As it was found: no log, and nothing else.
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_is_never_made_and_another_writer_is_waited_for_and_told() {
        let dir = tempfile::tempdir().unwrap();
        let none = dir.path().join("none.sqlite");
        let run = |path: &Path| -> Result<bool, Problem> {
            exchange(open(path)?, &ROW, when(), |_, _| Ok(None), || Ok(()))
        };
        assert_eq!(run(&none).unwrap_err().failure, Some(Code::Permission));
        assert!(!none.exists());
        let path = database(dir.path());
        let other = Connection::open(&path).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        assert_eq!(run(&path).unwrap_err().failure, Some(Code::Busy));
        other.execute_batch("ROLLBACK").unwrap();
        assert_eq!(run(&path), Ok(false));
    }

    #[test]
    fn what_changes_more_than_a_row_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = database(dir.path());
        let made = Connection::open(&path).unwrap();
        made.execute_batch("DROP TABLE t; CREATE TABLE t (k TEXT, v TEXT, at INTEGER)").unwrap();
        made.execute_batch("INSERT INTO t VALUES ('primary', 'old', 1), ('primary', 'old', 1)").unwrap();
        drop(made);
        let run: Result<bool, Problem> =
            exchange(open(&path).unwrap(), &ROW, when(), |_, _| Ok(Some(new())), || Ok(()));
        assert_eq!(run.unwrap_err().code, "refused");
        assert!(rows(&path).iter().all(|(_, text, at)| (text.as_str(), *at) == ("old", 1)));
    }
}
