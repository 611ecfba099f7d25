//! The SQLite store of OpenClaw from 2026.6.5 on: read without a trace, written one cell at a time.
//!
//! - `view` - reads what each agent of an installation sees: its own rows over the shared ones
//! - `row_homes` - the rows that profiles are in, and why a row must not be written
//! - `rows` - the profiles of one pair of rows, and how one pair goes over another
//! - `tables` - where the rows are: tables, columns, keys
//! - `read` - reads cells of one database and leaves no trace of it
//! - `turns` - two threads never have the same database open
//! - `in_memory` - a database that nobody writes, handed to SQLite in memory
//! - `beside` - the files that SQLite keeps beside a database, looked at without SQLite
//! - `claims` - what a database says of itself, and whether it may be written
//! - `layout` - the schemas, tables and columns that are known
//! - `declared` - the tables and columns that a database declares
//! - `read_claims` - the queries that ask a database for its claims
//! - `open` - opens a database to write it, where it is free as a whole
//! - `write` - exchanges the text of one cell
//! - `coordinator` - OpenClaw's lock on its state database
//! - `failure` - why a database cannot be written, from what SQLite says
//! - `connection` - what every connection needs: hardening, waiting for a lock, reading a cell

pub mod beside;
pub mod claims;
pub mod connection;
pub mod coordinator;
pub mod declared;
pub mod failure;
pub mod in_memory;
pub mod layout;
pub mod open;
pub mod read;
pub mod read_claims;
pub mod row_homes;
pub mod rows;
pub mod tables;
pub mod turns;
pub mod view;
pub mod write;

/// The schemas of the databases that are written: of an agent's, and of the shared one.
#[must_use]
pub fn known_schemas() -> (Vec<u32>, &'static [u32]) {
    ([layout::AGENT_ALONE, layout::AGENT_BESIDE].concat(), layout::STATE)
}
