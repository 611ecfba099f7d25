//! The tables that are asked about, as a database declares them: one question for all of them.

use rusqlite::Connection;

use crate::openclaw::sqlite::layout::{LEASES, TABLES};

/// What a database declares.
#[derive(Debug, Default)]
pub(super) struct Declared {
    tables: Vec<Table>,
    /// Whether something that is no ordinary table, a view for one, has the name of a table that is asked about; or a
    /// table has it with other letters, because to SQLite `A` is `a`.
    is_odd: bool,
    /// Whether a trigger would run when profiles are written.
    pub triggers: bool,
}

/// A table in the order of its columns.
#[derive(Debug)]
struct Table {
    name: String,
    columns: Vec<Column>,
}

#[derive(Debug)]
struct Column {
    name: String,
    kind: String,
    /// It holds what was stored, and is not computed.
    is_stored: bool,
}

impl Declared {
    /// Asks a database. A virtual table is not asked for its columns: it would run what the file says.
    pub fn of(connection: &Connection) -> rusqlite::Result<Self> {
        let known = || TABLES.iter().map(|(name, _)| *name).chain([LEASES]);
        let names = known().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
        let select = format!(
            "SELECT m.type, m.name, m.type = 'table' AND m.rootpage > 0, x.name, x.type, x.hidden = 0
            FROM sqlite_schema AS m
            LEFT JOIN pragma_table_xinfo(iif(m.type = 'table' AND m.rootpage > 0, m.name, NULL)) AS x
            WHERE (m.type IN ('table', 'view') AND lower(m.name) IN ({names}))
            OR (m.type = 'trigger' AND lower(m.tbl_name) IN ('auth_profile_store', 'config_machine_state'))"
        );
        let mut statement = connection.prepare(&select)?;
        let mut rows = statement.query([])?;
        let mut found = Self::default();
        while let Some(row) = rows.next()? {
            let (of, name): (String, String) = (row.get(0)?, row.get(1)?);
            if of == "trigger" {
                found.triggers = true;
                continue;
            }
            if row.get::<_, Option<bool>>(2)? != Some(true) || !known().any(|known| known == name) {
                found.is_odd = true;
                continue;
            }
            let Some(column) = row.get(3)? else { continue };
            let column = Column { name: column, kind: row.get(4)?, is_stored: row.get(5)? };
            match found.tables.iter_mut().find(|table| table.name == name) {
                Some(table) => table.columns.push(column),
                None => found.tables.push(Table { name, columns: vec![column] }),
            }
        }
        Ok(found)
    }

    /// Whether there is an ordinary table of this name with these columns.
    pub fn has(&self, table: &str, columns: &[&str]) -> bool {
        let table = self.tables.iter().find(|found| found.name == table);
        table.is_some_and(|table| {
            columns.iter().all(|name| table.columns.iter().any(|column| column.is_stored && column.name == *name))
        })
    }

    /// Whether each table of profiles that is there has exactly the columns that are known. A generated column counts.
    pub fn is_known(&self) -> bool {
        let declared = |table: &Table| {
            let columns = table.columns.iter().map(|column| format!("{} {}", column.name, column.kind));
            columns.collect::<Vec<_>>().join(", ")
        };
        let known =
            |table: &Table| TABLES.iter().all(|(name, columns)| table.name != *name || declared(table) == *columns);
        !self.is_odd && self.tables.iter().all(known)
    }
}
