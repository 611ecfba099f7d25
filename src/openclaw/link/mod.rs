//! Links a profile in SQLite to a CLI's login: the profile holds a reference in place of a token.
//!
//! - `plan` - the plan for `openclaw secrets apply`, and how an existing profile compares with it
//! - `apply` - has OpenClaw carry out a plan
//! - `exec_protocol` - what `ocsync provide` speaks when OpenClaw asks it for a token

pub mod apply;
pub mod exec_protocol;
pub mod plan;
