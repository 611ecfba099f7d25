//! Opens one of OpenClaw's databases to write it.
//!
//! SQLite reads the schema then, and for a database of 2026.9.6 this takes longer than all the rest. So it is done before
//! OpenClaw's lock on the state database is taken.
//!
//! Where there is neither a log nor its index, nobody has the database open. Then this takes an agent's database as a
//! whole, from the first look into it until it is closed, as closing does anyway to bring the log in. So no index is made
//! and deleted, which takes a quarter of the time. The state database stays shared: here its coordinator is waited for.

use std::path::Path;

use rusqlite::Connection;

use crate::model::problem::Problem;
use crate::openclaw::sqlite::beside::Beside;
use crate::openclaw::sqlite::connection::{READ_WRITE, harden, is_busy};
use crate::openclaw::sqlite::failure::{denied, problem};

/// A database that is open for writing. No transaction has begun.
#[derive(Debug)]
pub struct Database<'a> {
    pub(super) path: &'a Path,
    pub(super) connection: Connection,
}

/// How a database is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Others may open it too.
    Shared,
    /// Others wait, where nobody has it open already. Nothing may be waited for until it is closed.
    AloneIfFree,
}

/// Opens a database for writing, and reads its schema.
///
/// # Errors
/// Why it cannot be written.
pub fn open(path: &Path, access: Access) -> Result<Database<'_>, Problem> {
    let beside = Beside::look(path)?;
    let is_free = beside.log.is_none() && !beside.has_index();
    let connection =
        connect(path, access == Access::AloneIfFree && is_free).map_err(|error| problem(path, &error))?;
    if connection.is_readonly("main").map_err(|error| problem(path, &error))? {
        return Err(denied(path));
    }
    Ok(Database { path, connection })
}

fn connect(path: &Path, alone: bool) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, READ_WRITE)?;
    harden(&connection)?;
    connection.execute_batch("PRAGMA temp_store=MEMORY")?;
    connection.query_row("PRAGMA wal_autocheckpoint=0", [], |_| Ok(()))?;
    let lock = |mode: &str| connection.query_row(&format!("PRAGMA locking_mode={mode}"), [], |_| Ok(()));
    // This reads the schema.
    let look = || connection.execute_batch("PRAGMA synchronous=NORMAL");
    if alone {
        lock("EXCLUSIVE")?;
        match look() {
            // Somebody has opened it meanwhile.
            Err(error) if is_busy(&error) => lock("NORMAL")?,
            looked => return looked.map(|()| connection),
        }
    }
    look()?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_is_free_is_taken_as_a_whole_and_one_that_is_not_is_shared() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("d.sqlite");
        let other = || {
            let other = Connection::open(&path).unwrap();
            other.busy_timeout(std::time::Duration::ZERO).unwrap();
            other
        };
        let read = |other: &Connection| other.query_row("SELECT v FROM t", [], |row| row.get::<_, i64>(0));
        other().execute_batch("PRAGMA journal_mode=wal; CREATE TABLE t (v); INSERT INTO t VALUES (0)").unwrap();
        let mut before = 0;
        let mut write = |connection: Connection, seen: Option<i64>, names: usize| {
            connection.execute_batch("BEGIN IMMEDIATE; UPDATE t SET v = v + 1").unwrap();
            assert_eq!(read(&other()).ok(), seen);
            assert_eq!(
                std::fs::read_dir(dir.path()).unwrap().count(),
                names,
                "the log, and its index if it is shared"
            );
            connection.execute_batch("COMMIT").unwrap();
            connection.close().unwrap();
            before += 1;
            assert_eq!(read(&other()).unwrap(), before);
        };
        write(open(&path, Access::AloneIfFree).unwrap().connection, None, 2);
        write(open(&path, Access::Shared).unwrap().connection, Some(1), 3);
        let reader = other();
        read(&reader).unwrap();
        write(open(&path, Access::AloneIfFree).unwrap().connection, Some(2), 3);
        // Here it was opened after the look at what is beside it.
        write(connect(&path, true).unwrap(), Some(3), 3);
        drop(reader);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        // One of the two is enough for somebody to have it open.
        for (beside, seen) in [("d.sqlite-wal", 4), ("d.sqlite-shm", 5)] {
            std::fs::write(dir.path().join(beside), "").unwrap();
            write(open(&path, Access::AloneIfFree).unwrap().connection, Some(seen), 3);
        }
    }
}
