//! The JSON store of OpenClaw up to 2026.6.1. SQLite holds the same texts in its cells.
//!
//! - `store` - reads `auth-profiles.json`, which may be half written
//! - `store_text` - the text of a store: its profiles, and how one more is added
//! - `cooldown` - for how long OpenClaw does not use a profile, and which of that a fresh token lifts
//! - `cooldown_files` - reads the files that name cooldowns

pub mod cooldown;
pub mod cooldown_files;
pub mod store;
pub mod store_text;
