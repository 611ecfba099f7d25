//! A database that nobody writes, read as a whole and handed to SQLite in memory.
//!
//! To open a file SQLite looks at every directory of its path, and then reads it page by page: two dozen system calls,
//! and most databases of agents are small. So the file that is open already is read at once.
//!
//! SQLite does not take a database in WAL mode from memory. Where there is no log, the mode is two bytes of the header
//! and nothing else, and the documentation of `sqlite3_deserialize` says to change them.
//!
//! Each database gets a connection of its own. SQLite 3.53 crashes where a second one takes the place of the first after a
//! query of a function like `pragma_table_info`, because that keeps a pointer to the first one's schema.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;

use rusqlite::{Connection, MAIN_DB};

use crate::openclaw::sqlite::connection::{READ_WRITE, harden};

/// The size of the largest database that is read as a whole, in bytes. A larger one costs less by its pages.
const LARGEST: u64 = 1 << 20;

/// Whether a database of this size and with this header is read in memory. Its texts have to be UTF-8, as OpenClaw's
/// are: the connection is for that.
pub(super) fn takes(size: u64, header: &[u8; 100]) -> bool {
    size <= LARGEST && header[56..60] == [0, 0, 0, 1]
}

/// Opens a database of this size that has no log. `wal` says that it is in WAL mode.
///
/// # Errors
/// What SQLite says; `CannotOpen` where the file got shorter meanwhile.
pub(super) fn open(file: &File, size: u64, wal: bool) -> rusqlite::Result<Connection> {
    let mut connection = Connection::open_in_memory_with_flags(READ_WRITE)?;
    harden(&connection)?;
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    connection.deserialize_read_exact(MAIN_DB, Image { file, at: 0, wal }, size, true)?;
    Ok(connection)
}

/// The bytes of a file; where it is in WAL mode, with the mode of a rollback journal in the header.
struct Image<'a> {
    file: &'a File,
    at: u64,
    wal: bool,
}

impl Read for Image<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.at)?;
        for place in [18_u64, 19].into_iter().filter_map(|mode| usize::try_from(mode.checked_sub(self.at)?).ok()) {
            if self.wal && place < read {
                buffer[place] = 1;
            }
        }
        self.at += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mode_is_changed_in_memory_alone_however_the_file_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("d");
        std::fs::write(&path, [2; 40]).unwrap();
        let file = File::open(&path).unwrap();
        for (step, wal) in [(40, true), (19, true), (18, true), (7, true), (1, true), (7, false)] {
            let (mut image, mut all) = (Image { file: &file, at: 0, wal }, Vec::<u8>::new());
            let mut buffer = vec![0; step];
            while let Ok(read @ 1..) = image.read(&mut buffer) {
                all.extend(&buffer[..read]);
            }
            let mut expected = [2; 40];
            if wal {
                expected[18..20].fill(1);
            }
            assert_eq!(all, expected, "{step}");
        }
        assert_eq!(std::fs::read(&path).unwrap(), [2; 40]);
    }

    #[test]
    fn a_database_of_wal_mode_is_read_and_one_that_is_cut_off_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("d");
        let made = Connection::open(&path).unwrap();
        made.pragma_update(None, "journal_mode", "wal").unwrap();
        made.execute_batch("CREATE TABLE t (v TEXT); INSERT INTO t VALUES ('x')").unwrap();
        drop(made);
        let file = File::open(&path).unwrap();
        let size = file.metadata().unwrap().len();
        let read =
            |connection: Connection| connection.query_row("SELECT v FROM t", [], |row| row.get::<_, String>(0));
        assert_eq!(open(&file, size, true).and_then(read).unwrap(), "x");
        assert!(open(&file, size + 1, true).is_err());
        // The schema alone is there: SQLite itself says that a page is missing.
        assert!(open(&file, size / 2, true).and_then(read).is_err());
        let changed = open(&file, size, true).unwrap().execute_batch("INSERT INTO t VALUES ('y')");
        assert!(changed.is_err());
    }
}
