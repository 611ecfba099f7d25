//! Making a CLI's own login young again, without logging anybody out.
//!
//! A refresh token has one owner, the CLI, and can be spent once. So a refresh is either done by
//! the CLI itself (`official_cli`), or by ocsync under the CLI's own locks (`exchange`), which posts
//! only when it is certain that the answer can be saved.

pub mod claude_lock;
pub mod codex_lock;
pub mod official_cli;
pub mod token_endpoint;

use crate::credential::{Secret, Token};
use crate::problem::Problem;

/// New tokens of a login, from a token endpoint or from a profile that has spent the old ones.
/// What is `None` stays as the CLI's file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fresh {
    /// The access token.
    pub access: Token,
    /// The refresh token, where it has been rotated.
    pub refresh: Option<Token>,
    /// Codex: the id token.
    pub id_token: Option<Secret>,
    /// When the access token ends, in milliseconds.
    pub expires: Option<i64>,
    /// When the login itself ends, in milliseconds.
    pub deadline: Option<i64>,
    /// What the token is good for.
    pub scopes: Option<Vec<String>>,
    /// Whose it is: the account's id.
    pub account: Option<String>,
}

/// Why a lock of a CLI was not taken.
#[derive(Debug)]
pub enum NotLocked {
    /// Somebody holds it: which.
    Busy(String),
    /// The run was told to stop.
    Interrupted,
    /// It cannot be made, or is not what it should be.
    Failed(Problem),
}
