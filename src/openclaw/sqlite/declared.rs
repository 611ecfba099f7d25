//! The tables that are asked about, as a database declares them.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use rusqlite::Connection;

use crate::model::recent::Recent;
use crate::openclaw::sqlite::layout::{LEASES, TABLES};

/// What a database declares.
#[derive(Debug, Default)]
pub(super) struct Declared {
    tables: Vec<Arc<Table>>,
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
    /// The statement that made it, as SQLite keeps it.
    sql: String,
    columns: Vec<Column>,
    /// It has exactly the columns that are known, or is none of those that have to.
    is_known: bool,
}

/// The tables that are written.
const WRITTEN: [&str; 2] = ["auth_profile_store", "config_machine_state"];

/// The length of a statement that is not remembered.
const LONG: usize = 4096;

/// The tables that databases declared most recently: those of most agents are alike.
static KNOWN: LazyLock<Mutex<Recent<Arc<Table>>>> = LazyLock::new(Mutex::default);

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
        // Most entries are indices. To compare names in here is shorter work than to have SQLite compare them.
        let select = "SELECT type, name, tbl_name, rootpage > 0, sql FROM sqlite_schema WHERE type IS NOT 'index'";
        let mut found = Self::default();
        let mut statement = connection.prepare(select)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let text = |column| row.get_ref(column).map(|value| value.as_str().unwrap_or_default());
            let (kind, name, of) = (text(0)?, text(1)?, text(2)?);
            let is_table = kind == "table";
            if kind == "trigger" {
                found.triggers |= WRITTEN.iter().any(|known| of.eq_ignore_ascii_case(known));
            } else if is_table || kind == "view" {
                let is_ordinary = is_table && row.get::<_, Option<bool>>(3)? == Some(true);
                match known().find(|known| name.eq_ignore_ascii_case(known)) {
                    Some(known) if is_ordinary && known == name => {
                        found.tables.push(Table::of(connection, known, text(4)?)?);
                    }
                    Some(_) => found.is_odd = true,
                    None => {}
                }
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
        !self.is_odd && self.tables.iter().all(|table| table.is_known)
    }
}

impl Table {
    /// A table that is declared by `sql`. SQLite itself knows a table by this text and nothing else, and reads no file in
    /// which the text is another table's. So it is asked once what a text declares.
    fn of(connection: &Connection, name: &'static str, sql: &str) -> rusqlite::Result<Arc<Self>> {
        let recent = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = recent().find(|known| known.name == name && known.sql == sql) {
            return Ok(known);
        }
        let columns = columns(connection, name)?;
        let all =
            columns.iter().map(|column| format!("{} {}", column.name, column.kind)).collect::<Vec<_>>().join(", ");
        let is_known = TABLES.iter().all(|(of, expected)| *of != name || all == *expected);
        let table = Arc::new(Self { name, sql: sql.to_owned(), columns, is_known });
        Ok(if sql.len() < LONG { recent().add(table) } else { table })
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
            ("CREATE VIEW Schema_Meta AS SELECT 1", false),
            ("CREATE TABLE 'auth_profile_store' (store_key TEXT, store_json TEXT, updated_at INTEGER)", true),
            ("CREATE TABLE 'auth_profile_store' (store_key TEXT)", false),
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
    fn sqlite_knows_a_table_by_its_text_alone() {
        let of = |name: &str, sql: &str| {
            let database = Connection::open_in_memory().unwrap();
            database.execute_batch("CREATE TABLE a (x TEXT); PRAGMA writable_schema=ON").unwrap();
            let update = "UPDATE sqlite_schema SET name = ?1, tbl_name = ?1, sql = ?2";
            database.execute(update, [name, sql]).unwrap();
            database.execute_batch("PRAGMA writable_schema=RESET").unwrap();
            Declared::of(&database).map(|declared| declared.has("schema_meta", &["y"]))
        };
        for _ in 0..2 {
            assert!(of("schema_meta", "CREATE TABLE schema_meta (y TEXT)").unwrap());
            assert!(!of("schema_meta", "CREATE TABLE schema_meta (z TEXT)").unwrap());
            for (name, sql) in [("schema_meta", "CREATE TABLE c (y TEXT)"), ("schema_meta", ""), ("a", "no table")] {
                assert!(of(name, sql).is_err(), "{name} {sql}");
            }
        }
    }

    #[test]
    fn a_virtual_table_is_not_asked_for_its_columns() {
        let database = Connection::open_in_memory().unwrap();
        let virtual_table = "'CREATE VIRTUAL TABLE schema_meta USING missing(x)'";
        let insert =
            format!("INSERT INTO sqlite_schema VALUES ('table', 'schema_meta', 'schema_meta', 0, {virtual_table})");
        database.execute_batch("PRAGMA writable_schema=ON").unwrap();
        database.execute_batch(&insert).unwrap();
        let declared = Declared::of(&database).unwrap();
        assert!(!declared.is_known() && !declared.has("schema_meta", &[]));
    }

    #[test]
    fn a_table_is_asked_for_once_unless_its_statement_is_long() {
        let twice = |length: usize| {
            let sql = format!("CREATE TABLE state_leases ({:1$} TEXT)", "x", length - 33);
            let [first, second] = [of(&sql), of(&sql)].map(|declared| declared.tables[0].clone());
            assert_eq!(first.sql.len(), length);
            Arc::ptr_eq(&first, &second)
        };
        // Tests beside this one may make it forget.
        assert!((0..100).any(|_| twice(LONG - 1)));
        assert!(!twice(LONG) && !twice(LONG + 1));
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
