//! Making a CLI's own login young again, without logging anybody out.
//!
//! A refresh token has one owner, the CLI, and can be spent once. So a refresh is either done by
//! the CLI itself (`official_cli`), or by ocsync under the CLI's own locks (`exchange`), which posts
//! only when it is certain that the answer can be saved.

pub mod http;
pub mod lock;
pub mod login_file;
pub mod login_text;
pub mod official_cli;
pub mod one_login;
pub mod save;
pub mod wording;
pub mod write_back;

use crate::model::problem::Problem;
use crate::model::secret::{Secret, Token};
use crate::sys::locked::Blocked;

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

/// What came of a refresh.
#[derive(Debug)]
pub enum RefreshOutcome {
    /// The CLI's file holds new tokens.
    Refreshed,
    /// Somebody else was faster: the file holds another login by now, or none.
    Adopted,
    /// The refresh token is dead, in the server's words: only a login helps.
    Dead(String),
    /// The endpoint refuses this client; it may say for how many seconds.
    Refused {
        /// In a few words.
        why: String,
        /// In seconds.
        retry_after: Option<i64>,
    },
    /// It failed, and may do better later.
    Passing {
        /// In a few words.
        why: String,
        /// In seconds.
        retry_after: Option<i64>,
    },
    /// Somebody holds this lock.
    Busy(String),
    /// The run was told to stop, before anything was asked for.
    Interrupted,
    /// It could not begin; nothing was asked for.
    Failed(Problem),
    /// The server has given new tokens, and the CLI's file does not have them yet.
    Unsaved(Problem),
}

impl From<Blocked> for RefreshOutcome {
    fn from(error: Blocked) -> Self {
        match error {
            Blocked::Busy(which) => Self::Busy(which),
            Blocked::Interrupted => Self::Interrupted,
            Blocked::Failed(problem) => Self::Failed(problem),
        }
    }
}
