//! TODO header.

pub mod alive;
pub mod converse;
mod gathered;
pub mod run;
pub mod run_as;
