//! Reads a `.env` file as OpenClaw does: with the npm package `dotenv`, which 2026.2.1 to 2026.5.28 use.
//!
//! A line is `NAME=value`, `NAME: value`, or the same behind `export`. A value in quotes may go over several lines; in
//! double quotes `\n` and `\r` are line ends. A `#` begins a comment, also behind a value without quotes. What is none
//! of this is passed over. Of two values of one name the later one counts.

use std::collections::BTreeMap;

/// The variables in the text of a `.env` file.
pub fn parse(text: &str) -> BTreeMap<String, String> {
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
    let mut found = BTreeMap::new();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let line = rest.split('\n').next().unwrap_or_default();
        let read = assignment(line).and_then(|start| {
            let (value, end) = value(&rest[start..]);
            Some((name(&line[..start])?, value, start + end))
        });
        match read {
            Some((name, value, end)) => {
                found.insert(name.to_owned(), value);
                rest = &rest[end..];
            }
            None => rest = &rest[line.len()..],
        }
        // Behind the value there may be a comment.
        rest = rest.find('\n').map_or("", |end| &rest[end + 1..]);
    }
    found
}

/// Where the value of a line begins.
fn assignment(line: &str) -> Option<usize> {
    let at = line.find(['=', ':'])?;
    let is_colon = line[at..].starts_with(':');
    // Behind a colon there must be a blank: `a:b` is no assignment.
    (!is_colon || line[at + 1..].starts_with(char::is_whitespace)).then_some(at + 1)
}

fn name(start: &str) -> Option<&str> {
    let start = start[..start.len() - 1].trim();
    let name =
        start.strip_prefix("export").filter(|rest| rest.starts_with(char::is_whitespace)).unwrap_or(start).trim();
    let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    (!name.is_empty() && name.chars().all(is_letter)).then_some(name)
}

/// The value at the beginning of a text, and where it ends.
fn value(text: &str) -> (String, usize) {
    let blanks = text.len() - text.trim_start_matches([' ', '\t']).len();
    let body = &text[blanks..];
    if let Some(quote) = body.chars().next().filter(|c| matches!(c, '"' | '\'' | '`')) {
        // Behind the quotes there may only be a comment. Else they are a part of the value.
        let is_last = |end: &usize| {
            let behind = body[end + 2..].trim_start_matches([' ', '\t']);
            behind.is_empty() || behind.starts_with(['#', '\n'])
        };
        if let Some(end) = closing(&body[1..], quote).filter(is_last) {
            let inner = &body[1..=end];
            let inner = if quote == '"' { inner.replace("\\n", "\n").replace("\\r", "\r") } else { inner.to_owned() };
            return (inner, blanks + end + 2);
        }
    }
    let end = body.find(['#', '\n']).unwrap_or(body.len());
    (body[..end].trim().to_owned(), blanks + end)
}

/// The place of the quote that ends a text. A quote behind a backslash does not.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut is_escaped = false;
    for (place, c) in text.char_indices() {
        if c == quote && !is_escaped {
            return Some(place);
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_line_is_read() {
        for (text, name, value) in [
            ("A=1", "A", "1"),
            ("  export A = /x/y  # why", "A", "/x/y"),
            ("A: b", "A", "b"),
            ("A='x # y'\nB=2", "A", "x # y"),
            ("A=\"one\\ntwo\" # c\nB=2", "B", "2"),
            ("A=\"one\\ntwo\"", "A", "one\ntwo"),
            ("A='one\\ntwo'", "A", "one\\ntwo"),
            ("A=\"one\ntwo=3\"\nB=4", "A", "one\ntwo=3"),
            ("A=\"one\ntwo=3\"\nB=4", "B", "4"),
            ("A=\"it\\\"s\"", "A", "it\\\"s"),
            ("A=`x`\r\nB=2\rC=3", "C", "3"),
            ("A=1\nA=2", "A", "2"),
            ("A=\"x\"y", "A", "\"x\"y"),
            ("A=", "A", ""),
            ("A=\nB=2", "B", "2"),
            ("A=\"open\nB=2", "B", "2"),
            ("\u{feff}A=1", "A", "1"),
            ("# A=0\n\nnonsense\nA.b-c=1", "A.b-c", "1"),
        ] {
            assert_eq!(parse(text).get(name).map(String::as_str), Some(value), "{text}");
        }
    }

    #[test]
    fn what_is_no_assignment_is_passed_over() {
        for text in ["", "=1", "A", "a:b", "A B=1", "# A=1", "é=1", "exportA B=1"] {
            assert!(parse(text).is_empty(), "{text}");
        }
    }
}
