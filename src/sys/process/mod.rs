//! Other programs.
//!
//! - `alive` - whether a process lives, and which of those with its pid it is
//! - `as_user` - the command that runs ocsync as another user
//! - `converse` - talks to a program line by line
//! - `gathered` - what a program prints, read in the background
//! - `host` - which machine, boot and PID namespace a process is in
//! - `run` - runs a program to its end, bounded in time, input and output

pub mod alive;
pub mod as_user;
pub mod converse;
pub mod gathered;
pub mod host;
pub mod run;
