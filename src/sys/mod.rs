//! The machine that ocsync runs on: files, other programs, clock, signals, URLs. Nothing here decides
//! anything about a login.
//!
//! - `clock` - the wall clock
//! - `fs` - files: one way to read them, one way to replace them
//! - `json5` - reads a JSON5 file
//! - `locked` - why something was not done under a lock
//! - `nesting` - how deep a JSON5 value may nest
//! - `process` - other programs: starts them, bounds them, sees whether they live
//! - `side_by_side` - does the same work on many things at once
//! - `signal` - the signals that end a run
//! - `url` - which URLs ocsync may ask, and what its HTTP errors are called
//! - `wiped` - overwrites what held tokens

pub mod clock;
pub mod fs;
pub mod json5;
pub mod locked;
pub mod nesting;
pub mod process;
pub mod side_by_side;
pub mod signal;
pub mod url;
pub mod wiped;
