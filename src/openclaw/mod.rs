//! OpenClaw: where it keeps profiles, how it locks them, and how its gateway is told.

pub mod config;
pub mod config_file;
pub mod cooldown;
pub mod era;
pub mod exec_provider;
pub mod fence;
pub mod gateway;
pub mod json_store;
pub mod layout;
pub mod link;
pub mod lock;
pub mod lock_holder;
pub mod nested;
pub mod plan_file;
pub mod profile;
pub mod program;
pub mod reload;
pub mod sqlite_files;
pub mod sqlite_layout;
pub mod sqlite_store;
pub mod standing;
pub mod sweep;
pub mod version;
