//! OpenClaw: where it keeps profiles, how it locks them, and how its gateway is told.

pub mod gateway;
pub mod install;
pub mod json;
pub mod link;
pub mod lock;
pub mod sqlite;
