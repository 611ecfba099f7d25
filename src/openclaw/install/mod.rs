//! An installation of OpenClaw, as it is found on disk.
//!
//! - `discover` - finds the agents of a state directory, and puts together what is known of it
//! - `era` - which kind of store an installation uses: JSON or SQLite
//! - `misplaced` - stores that lie where OpenClaw does not look
//! - `settings` - what ocsync needs to know of `openclaw.json`
//! - `models` - the models of each agent
//! - `routes` - by which route the models of each agent reach their vendor
//! - `variables` - the variables that `${NAME}` in `openclaw.json` may name
//! - `dotenv` - reads a `.env` file
//! - `config_file` - reads `openclaw.json`: JSON5 with `$include` and `${NAME}`

pub mod config_file;
pub mod discover;
pub mod dotenv;
pub mod era;
pub mod misplaced;
pub mod models;
pub mod routes;
pub mod settings;
pub mod variables;
