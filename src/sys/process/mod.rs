//! Other programs.
//!
//! - `alive` - whether a process lives, and which of those with its pid it is
//! - `converse` - talks to a program line by line
//! - `gathered` - what a program prints, read in the background
//! - `run` - runs a program to its end, bounded in time, input and output
//! - `run_as` - as whom root runs a program, and which ones it runs at all

pub mod alive;
pub mod converse;
pub mod gathered;
pub mod run;
pub mod run_as;
