//! Where OpenClaw keeps profiles in its databases: tables, columns and keys (2026.6.5 to 2026.9.6).
//!
//! An agent's database has one row with its profiles and one with what OpenClaw has learnt of them. The state
//! database of 2026.8.1 and later has the same pair among its other settings.

use crate::model::inventory::{Database, RowHome};
use crate::openclaw::sqlite::connection::CellAddress;
use crate::openclaw::sqlite::write::Row;

/// An agent's own pair: its profiles, and what OpenClaw has learnt of them.
pub(super) const OWN: [CellAddress; 2] = [
    CellAddress { table: "auth_profile_store", columns: ("store_key", "store_json"), key: "primary" },
    CellAddress { table: "auth_profile_state", columns: ("state_key", "state_json"), key: "primary" },
];

/// The pair that all agents share, in the state database.
pub(super) const SHARED: [CellAddress; 2] =
    [machine_state("authProfiles.store"), machine_state("authProfiles.state")];

const fn machine_state(key: &'static str) -> CellAddress {
    CellAddress { table: "config_machine_state", columns: ("state_key", "value_json"), key }
}

/// The row to be written for profiles that are in `home`.
pub fn row(home: &RowHome) -> Row {
    match home.database {
        Database::Main | Database::Own => Row { cell: OWN[0], updated: "updated_at" },
        Database::State => Row { cell: SHARED[0], updated: "updated_at_ms" },
    }
}
