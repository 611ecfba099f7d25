//! What a run reports beside its results: errors, warnings and notes, each with a hint.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::model::exit::Code;
use crate::model::time;

/// How much a problem weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something failed, or was refused although a person asked for it.
    Error,
    /// A person should look at it, and the exit code shows it already. It is the reason that goes with that code.
    #[serde(rename = "warning")]
    Standing,
    /// A person should look at it.
    Warning,
    /// It is worth knowing once.
    Note,
}

/// The code of the problem of a login that nobody renews. Every run tells it, also a quiet one.
pub const NOBODY_RENEWS: &str = "nobody-renews";

/// What a problem is about. A field is empty where the problem is about no login, agent or profile, or about several.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct About {
    /// The login, `claude`.
    pub source: Option<String>,
    /// The agent.
    pub agent: Option<String>,
    /// The profile.
    pub profile: Option<String>,
}

impl About {
    /// A login.
    pub fn login(source: &str) -> Self {
        Self { source: Some(source.to_owned()), ..Self::default() }
    }

    /// A profile of an agent, and the login that it is bound to.
    pub fn profile(source: Option<&str>, agent: &str, profile: Option<&str>) -> Self {
        Self { source: source.map(str::to_owned), agent: Some(agent.to_owned()), profile: profile.map(str::to_owned) }
    }
}

/// One line for the operator. It never holds a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// How much it weighs.
    pub severity: Severity,
    /// A stable word for scripts, `malformed` or `stuck-lock`.
    pub code: &'static str,
    /// What is wrong, and with which file.
    pub message: String,
    /// What to do about it; empty where there is nothing to add.
    pub hint: String,
    /// What it is about; of several, the first.
    #[serde(flatten)]
    pub about: Box<About>,
    /// The others that it is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<About>,
    /// When a run first saw it, in milliseconds; null where no run has noted it.
    #[serde(serialize_with = "time::date")]
    pub since: Option<i64>,
    /// The exit code that it asks for, where it is a failure.
    #[serde(skip)]
    pub failure: Option<Code>,
    /// A quiet run has printed it in the last day, and does not print it again.
    #[serde(skip)]
    pub printed: bool,
}

impl Problem {
    /// A failure that counts in the exit code.
    pub fn error(failure: Code, code: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { severity: Severity::Error, failure: Some(failure), ..Self::warning(code, message, hint) }
    }

    /// A difference that stays, and that the exit code shows already.
    pub fn drift(code: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        let standing = Self::warning(code, message, hint);
        Self { severity: Severity::Standing, ..standing }
    }

    /// A state that lasts until a person acts. Every run reports it as an error, and the exit code shows it already.
    pub fn lasting(code: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { severity: Severity::Error, ..Self::drift(code, message, hint) }
    }

    /// Something that a person should look at. It does not change the exit code by itself.
    pub fn warning(code: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            code,
            message: message.into(),
            hint: hint.into(),
            about: Box::default(),
            also: Vec::new(),
            since: None,
            failure: None,
            printed: false,
        }
    }

    /// Something worth knowing once.
    pub fn note(code: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { severity: Severity::Note, ..Self::warning(code, message, hint) }
    }

    /// The problem, about this.
    #[must_use]
    pub fn about(self, about: About) -> Self {
        Self { about: Box::new(about), ..self }
    }

    /// A lock is held, or a file has changed since it was read. A later run may succeed.
    pub fn busy(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::error(Code::Busy, "busy", message, hint)
    }

    /// A file that cannot be understood. It is left alone.
    pub fn malformed(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::error(Code::Data, "malformed", message, hint)
    }

    /// An input or output error, with the exit code and the hint for its kind. `what` begins the message, for example
    /// "cannot read".
    pub fn io(what: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind as Kind;
        let (failure, code, hint) = match error.kind() {
            Kind::PermissionDenied => (Code::Permission, "permission", "run ocsync as the user who owns it"),
            Kind::ReadOnlyFilesystem => (Code::Permission, "read-only", "the file system is mounted read-only"),
            Kind::StorageFull | Kind::QuotaExceeded => (Code::Io, "full", "free some space, then run ocsync again"),
            Kind::ResourceBusy => (Code::Io, "busy-mount", "bind-mount the directory, not the single file"),
            _ => (Code::Io, "io", ""),
        };
        Self::error(failure, code, format!("{what} {}: {}", path.display(), plain(error)), hint)
    }
}

/// The operating system's text for an error, without Rust's "(os error 13)".
pub fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_lowercase(),
        None => text,
    }
}

/// A foreign text with everything replaced that could steer a terminal, or show it as another text.
pub fn clean(text: &str) -> String {
    text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
}

/// A JSON text with everything escaped in its strings that [`clean`] replaces. A reader of JSON gets the very names.
pub fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        // JSON itself has the line feed outside of strings; serde escapes it and other ASCII controls inside.
        if c != '\n' && steers(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// Control characters, invisible and line-breaking format characters, those that change the direction, tags, and letters
/// without a shape. What selects a variant stays: emoji have it.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{2800}' | '\u{3164}')
        || matches!(c, '\u{ffa0}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}')
        || matches!(c, '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_names_cannot_steer_a_terminal() {
        assert_eq!(clean("a\u{1b}[31m\n\u{202e}b é"), "a\u{fffd}[31m\u{fffd}\u{fffd}b é");
        for c in
            "\u{7}\r\u{7f}\u{9b}\u{200b}\u{200f}\u{2028}\u{202a}\u{2060}\u{2067}\u{2069}\u{feff}\u{e0041}\u{e007f}\
             \u{ad}\u{34f}\u{115f}\u{1160}\u{17b4}\u{17b5}\u{180e}\u{2800}\u{3164}\u{ffa0}\u{1bca0}\u{1d17a}"
                .chars()
        {
            assert_eq!(clean(&c.to_string()), "\u{fffd}", "{c:?}");
        }
        let json = serde_json::to_string_pretty(&["a\u{1b}\u{9b}\n\u{7f}\u{e0041}é"]).unwrap();
        assert_eq!(escaped(&json), "[\n  \"a\\u001b\\u009b\\n\\u007f\\udb40\\udc41é\"\n]");
        let harmless = "a – b — “c” … ‧ 日本 한글 🦞 ❤\u{fe0f} é e\u{301}";
        assert_eq!(clean(harmless), harmless);
    }
}
