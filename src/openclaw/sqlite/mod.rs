//! TODO header.

pub mod beside;
pub mod claims;
pub mod connection;
pub mod coordinator;
pub mod read;
pub mod view;
pub mod write;
