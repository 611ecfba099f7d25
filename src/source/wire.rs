//! What all the CLIs' files have in common: how to read one that may be half written.
//!
//! Claude Code up to 2.1.112, Codex up to 0.166 and Qwen's login write in place, so a reader
//! can find an empty or a truncated file. It is read once more before it is called malformed.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use zeroize::Zeroizing;

use crate::credential::{Expiry, Token};
use crate::exit::Code;
use crate::fs::read;
use crate::problem::Problem;

/// How long a CLI that writes in place may need for it.
const TORN_WAIT: Duration = Duration::from_millis(150);

/// Reads a CLI's JSON file; `None` where there is none.
///
/// # Errors
/// What is wrong with it, for the operator: not permitted, another user's, no JSON.
#[must_use]
pub fn json(path: &Path) -> Option<Result<Value, Problem>> {
    let mut outcome = once(path)?;
    if matches!(&outcome, Err(problem) if problem.failure == Some(Code::Data)) {
        std::thread::sleep(TORN_WAIT);
        outcome = once(path)?;
    }
    Some(outcome)
}

fn once(path: &Path) -> Option<Result<Value, Problem>> {
    let malformed = |why: String| {
        let message = format!("{}: {why}", path.display());
        Err(Problem::error(Code::Data, "malformed", message, "nothing was changed; log in again if it stays so"))
    };
    let (bytes, id) = match read::read(path) {
        Ok(Some((bytes, id))) => (Zeroizing::new(bytes), id),
        Ok(None) => return None,
        Err(error) if matches!(error.kind(), std::io::ErrorKind::InvalidInput | std::io::ErrorKind::FileTooLarge) => {
            return Some(malformed(error.to_string()));
        }
        Err(error) => return Some(Err(Problem::io("cannot read", path, &error))),
    };
    let me = rustix::process::geteuid();
    if !me.is_root() && id.uid != me.as_raw() && id.uid != 0 {
        let message = format!("{} belongs to another user (uid {})", path.display(), id.uid);
        return Some(Err(Problem::error(Code::Permission, "wrong-owner", message, "use a login of your own")));
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return Some(malformed("line 1 column 1: starts with a byte order mark".into()));
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Some(malformed("line 1 column 1: the file is empty".into()));
    }
    // serde_json's syntax errors name a position and never quote the text.
    Some(serde_json::from_slice(&bytes).or_else(|error: serde_json::Error| {
        let message = error.to_string();
        let why = message.split(" at line ").next().unwrap_or_default();
        malformed(format!("line {} column {}: {why}", error.line(), error.column()))
    }))
}

/// A malformed file, by what is wrong in it.
#[must_use]
pub fn malformed(path: &Path, why: &str) -> Problem {
    let message = format!("{}: line 1: {why}", path.display());
    Problem::error(Code::Data, "malformed", message, "nothing was changed; log in again if it stays so")
}

/// A token in a CLI's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// There.
    Token(Token),
    /// There and `""`: how a dead login is marked.
    Empty,
    /// Missing or null.
    Missing,
    /// Not a string, or with control characters: no token.
    Wrong,
}

/// Reads a token out of an object.
#[must_use]
pub fn token(object: &Value, name: &str) -> Field {
    match object.get(name) {
        None | Some(Value::Null) => Field::Missing,
        Some(Value::String(text)) if text.is_empty() => Field::Empty,
        Some(Value::String(text)) if text.chars().any(|c| c.is_control() || c.is_whitespace()) => Field::Wrong,
        Some(Value::String(text)) => Field::Token(Token::new(text)),
        Some(_) => Field::Wrong,
    }
}

/// A time in milliseconds; unknown unless it is a number.
#[must_use]
pub fn millis(value: Option<&Value>) -> Expiry {
    #[allow(clippy::cast_possible_truncation, reason = "whole milliseconds; out of range saturates")]
    let number = |value: &Value| value.as_i64().or_else(|| value.as_f64().map(|float| float as i64));
    value.and_then(number).map_or(Expiry::Unknown, Expiry::At)
}

/// A non-empty string member.
#[must_use]
pub fn text(object: &Value, name: &str) -> Option<String> {
    object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}
