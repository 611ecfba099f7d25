//! TODO header.

pub mod config_file;
pub mod discover;
pub mod era;
pub mod settings;
