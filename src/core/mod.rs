//! The decisions: which source a profile belongs to, what its verdict is, and what is changed.
//!
//! Nothing here reads a file, a clock or the environment, and nothing starts a process. Each function gets
//! everything that it needs as a parameter, so a test can try every case.
//!
//! - `account` - whether a profile and a source belong to different accounts
//! - `other_account` - what is said of a profile of another account than its source's
//! - `adopt` - the profiles that the command line gives to a login
//! - `binding` - which source a profile belongs to
//! - `change` - turns a verdict into changes to the fields of an entry
//! - `decide` - binds and judges every profile of an inventory
//! - `decide_one` - binds and judges one profile
//! - `due` - whether a login has to be refreshed now
//! - `elsewhere` - whether a profile's login is in a directory that the run does not look at
//! - `explain` - explains one profile to a person
//! - `holds` - whether a profile holds already what a delivery would give it
//! - `judge` - picks the verdict for one profile
//! - `keep` - whether an update would destroy a login that may be alive
//! - `linked` - which login a link leads to
//! - `outcome` - which exit code a verdict has
//! - `own_lineage` - whether a profile can be renewed without its source
//! - `questions` - what the engine asks about one profile or login, beside the decision
//! - `reverted` - whether somebody has put an older credential back into a profile
//! - `rule` - the rule that gave a verdict, as a sentence
//! - `setup_token` - which profile holds a setup token, and when that ends at the latest
//! - `shadow` - profiles that Claude Code gets in place of its own login
//! - `shared_rows` - whether a row of SQLite that several agents see may be updated
//! - `which_login` - which of several logins of one CLI a profile goes to

pub mod account;
pub mod adopt;
pub mod binding;
pub mod change;
pub mod decide;
pub mod decide_one;
pub mod due;
pub mod elsewhere;
pub mod explain;
pub mod holds;
pub mod judge;
pub mod keep;
pub mod linked;
pub mod other_account;
pub mod outcome;
pub mod own_lineage;
pub mod questions;
pub mod reverted;
pub mod rule;
pub mod setup_token;
pub mod shadow;
pub mod shared_rows;
pub mod which_login;
