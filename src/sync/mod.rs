//! TODO header.

pub mod before;
pub mod create;
pub mod deliver;
pub mod env_file;
pub mod gather;
pub mod items;
pub mod link;
pub mod link_one;
pub mod reloads;
pub mod remember;
pub mod state_file;
pub mod warn;
pub mod write;
pub mod write_back;
pub mod write_json;
pub mod write_sqlite;
