//! Exchanges the text of one cell in one of OpenClaw's databases, and nothing else.
//!
//! All happens in one transaction: begin as a writer, read the cell again, decide again, exchange the text where it
//! is still what was read, commit. OpenClaw waits meanwhile (5 s at most in 2026.9.6), so nothing in the transaction
//! waits.
//!
//! The file is opened as it is, and never made. Where this makes the log or its index, SQLite gives them the owner
//! and mode of the database. No checkpoint is begun here, because it would take the time of a gateway's next write.
//! But the connection that is closed last brings the log in, as OpenClaw's own commands do, and leaves no `-wal` with
//! tokens behind. `synchronous` has OpenClaw's value: a power cut may take the last commit away, and the next run
//! makes it again.

use std::path::Path;
use std::time::Instant;

use rusqlite::{Connection, params};

use crate::model::exit::Code;
use crate::model::problem::Problem;
use crate::model::zeroizing::Zeroizing;
use crate::openclaw::sqlite::claims::Claims;
use crate::openclaw::sqlite::connection::{Cell, CellAddress, cell, when_free};
use crate::openclaw::sqlite::declared::Declared;
use crate::openclaw::sqlite::failure::problem;
use crate::openclaw::sqlite::open::Database;
use crate::openclaw::sqlite::read_claims::read_claims;

/// A cell that is to be exchanged.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The cell.
    pub cell: CellAddress,
    /// The column that holds the time of the last write, in milliseconds.
    pub updated: &'static str,
}

/// The times that an exchange needs: the present, and timing to give up.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// The present, in milliseconds since the epoch.
    pub now: i64,
    /// When to stop waiting for other writers. The wait never takes longer than 2 s.
    pub deadline: Instant,
}

/// Exchanges the text of a cell; gives whether it was exchanged.
///
/// `edit` gets what the database says of itself and the cell as it is now. It gives the new text, or `None` to leave
/// the cell. `may_go_on` is asked right before the commit.
///
/// # Errors
/// What `edit` or `may_go_on` gives, or why the exchange failed. Then the database is as it was.
pub fn exchange<E: From<Problem>>(
    database: Database<'_>,
    row: &Row,
    timing: Timing,
    edit: impl FnOnce(&Claims, &Cell) -> Result<Option<Zeroizing<String>>, E>,
    may_go_on: impl FnOnce() -> Result<(), E>,
) -> Result<bool, E> {
    let Database { path, connection } = database;
    let failed = |error: rusqlite::Error| E::from(problem(path, &error));
    let wal = begin(&connection, path, timing.deadline)?;
    // Dropping the connection rolls back what is not committed.
    let declared = Declared::of(&connection).map_err(failed)?;
    let found = cell(&connection, &declared, &row.cell).map_err(failed)?;
    let claims = read_claims(&connection, &declared, wal);
    let (Some(new), Cell::Text(old)) = (edit(&claims, &found)?, &found) else { return Ok(false) };
    let CellAddress { table, columns: (key, text), key: of } = row.cell;
    let update = format!("UPDATE {table} SET {text} = ?1, {} = ?2 WHERE {key} = ?3 AND {text} = ?4", row.updated);
    let changed = connection.execute(&update, params![new.as_str(), timing.now, of, old.as_str()]).map_err(failed)?;
    if changed != 1 {
        let message = format!("{}: {changed} rows where there should be one; left alone", path.display());
        return Err(Problem::error(Code::Incomplete, "refused", message, "run: openclaw doctor").into());
    }
    may_go_on()?;
    connection.execute_batch("COMMIT").map_err(failed)?;
    // The commit holds, also where closing fails.
    let _ = connection.close();
    Ok(true)
}

