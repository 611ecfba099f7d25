//! TODO header.

pub mod find;
pub mod program;
pub mod reload;
