//! Refreshes a CLI's own login, without logging anyone out.
//!
//! A refresh token has one owner, the CLI, and can be spent once. So either the CLI itself refreshes
//! (`official_cli`), or ocsync does it under the CLI's own locks (`http`). Then it posts only when it is
//! certain that the answer can be saved.
//!
//! - `http` - one refresh at the vendor's token endpoint
//! - `lock` - the locks that the CLIs themselves take
//! - `login_file` - the file of a login, as it is read and written around a refresh
//! - `login_text` - the text of that file with new tokens in it
//! - `official_cli` - lets the CLI refresh its own login
//! - `one_login` - refreshes one login that is due, and looks at the result
//! - `owner` - a login belongs to its user
//! - `save` - puts new tokens into the CLI's file, under its locks
//! - `wording` - what the report says of a refresh
//! - `write_back` - puts tokens that OpenClaw refreshed back into the CLI's file

pub mod http;
pub mod lock;
pub mod login_file;
pub mod login_text;
pub mod official_cli;
pub mod one_login;
pub mod owner;
pub mod save;
pub mod wording;
pub mod write_back;

use crate::model::problem::Problem;
use crate::model::secret::{Secret, Token};
use crate::sys::locked::Blocked;

/// New tokens of a login. They come from a token endpoint, or from a profile that has spent the old ones.
/// What is `None` stays as it is in the CLI's file, but for the end of the access token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fresh {
    /// The access token.
    pub access: Token,
    /// The refresh token, where it was rotated.
    pub refresh: Option<Token>,
    /// Codex: the id token.
    pub id_token: Option<Secret>,
    /// When the access token ends, in milliseconds, as far as somebody says so.
    pub expires: Option<i64>,
    /// When the login itself ends, in milliseconds.
    pub deadline: Option<i64>,
    /// The scopes of the access token.
    pub scopes: Option<Vec<String>>,
    /// The id of the account that they belong to.
    pub account: Option<String>,
}

/// What came of a refresh.
#[derive(Debug)]
pub enum RefreshOutcome {
    /// The CLI's file holds new tokens.
    Refreshed,
    /// The same, and nobody says when the access token ends, or it has ended already.
    Undated,
    /// Another program was faster: the file holds another login by now, or none.
    Adopted,
    /// The refresh token is dead, in the server's words: only a login helps.
    Dead(String),
    /// The endpoint refuses this client.
    Refused {
        /// Why, in a few words.
        why: String,
        /// When to try again, in seconds.
        retry_after: Option<i64>,
    },
    /// It failed, and a later try may succeed.
    Passing {
        /// Why, in a few words.
        why: String,
        /// When to try again, in seconds.
        retry_after: Option<i64>,
    },
    /// Another program holds this lock.
    Busy(String),
    /// A signal stopped the run before it asked for anything.
    Interrupted,
    /// It could not begin. It asked for nothing.
    Failed(Problem),
    /// The server gave new tokens, and the CLI's file does not have them yet.
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
