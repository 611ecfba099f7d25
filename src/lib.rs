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

pub mod account;
pub mod apply;
pub mod binding;
pub mod child;
pub mod cli;
pub mod clock;
pub mod command;
pub mod config;
pub mod conversation;
pub mod credential;
pub mod dates;
pub mod decide;
pub mod edit;
pub mod env;
pub mod exit;
pub mod export;
pub mod few;
pub mod fs;
pub mod history;
pub mod in_place;
pub mod inventory;
pub mod journal;
pub mod lineage;
pub mod nearest;
pub mod notify;
pub mod openclaw;
pub mod options;
pub mod per_source;
pub mod plan;
pub mod problem;
pub mod process;
pub mod refresh;
pub mod report;
pub mod run_as;
pub mod search;
pub mod signal;
pub mod source;
pub mod state_file;
pub mod terminal;
pub mod tokens;
pub mod verdict;
pub mod web;
pub mod words;

/// Wipes a buffer that has held a document with tokens.
pub fn wipe(buffer: &mut Vec<u8>) {
    zeroize::Zeroize::zeroize(buffer);
}
