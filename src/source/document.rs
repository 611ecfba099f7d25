//! How a CLI's JSON file is read, and the fields that all of them have in common.
//!
//! Claude Code up to 2.1.112, Codex up to 0.166 and the login of Qwen write in place. So a reader can find an empty
//! or a truncated file. Such a file is read once more before it is called malformed.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::model::exit::Code;
use crate::model::json_text::{self, place, position};
use crate::model::login::{Expiry, Identity, Login};
use crate::model::problem::Problem;
use crate::model::secret::Token;
use crate::model::source::SourceState;
use crate::model::zeroizing::Zeroizing;
use crate::sys::fs::obstacle::obstacle;
use crate::sys::fs::open;
use crate::sys::fs::read::{self, FileId};
use crate::sys::wiped::WipedJson;

/// The time that a CLI may need to write its file in place.
const TORN_WAIT: Duration = Duration::from_millis(150);

/// A CLI's file: its value, and its text, which gives the place of a wrong field.
#[derive(Debug)]
pub struct Document {
    /// The JSON value in the file.
    pub value: WipedJson,
    /// The identity of the file when it was read; `None` for a text that comes from no file.
    pub id: Option<FileId>,
    text: Zeroizing<Vec<u8>>,
    path: PathBuf,
}

impl Document {
    /// Makes a document of a text.
    ///
    /// # Errors
    /// What is wrong with the text, with line and column.
    pub fn parse(path: &Path, text: Vec<u8>) -> Result<Self, Problem> {
        let text = Zeroizing::new(text);
        let at = |line, column, why: &str| Err(malformed(path, &format!("line {line} column {column}: {why}")));
        if text.starts_with(b"\xef\xbb\xbf") {
            return at(1, 1, "starts with a byte order mark");
        }
        if text.iter().all(u8::is_ascii_whitespace) {
            return at(1, 1, "the file is empty");
        }
        // The syntax errors of serde_json name a position and never quote the text.
        match serde_json::from_slice(&text) {
            Ok(value) => Ok(Self { value: WipedJson(value), id: None, text, path: path.to_owned() }),
            Err(error) => {
                let (line, column) = place(&error);
                at(line, column, &json_text::why(&error))
            }
        }
    }

    /// The text of the file. It was parsed as JSON, so it is UTF-8.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.text).unwrap_or_default()
    }

    /// The problem of a wrong field. Its place is that of the first of `names` that the text has: the field itself,
    /// or the object that lacks it.
    #[must_use]
    pub fn wrong(&self, names: &[&str], why: &str) -> Problem {
        let place = |name: &&str| {
            let quoted = format!("\"{name}\"");
            self.text.windows(quoted.len()).position(|window| window == quoted.as_bytes())
        };
        let offset = names.iter().find_map(place).unwrap_or(0);
        let (line, column) = position(&self.text[..offset]);
        malformed(&self.path, &format!("line {line} column {column}: {why}"))
    }
}

/// Reads a CLI's JSON file; `None` where there is no file.
///
/// # Errors
/// What is wrong with the file: it may not be read, it belongs to another user, it is no JSON.
#[must_use]
pub fn json(path: &Path) -> Option<Result<Document, Problem>> {
    let mut outcome = once(path)?;
    if matches!(&outcome, Err(problem) if problem.failure == Some(Code::Data)) {
        std::thread::sleep(TORN_WAIT);
        outcome = once(path)?;
    }
    Some(outcome)
}

/// [`json`], without a second look at a file that may be half written.
pub(super) fn once(path: &Path) -> Option<Result<Document, Problem>> {
    let me = rustix::process::geteuid();
    let mut bytes = Vec::new();
    let id = match open::open(path).and_then(|opened| read::read_open(&opened, &mut bytes)) {
        Ok(id) => id,
        Err(error) if open::is_absent(&error) => return None,
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::FileTooLarge) => {
            return Some(Err(malformed(path, &error.to_string())));
        }
        Err(error) => return Some(Err(obstacle("cannot read", path, &error))),
    };
    if !me.is_root() && id.uid != me.as_raw() && id.uid != 0 {
        let message = format!("{} belongs to another user (uid {})", path.display(), id.uid);
        return Some(Err(Problem::error(Code::Permission, "wrong-owner", message, "use a login of your own")));
    }
    Some(Document::parse(path, bytes).map(|document| Document { id: Some(id), ..document }))
}

/// The problem of a malformed file. `why` says what is wrong in it.
#[must_use]
pub fn malformed(path: &Path, why: &str) -> Problem {
    let message = format!("{}: {why}", path.display());
    Problem::malformed(message, "ocsync changed nothing; if this lasts, log in again")
}

/// A field of a CLI's file that should hold a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// It holds a token.
    Token(Token),
    /// It is `""`, which marks a dead login.
    Empty,
    /// It is missing or null.
    Missing,
    /// It is no string, or holds blanks or control characters: it cannot be a token.
    Wrong,
}

/// The field `name` of an object, as a token.
pub fn token(object: &Value, name: &str) -> Field {
    match object.get(name) {
        None | Some(Value::Null) => Field::Missing,
        Some(Value::String(text)) if text.is_empty() => Field::Empty,
        Some(Value::String(text)) if text.chars().any(|c| c.is_control() || c.is_whitespace()) => Field::Wrong,
        Some(Value::String(text)) => Field::Token(Token::new(text)),
        Some(_) => Field::Wrong,
    }
}

/// An expiry in milliseconds. It is unknown unless the value is a number.
pub fn millis(value: Option<&Value>) -> Expiry {
    #[allow(clippy::cast_possible_truncation, reason = "whole milliseconds; out of range saturates")]
    let number = |value: &Value| value.as_i64().or_else(|| value.as_f64().map(|float| float as i64));
    value.and_then(number).map_or(Expiry::Unknown, Expiry::At)
}

/// The field `name` of an object, where it is a non-empty string.
pub fn text(object: &Value, name: &str) -> Option<String> {
    object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// What an empty refresh token means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmptyRefresh {
    /// The login is dead.
    Dead,
    /// The login has no refresh token.
    None,
}

/// The state of the login in an object with `access_token` and `refresh_token`, as MiniMax and Qwen write it.
pub fn login(document: &Document, object: &Value, expires: Expiry, empty: EmptyRefresh) -> SourceState {
    let wrong = |name: &str| {
        let why = format!("\"{name}\" is missing or not a token");
        SourceState::Unreadable(document.wrong(&[name, "oauth"], &why))
    };
    if !object.is_object() {
        return SourceState::Unreadable(document.wrong(&[], "not an object"));
    }
    let access = match token(object, "access_token") {
        Field::Token(token) => token,
        Field::Empty => return SourceState::LoggedOut,
        Field::Missing | Field::Wrong => return wrong("access_token"),
    };
    let refresh = match token(object, "refresh_token") {
        Field::Token(token) => Some(token),
        Field::Empty if empty == EmptyRefresh::Dead => return SourceState::LoggedOut,
        Field::Empty | Field::Missing => None,
        Field::Wrong => return wrong("refresh_token"),
    };
    let refreshable = refresh.is_some();
    SourceState::Live(Login { access, refresh, refreshable, expires, deadline: None, identity: Identity::default() })
}
