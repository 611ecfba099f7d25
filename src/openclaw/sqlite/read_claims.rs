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
        // An agent's own database has no such table: SQLite is not asked, because its error would take longer than an answer.
        if !state {
            return None;
        }
        let select = "SELECT CASE typeof(value_json) WHEN 'text' THEN substr(value_json, 1, 200) ELSE '' END
            FROM config_machine_state WHERE state_key = ?1";
        let found = connection.query_row(select, [key], |row| row.get::<_, String>(0)).optional();
        found.unwrap_or_else(|_| Some(String::new()))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What a database says of itself that was made by this.
    fn of(sql: &str) -> Claims {
        let database = Connection::open_in_memory().unwrap();
        database.execute_batch(sql).unwrap();
        read_claims(&database, &Declared::of(&database).unwrap(), true)
    }

    const STATE: &str = "PRAGMA user_version = 18;
        CREATE TABLE schema_meta (meta_key TEXT, role TEXT, schema_version INTEGER, agent_id TEXT, app_version TEXT,
            created_at INTEGER, updated_at INTEGER);
        INSERT INTO schema_meta VALUES ('primary', 'agent', 17, 'main', NULL, 1, 1), ('other', 'x', 1, 'x', NULL, 1, 1);
        CREATE TABLE config_machine_state (state_key TEXT, value_json TEXT, updated_at_ms INTEGER);
        CREATE TABLE state_leases (scope TEXT, lease_key TEXT, expires_at INTEGER);";

    #[test]
    fn every_claim_is_read_from_its_place() {
        let plain = Claims {
            version: 18,
            schema: Some(("agent".to_owned(), 17, Some("main".to_owned()))),
            known_tables: true,
            wal: true,
            ..Claims::default()
        };
        assert_eq!(of(STATE), plain);
        let with = |sql: &str| of(&format!("{STATE} {sql}"));
        let value =
            |key: &str, value: &str| with(&format!("INSERT INTO config_machine_state VALUES ('{key}', {value}, 1)"));
        assert_eq!(value("gateway.supervision", "'{}'"), Claims { supervised: true, ..plain.clone() });
        for (said, content) in [("'19'", 19), ("'x'", i64::MAX), ("x'3139'", i64::MAX), ("NULL", i64::MAX)] {
            let expected = Claims { content: Some(content), ..plain.clone() };
            assert_eq!(value("state.schema.contentVersion", said), expected, "{said}");
        }
        let shared = |text: &str| Claims { shared_store: Some(text.to_owned()), ..plain.clone() };
        assert_eq!(value("auth.sharedStore", "'{}'"), shared("{}"));
        assert_eq!(value("auth.sharedStore", "7"), shared("7"), "the column makes it text");
        assert_eq!(value("auth.sharedStore", "x'7b7d'"), shared(""));
        let lease = |values: &str| with(&format!("INSERT INTO state_leases VALUES ({values})")).maintained;
        assert_eq!(lease("'core:agent-database-maintenance', 'global', 7"), Some(7));
        assert_eq!(lease("'core:agent-database-maintenance', 'global', 0"), None);
        assert_eq!(lease("'core:agent-database-maintenance', 'other', 7"), None);
        assert_eq!(lease("'other', 'global', 7"), None);
        assert_eq!(lease("'core:agent-database-maintenance', 'global', 'soon'"), Some(i64::MAX), "forbids");
    }

    #[test]
    fn what_is_not_there_claims_nothing() {
        let nothing = Claims { known_tables: true, wal: true, ..Claims::default() };
        assert_eq!(of(""), nothing);
        assert_eq!(of("CREATE TABLE state_leases (scope TEXT, expires_at INTEGER)"), nothing);
        let other = of("CREATE TABLE config_machine_state (state_key TEXT, other TEXT)");
        assert_eq!(other, Claims { known_tables: false, ..nothing.clone() });
        let trigger =
            of(&format!("{STATE} CREATE TRIGGER t AFTER UPDATE ON config_machine_state BEGIN SELECT 1; END"));
        assert!(trigger.triggers && trigger.known_tables);
    }
}
