//! The layouts of OpenClaw's databases in which a profile may be written.
//!
//! A layout is known by its numbers (`user_version`), its tables and their columns, and not by the release that made
//! it. `tests/real/openclaw_matrix.rs` has let every release on npm make a store, and has written it:
//!
//! | releases | state database | agent's database | profiles are in |
//! |---|---|---|---|
//! | 2026.6.5 to 2026.7.35 | 1 | 1 | the agent's database |
//! | 2026.8.1 to 2026.9.2 | 15 | 19 | both |
//! | 2026.9.3 | 16 | 19 | both |
//! | 2026.9.4 | 17 | 19 | both |
//! | 2026.9.5 | 17 | 21 | both |
//! | 2026.9.6 | 18 | 23 | both |
//!
//! The tables of profiles have the same columns in all of them; from 2026.8.1 on they are `STRICT`.

/// The schemas of a state database that holds profiles.
pub(super) const STATE: &[u32] = &[15, 16, 17, 18];
/// The schema of an agent's database where no state database holds profiles.
pub(super) const AGENT_ALONE: &[u32] = &[1];
/// The schemas of an agent's database beside a state database that holds profiles.
pub(super) const AGENT_BESIDE: &[u32] = &[19, 21, 23];

/// The tables that a write touches or relies on, with all their columns and types in order.
pub(super) const TABLES: [(&str, &str); 4] = [
    ("auth_profile_store", "store_key TEXT, store_json TEXT, updated_at INTEGER"),
    ("auth_profile_state", "state_key TEXT, state_json TEXT, updated_at INTEGER"),
    ("config_machine_state", "state_key TEXT, value_json TEXT, updated_at_ms INTEGER"),
    (
        "schema_meta",
        "meta_key TEXT, role TEXT, schema_version INTEGER, agent_id TEXT, app_version TEXT, created_at INTEGER, updated_at INTEGER",
    ),
];

/// The table in which OpenClaw notes that a command has all agents' databases to itself.
pub(super) const LEASES: &str = "state_leases";
