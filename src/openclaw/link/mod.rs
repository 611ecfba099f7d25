//! TODO header.

pub mod apply;
pub mod exec_protocol;
pub mod plan;
