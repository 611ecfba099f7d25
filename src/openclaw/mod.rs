//! OpenClaw: where it keeps profiles, how it locks them, and how its gateway is told.

pub mod config;
pub mod config_file;
pub mod cooldown;
pub mod era;
pub mod gateway;
pub mod json_store;
pub mod layout;
pub mod lock;
pub mod lock_holder;
pub mod nested;
pub mod profile;
pub mod reload;
pub mod standing;
pub mod sweep;
pub mod version;
