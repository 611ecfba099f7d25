//! TODO header.

pub mod cli;
pub mod did_you_mean;
pub mod env;
pub mod file;
mod login_paths;
pub mod notify;
pub mod options;
pub mod per_source;
pub mod programs;
pub mod refresh;
pub mod values;
