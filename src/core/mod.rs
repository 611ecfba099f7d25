//! The decisions: which source a profile belongs to, what its verdict is, and what is changed.
//!
//! Nothing here reads a file, a clock or the environment, and nothing starts a process. Each function gets
//! everything that it needs as a parameter, so a test can try every case.
//!
//! - `account` - whether a profile and a source belong to different accounts
//! - `own_lineage` - whether a profile can be renewed without its source
//! - `binding` - which source a profile belongs to
//! - `change` - turns a verdict into changes to the fields of an entry
//! - `decide` - binds and judges every profile of an inventory
//! - `due` - whether a login has to be refreshed now
//! - `judge` - picks the verdict for one profile
//! - `outcome` - which exit code a verdict has

pub mod account;
pub mod binding;
pub mod change;
pub mod decide;
pub mod due;
pub mod judge;
pub mod outcome;
pub mod own_lineage;
