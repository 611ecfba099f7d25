//! The queries that ask a database what it says of itself ([`Claims`]).

use rusqlite::{Connection, OptionalExtension};

use crate::openclaw::sqlite::claims::Claims;
use crate::openclaw::sqlite::connection::{has_columns, has_table};
use crate::openclaw::sqlite::layout::TABLES;

/// Asks a database for its claims. A question that it cannot answer is no error: it counts as the answer that forbids
/// writing.
pub(super) fn read_claims(connection: &Connection, wal: bool) -> Claims {
    let state = has_columns(connection, "config_machine_state", &["state_key", "value_json"]).unwrap_or(false);
    let value = |key: &str| {
        let select = "SELECT CASE typeof(value_json) WHEN 'text' THEN substr(value_json, 1, 200) ELSE '' END
            FROM config_machine_state WHERE state_key = ?1";
        let found = connection.query_row(select, [key], |row| row.get::<_, String>(0)).optional();
        if state { found.unwrap_or_else(|_| Some(String::new())) } else { None }
    };
    let triggers = "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'
        AND lower(tbl_name) IN ('auth_profile_store', 'config_machine_state')";
    Claims {
        version: connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap_or(0),
        schema: schema(connection).ok().flatten(),
        supervised: value("gateway.supervision").is_some(),
        content: value("state.schema.contentVersion").map(|text| text.parse().unwrap_or(i64::MAX)),
        maintained: maintained(connection).unwrap_or(Some(i64::MAX)),
        shared_store: value("auth.sharedStore"),
        known_tables: known_tables(connection).unwrap_or(false),
        triggers: connection.query_row(triggers, [], |row| row.get::<_, i64>(0)).map_or(true, |count| count > 0),
        wal,
    }
}

/// Whether each table of profiles that is there has exactly the columns that are known. A generated column counts.
fn known_tables(connection: &Connection) -> rusqlite::Result<bool> {
    let columns = "SELECT group_concat(name || ' ' || type, ', ') FROM pragma_table_xinfo(?1)";
    for (table, known) in TABLES {
        let found = connection.query_row(columns, [table], |row| row.get::<_, Option<String>>(0))?;
        if found.is_some_and(|found| found != known) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn maintained(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    if !has_columns(connection, "state_leases", &["scope", "lease_key", "expires_at"])? {
        return Ok(None);
    }
    let select = "SELECT expires_at FROM state_leases
        WHERE scope = 'core:agent-database-maintenance' AND lease_key = 'global' AND expires_at > 0";
    connection.query_row(select, [], |row| row.get(0)).optional()
}

fn schema(connection: &Connection) -> rusqlite::Result<Option<(String, i64, Option<String>)>> {
    if !has_table(connection, "schema_meta")? {
        return Ok(None);
    }
    let select = "SELECT substr(role, 1, 200), schema_version, substr(agent_id, 1, 200)
        FROM schema_meta WHERE meta_key = 'primary'";
    connection.query_row(select, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()
}
