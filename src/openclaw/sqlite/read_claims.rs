//! The queries that ask a database what it says of itself ([`Claims`]).

use rusqlite::{Connection, OptionalExtension};

use crate::openclaw::sqlite::claims::Claims;
use crate::openclaw::sqlite::declared::Declared;
use crate::openclaw::sqlite::layout::LEASES;

/// Asks a database for its claims. A question that it cannot answer is no error: it counts as the answer that forbids
/// writing.
pub(super) fn read_claims(connection: &Connection, declared: &Declared, wal: bool) -> Claims {
    let state = declared.has("config_machine_state", &["state_key", "value_json"]);
    let value = |key: &str| {
        let select = "SELECT CASE typeof(value_json) WHEN 'text' THEN substr(value_json, 1, 200) ELSE '' END
            FROM config_machine_state WHERE state_key = ?1";
        let found = connection.query_row(select, [key], |row| row.get::<_, String>(0)).optional();
        if state { found.unwrap_or_else(|_| Some(String::new())) } else { None }
    };
    Claims {
        version: connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap_or(0),
        schema: schema(connection, declared).ok().flatten(),
        supervised: value("gateway.supervision").is_some(),
        content: value("state.schema.contentVersion").map(|text| text.parse().unwrap_or(i64::MAX)),
        maintained: maintained(connection, declared).unwrap_or(Some(i64::MAX)),
        shared_store: value("auth.sharedStore"),
        known_tables: declared.is_known(),
        triggers: declared.triggers,
        wal,
    }
}

fn maintained(connection: &Connection, declared: &Declared) -> rusqlite::Result<Option<i64>> {
    if !declared.has(LEASES, &["scope", "lease_key", "expires_at"]) {
        return Ok(None);
    }
    let select = "SELECT expires_at FROM state_leases
        WHERE scope = 'core:agent-database-maintenance' AND lease_key = 'global' AND expires_at > 0";
    connection.query_row(select, [], |row| row.get(0)).optional()
}

fn schema(connection: &Connection, declared: &Declared) -> rusqlite::Result<Option<(String, i64, Option<String>)>> {
    if !declared.has("schema_meta", &[]) {
        return Ok(None);
    }
    let select = "SELECT substr(role, 1, 200), schema_version, substr(agent_id, 1, 200)
        FROM schema_meta WHERE meta_key = 'primary'";
    connection.query_row(select, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()
}
