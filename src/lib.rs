//! `ocsync` keeps OpenClaw's stored OAuth credentials in step with the AI CLIs that own them.
//!
//! One run is one pass: discover, read the sources, read the stores, decide, plan, apply, tell
//! the gateway, exit with a code that says what happened. `lineage`, `binding`, `dates`,
//! `decide` and `plan` do no I/O; `fs::replace` is the only place that replaces a file;
//! `openclaw::lock` the only one that takes OpenClaw's lock; `exit` holds the only table of exit
//! codes. The library exists for the binary and its tests; it is no stable interface.

#![forbid(unsafe_code)]
// A test makes and looks at files of its own.
#![cfg_attr(test, allow(clippy::disallowed_methods))]

pub mod command;
pub mod core;
pub mod model;
pub mod notify;
pub mod openclaw;
pub mod refresh;
pub mod report;
pub mod settings;
pub mod source;
pub mod sync;
pub mod sys;
