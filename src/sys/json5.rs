//! Reads a JSON5 file: OpenClaw's configuration, or ocsync's own.

use std::path::Path;

use serde_json::Value;

use crate::model::exit::Code;
use crate::model::json_text::position;
use crate::model::problem::Problem;
use crate::sys::fs::obstacle::obstacle;
use crate::sys::fs::read;
use crate::sys::nesting::{LIMIT, Nested};

/// Reads a JSON5 file; `None` where there is no such file.
///
/// # Errors
/// What is wrong with it, naming file, line and column.
pub fn read_json5(path: &Path) -> Result<Option<Value>, Problem> {
    read_text(path)?.map(|text| parse_json5(path, &text)).transpose()
}

/// The text of such a file; `None` where there is no such file.
///
/// # Errors
/// Why it cannot be read.
pub fn read_text(path: &Path) -> Result<Option<Vec<u8>>, Problem> {
    let read = read::read(path).map_err(|error| unreadable(path, &error))?;
    Ok(read.map(|(bytes, _)| bytes))
}

/// The value of a JSON5 text that comes from `path`.
///
/// # Errors
/// What is wrong with it, naming file, line and column.
pub fn parse_json5(path: &Path, text: &[u8]) -> Result<Value, Problem> {
    let wrong = |why: String| {
        Problem::error(
            Code::Config,
            "config",
            format!("{}: {why}", path.display()),
            "correct it; nothing was changed",
        )
    };
    let text = std::str::from_utf8(text).map_err(|_| wrong("is not UTF-8".to_owned()))?;
    json5::from_str::<Nested>(text.trim_start_matches('\u{feff}')).map(|nested| nested.0).map_err(|error| {
        // Only the error of `nesting` has no code.
        let Some(why) = error.code() else { return wrong(format!("is nested deeper than {LIMIT} levels")) };
        // Where a text ends too early, the parser gives no place.
        let place = error.position().map(|at| (at.line + 1, at.column + 1));
        let (line, column) = place.unwrap_or_else(|| position(text.as_bytes()));
        let why = why.to_string();
        let why = if why.starts_with("EOF ") { "the file ends too early" } else { &why };
        wrong(format!("line {line} column {column}: {why}"))
    })
}

fn unreadable(path: &Path, error: &std::io::Error) -> Problem {
    let mut problem = obstacle("cannot read", path, error);
    if problem.failure != Some(Code::Permission) {
        problem.failure = Some(Code::Config);
    }
    problem
}
