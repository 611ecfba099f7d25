//! `ocsync` keeps OpenClaw's stored OAuth credentials in step with the AI CLIs that own them.
//!
//! The rooms, from top to bottom. A room uses only rooms below it; `tests/core/layers.rs` checks that.
//!
//! - `command` - the commands: they call the other rooms and print the result
//! - `notify` - flag file, hooks and ping after a run
//! - `sync` - the engine: one pass over all logins and stores
//! - `refresh` - refreshes a CLI's own login
//! - `report` - what a run has found and done, and the forms of output
//! - `source` - the CLIs' login files, read only
//! - `openclaw` - OpenClaw's installations, stores and locks
//! - `settings` - the command line, the configuration, the environment and the defaults
//! - `core` - the decisions, without input or output
//! - `sys` - the machine: files, processes, clock, signals
//! - `model` - the nouns, which every room uses
//!
//! The library exists for the program and its tests. It is not a stable interface.

#![forbid(unsafe_code)]
// Tests make files of their own and look at them.
#![cfg_attr(test, allow(clippy::disallowed_methods))]

mod command;
mod core;
mod model;
mod notify;
mod openclaw;
mod refresh;
mod report;
mod settings;
mod source;
mod sync;
mod sys;

#[doc(hidden)]
pub mod testing;

pub use crate::command::run;
pub use crate::command::usage::usage;
pub use crate::command::version;
pub use crate::model::exit::Code;
pub use crate::report::nagios::Status;
pub use crate::settings::cli::Cli;
pub use crate::sys::signal;