/// Begins a transaction as a writer; gives whether the database is in WAL mode.
fn begin<E: From<Problem>>(connection: &Connection, path: &Path, deadline: Instant) -> Result<bool, E> {
    let attempt = || {
        let mode = connection.query_row("PRAGMA journal_mode", [], |row| row.get::<_, String>(0))?;
        connection.execute_batch("BEGIN IMMEDIATE")?;
        Ok(mode == "wal")
    };
    when_free(deadline, attempt).map_err(|error| problem(path, &error).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openclaw::sqlite::open::{Access, open};
    use crate::openclaw::sqlite::tables::OWN;

    const ROW: Row = Row { cell: OWN[0], updated: "updated_at" };

    fn database(dir: &Path) -> std::path::PathBuf {
        let path = dir.join("d.sqlite");
        let made = Connection::open(&path).unwrap();
        made.pragma_update(None, "journal_mode", "wal").unwrap();
        let rows =
            "CREATE TABLE auth_profile_store (store_key TEXT PRIMARY KEY, store_json TEXT, updated_at INTEGER);
            INSERT INTO auth_profile_store VALUES ('primary', 'old', 1), ('other', 'old', 1)";
        made.execute_batch(rows).unwrap();
        path
    }

    fn rows(path: &Path) -> Vec<(String, String, i64)> {
        let database = Connection::open(path).unwrap();
        let mut all = database.prepare("SELECT * FROM auth_profile_store ORDER BY store_key DESC").unwrap();
        let rows = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        rows.map(Result::unwrap).collect()
    }

    fn timing() -> Timing {
        Timing { now: 7, deadline: Instant::now() }
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
        let stopped =
            exchange(open(&path, Access::AloneIfFree).unwrap(), &ROW, timing(), |_, _| Ok(Some(new())), give_up)
                .unwrap_err();
        assert_eq!((stopped.message.as_str(), rows(&path)), ("told to stop", before.clone()));
        let refused: Problem = exchange(
            open(&path, Access::AloneIfFree).unwrap(),
            &ROW,
            timing(),
            |_, _| Err(Problem::note("x", "no", "")),
            || Ok(()),
        )
        .unwrap_err();
        assert_eq!((refused.message.as_str(), rows(&path)), ("no", before.clone()));
        let kept: Result<bool, Problem> =
            exchange(open(&path, Access::AloneIfFree).unwrap(), &ROW, timing(), |_, _| Ok(None), || Ok(()));
        assert_eq!((kept, rows(&path)), (Ok(false), before));
        let look = |claims: &Claims, cell: &Cell| {
            assert!(claims.wal && matches!(cell, Cell::Text(text) if text.as_str() == "old"));
            Ok::<_, Problem>(Some(new()))
        };
        assert_eq!(exchange(open(&path, Access::AloneIfFree).unwrap(), &ROW, timing(), look, || Ok(())), Ok(true));
        let row = |key: &str, text: &str, at| (key.to_owned(), text.to_owned(), at);
        assert_eq!(rows(&path), [row("primary", "new", 7), row("other", "old", 1)]);
        // The directory is as it was: no log, and nothing else.
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_is_never_made_and_another_writer_is_waited_for_and_reported() {
        let dir = tempfile::tempdir().unwrap();
        let none = dir.path().join("none.sqlite");
        let run = |path: &Path| -> Result<bool, Problem> {
            exchange(open(path, Access::AloneIfFree)?, &ROW, timing(), |_, _| Ok(None), || Ok(()))
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
        let twice = "DROP TABLE auth_profile_store;
            CREATE TABLE auth_profile_store (store_key TEXT, store_json TEXT, updated_at INTEGER);
            INSERT INTO auth_profile_store VALUES ('primary', 'old', 1), ('primary', 'old', 1)";
        made.execute_batch(twice).unwrap();
        drop(made);
        let run: Result<bool, Problem> =
            exchange(open(&path, Access::AloneIfFree).unwrap(), &ROW, timing(), |_, _| Ok(Some(new())), || Ok(()));
        assert_eq!(run.unwrap_err().code, "refused");
        assert!(rows(&path).iter().all(|(_, text, at)| (text.as_str(), *at) == ("old", 1)));
    }
}
