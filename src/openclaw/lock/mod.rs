//! OpenClaw's lock files: how ocsync takes one, how it judges one that is in the way, and how it cleans up.
//!
//! - `acquire` - the one function that takes OpenClaw's lock on a store or on a profile
//! - `protocol` - whether a version's lock is a directory or a file, and where it is
//! - `guard` - a lock that this run holds; dropping it gives the lock back
//! - `payloads` - the file that says who holds the locks; one file serves many locks
//! - `holder` - the text of that file, and whether the process that it names is dead
//! - `identity` - how one lock is distinguished from the next one at the same place
//! - `judge` - whether a lock that is in the way is gone, held or dead
//! - `clear` - takes a dead lock away
//! - `of_profile` - the names of OpenClaw's locks on one OAuth profile
//! - `sweep` - removes what a killed run has left behind

pub mod acquire;
pub mod clear;
pub mod guard;
pub mod holder;
pub mod identity;
pub mod judge;
pub mod of_profile;
pub mod payloads;
pub mod protocol;
pub mod sweep;

pub use acquire::{Request, acquire};
pub use guard::Lock;
pub use payloads::Payloads;
pub use protocol::Protocol;
