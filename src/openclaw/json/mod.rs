//! TODO header.

pub mod cooldown;
pub mod store;
