//! OpenClaw's side: what ocsync knows of OpenClaw's files, databases, locks and commands.
//!
//! - `install` - finds an installation: its settings, its agents, and which kind of store it uses
//! - `json` - the store of 2026.6.1 and earlier, `auth-profiles.json`
//! - `sqlite` - the store of 2026.6.5 and later, in two kinds of databases
//! - `lock` - OpenClaw's lock files on a store and on a profile
//! - `link` - lets a profile in SQLite refer to a CLI's login, so that no token is copied
//! - `gateway` - whether a gateway runs, and how it is asked to read its profiles again

pub mod gateway;
pub mod install;
pub mod json;
pub mod link;
pub mod lock;
pub mod sqlite;
