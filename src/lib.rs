//! `ocsync` keeps OpenClaw's stored OAuth credentials in step with the AI CLIs that own them.
//!
//! The rooms, from the top down; a room uses those below it and never one above:
//!
//! - `command` - the verbs: they print what the others have found and done
//! - `notify` - flag file, hooks and ping after a run
//! - `sync` - the engine: one pass over everything
//! - `refresh` - refreshes a CLI's own login
//! - `report` - what a run has found and done, and its forms
//! - `source` - the CLIs' login files, read only
//! - `openclaw` - OpenClaw's installations, stores and locks
//! - `settings` - what was asked for
//! - `core` - the decisions, without input or output
//! - `sys` - the machine: files, processes, clock, signals
//! - `model` - the nouns, which every room uses
//!
//! The library exists for the program and its tests; it is no stable interface.

#![forbid(unsafe_code)]
// A test makes and looks at files of its own.
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
pub use crate::model::exit::Code;
pub use crate::report::nagios::Status;
pub use crate::settings::cli::Cli;
pub use crate::sys::signal;
