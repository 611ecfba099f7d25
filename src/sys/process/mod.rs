//! TODO header.

pub mod alive;
pub mod converse;
pub mod run;
pub mod run_as;
