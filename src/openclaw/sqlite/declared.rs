//! The tables that are asked about, as a database declares them.

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

/// A table, and its columns in order.
#[derive(Debug)]
struct Table {
    name: &'static str,
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
    /// Asks a database. A view and a virtual table are not asked for their columns: they would run what the file says.
    pub fn of(connection: &Connection) -> rusqlite::Result<Self> {
        let known = || TABLES.iter().map(|(name, _)| *name).chain([LEASES]);
        let names = known().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
        let select = format!(
            "SELECT type = 'trigger', name, type = 'table' AND rootpage > 0 FROM sqlite_schema
            WHERE (type IN ('table', 'view') AND lower(name) IN ({names}))
            OR (type = 'trigger' AND lower(tbl_name) IN ('auth_profile_store', 'config_machine_state'))"
        );
        let mut found = Self::default();
        let mut statement = connection.prepare(&select)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (is_trigger, name): (bool, String) = (row.get(0)?, row.get(1)?);
            let is_ordinary = row.get::<_, Option<bool>>(2)? == Some(true);
            let table = known().find(|known| *known == name);
            match table.filter(|_| is_ordinary) {
                _ if is_trigger => found.triggers = true,
                Some(name) => found.tables.push(Table { name, columns: columns(connection, name)? }),
                None => found.is_odd = true,
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

/// The columns of a table. The statement is shorter work for SQLite than its function `pragma_table_xinfo`.
fn columns(connection: &Connection, table: &'static str) -> rusqlite::Result<Vec<Column>> {
    let mut statement = connection.prepare(&format!("PRAGMA main.table_xinfo({table})"))?;
    let columns = statement.query_map([], |row| {
        // Number, name, type, NOT NULL, default, primary key, hidden.
        Ok(Column { name: row.get(1)?, kind: row.get(2)?, is_stored: row.get::<_, i64>(6)? == 0 })
    })?;
    columns.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(sql: &str) -> Declared {
        let database = Connection::open_in_memory().unwrap();
        database.execute_batch(sql).unwrap();
        Declared::of(&database).unwrap()
    }

    #[test]
    fn a_table_is_known_by_its_very_columns() {
        for (sql, known) in [
            ("", true),
            ("CREATE TABLE auth_profile_store (store_key TEXT, store_json TEXT, updated_at INTEGER)", true),
            ("CREATE TABLE other (x TEXT); CREATE TABLE state_leases (x TEXT)", true),
            ("CREATE TABLE auth_profile_store (store_key TEXT, store_json TEXT)", false),
            ("CREATE TABLE auth_profile_store (store_key TEXT, store_json BLOB, updated_at INTEGER)", false),
            ("CREATE TABLE auth_profile_store (store_key TEXT, store_json TEXT, updated_at INTEGER, x TEXT)", false),
            ("CREATE TABLE AUTH_profile_store (store_key TEXT, store_json TEXT, updated_at INTEGER)", false),
            ("CREATE VIEW auth_profile_store AS SELECT 1", false),
            (
                "CREATE TABLE auth_profile_state (state_key TEXT, state_json TEXT, updated_at INTEGER);
                CREATE TABLE schema_meta (x TEXT)",
                false,
            ),
        ] {
            let declared = of(sql);
            assert_eq!((declared.is_known(), declared.triggers), (known, false), "{sql}");
        }
    }

    #[test]
    fn a_table_has_the_columns_that_it_stores() {
        let declared = of("CREATE TABLE state_leases (scope TEXT, until INTEGER, twice TEXT AS (scope || scope))");
        assert!(declared.has("state_leases", &["until", "scope"]) && declared.has("state_leases", &[]));
        assert!(!declared.has("state_leases", &["scope", "lease_key"]));
        assert!(!declared.has("state_leases", &["twice"]), "it is computed");
        assert!(!declared.has("schema_meta", &[]));
    }

    #[test]
    fn a_trigger_of_the_tables_of_profiles_is_seen_and_no_other() {
        for (table, triggers) in [("auth_profile_store", true), ("config_machine_state", true), ("other", false)] {
            let declared = of(&format!(
                "CREATE TABLE {table} (x TEXT); CREATE TRIGGER t AFTER UPDATE ON {table} BEGIN SELECT 1; END"
            ));
            assert_eq!(declared.triggers, triggers, "{table}");
        }
    }
}
