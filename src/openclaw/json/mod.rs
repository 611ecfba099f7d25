//! TODO header.

pub mod cooldown;
pub mod store;
pub mod store_text;
