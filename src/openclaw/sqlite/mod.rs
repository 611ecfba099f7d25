//! TODO header.

pub mod beside;
pub mod claims;
pub mod connection;
pub mod coordinator;
pub mod read;
mod read_claims;
pub mod rows;
pub mod tables;
pub mod view;
pub mod write;
