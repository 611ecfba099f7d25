//! OpenClaw's protocol for a program that it asks for secrets, version 1 (2026.6.10 to 2026.9.6).
//!
//! OpenClaw writes one JSON object to standard input:
//! `{"protocolVersion":1,"provider":"ocsync","ids":["claude/access"]}`. The program writes one to standard output,
//! with a value or an error for each id. An exit code other than 0, empty output, or any output beside that object is
//! a failure of all ids. Of the error codes OpenClaw shows only `NOT_FOUND`; the other codes and the messages are for
//! people.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use crate::model::exit::Code;
use crate::model::problem::Problem;
use crate::model::secret::Secret;
use crate::model::source::SourceKind;
use crate::model::source_id::SourceId;
use crate::model::zeroizing::Zeroizing;

/// The longest request that is read, in bytes. OpenClaw itself sends at most 256 KiB.
pub const LIMIT: usize = 1 << 20;
/// The version of the protocol.
const VERSION: u64 = 1;

/// A request of OpenClaw's.
#[derive(Debug, PartialEq, Eq)]
pub struct Request {
    /// The ids that are asked for, each once.
    pub ids: BTreeSet<String>,
    /// Why none of them gets a value; `None` where they may.
    pub refused: Option<Failure>,
}

/// Why an id gets no value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// A word for programs.
    pub code: &'static str,
    /// What is wrong. It never holds a token.
    pub message: String,
}

impl Failure {
    /// A failure with its code and its message.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// Reads a request.
///
/// # Errors
/// Where the ids cannot be read, so that nothing can be answered: exit code 65 for a text that is no JSON, 64 for
/// JSON that is no request.
pub fn parse(text: &[u8]) -> Result<Request, Problem> {
    let failed = |code, why: &str| {
        let hint = "OpenClaw starts this command; see \"secrets\" in openclaw.json";
        Problem::error(code, "request", format!("standard input holds no request: {why}"), hint)
    };
    if text.len() > LIMIT {
        return Err(failed(Code::Data, "larger than 1 MiB"));
    }
    // The syntax errors of serde_json name a position and never quote the text.
    let request: Value = serde_json::from_slice(text).map_err(|error| failed(Code::Data, &error.to_string()))?;
    if !request.is_object() {
        return Err(failed(Code::Usage, "not an object"));
    }
    let ids = request.get("ids").and_then(Value::as_array);
    let ids = ids.and_then(|ids| ids.iter().map(|id| id.as_str().map(str::to_owned)).collect());
    let ids = ids.ok_or_else(|| failed(Code::Usage, "\"ids\" is not a list of strings"))?;
    let refused = if request.get("protocolVersion").and_then(Value::as_u64) != Some(VERSION) {
        Some(Failure::new("UNSUPPORTED_VERSION", "ocsync provide speaks protocolVersion 1 alone"))
    } else if !request.get("provider").is_none_or(Value::is_string) {
        Some(Failure::new("INVALID_REQUEST", "\"provider\" is not a string"))
    } else {
        None
    };
    Ok(Request { ids, refused })
}

/// The id by which OpenClaw asks for a source's access token.
pub fn id(source: SourceId) -> String {
    format!("{}/access", source.name)
}

/// The source whose access token an id asks for, one of `logins`.
///
/// # Errors
/// Why the id gets no value. Only access tokens are given, and never a refresh token.
pub fn source_of(id: &str, logins: &[SourceId]) -> Result<SourceId, Failure> {
    let (name, what) = id.split_once('/').unwrap_or((id, ""));
    // Qwen's service has ended: its tokens are refused everywhere.
    let source = logins.iter().find(|login| login.name == name && login.kind != SourceKind::Qwen);
    match (source, what) {
        (Some(source), "access") => Ok(*source),
        (Some(_), "refresh") => Err(Failure::new("REFUSED", "a refresh token stays with the CLI that owns it")),
        _ => Err(Failure::new(
            "NOT_FOUND",
            "known are claude/access, codex/access, minimax/access, and claude:NAME/access of another login",
        )),
    }
}

/// The answer to a request, as one line of JSON.
///
/// # Errors
/// Never in practice: it holds text and numbers only.
pub fn answer(answers: &BTreeMap<String, Result<Secret, Failure>>) -> serde_json::Result<Zeroizing<Vec<u8>>> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer<'a> {
        protocol_version: u64,
        values: BTreeMap<&'a str, &'a str>,
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        errors: BTreeMap<&'a str, &'a Failure>,
    }
    let mut answer = Answer { protocol_version: VERSION, values: BTreeMap::new(), errors: BTreeMap::new() };
    let mut room = 128;
    for (id, found) in answers {
        match found {
            Ok(secret) => {
                room += id.len() + secret.expose().len() + 16;
                answer.values.insert(id, secret.expose());
            }
            Err(failure) => {
                answer.errors.insert(id, failure);
            }
        }
    }
    // The values come before the errors, and there is room for all. So the buffer does not grow, which would leave a
    // copy of a token behind.
    let mut text = Zeroizing::new(Vec::with_capacity(2 * room));
    serde_json::to_writer(&mut *text, &answer)?;
    text.push(b'\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_request_has_a_code_and_what_names_ids_an_answer() {
        let code = |text: &str| parse(text.as_bytes()).unwrap_err().failure;
        for text in ["", "{", "nonsense", "{\"ids\":[}"] {
            assert_eq!(code(text), Some(Code::Data), "{text}");
        }
        for text in ["1", "[]", "{}", r#"{"ids":7}"#, r#"{"protocolVersion":1,"ids":["claude/access",7]}"#] {
            assert_eq!(code(text), Some(Code::Usage), "{text}");
        }
        assert_eq!(parse(&vec![b' '; LIMIT + 1]).unwrap_err().failure, Some(Code::Data));
        let refused = |text: &str| parse(text.as_bytes()).unwrap().refused.map(|failure| failure.code);
        assert_eq!(refused(r#"{"protocolVersion":1,"provider":"p","ids":["a","a"]}"#), None);
        assert_eq!(refused(r#"{"protocolVersion":1,"provider":7,"ids":[]}"#), Some("INVALID_REQUEST"));
        for version in ["2", "1.5", "\"1\"", "null", "-1"] {
            let text = format!(r#"{{"protocolVersion":{version},"ids":["a"]}}"#);
            assert_eq!(refused(&text), Some("UNSUPPORTED_VERSION"), "{version}");
        }
    }

    #[test]
    fn access_tokens_of_the_logins_are_known_and_nothing_else() {
        let work: SourceId = "claude:work".parse().unwrap();
        let logins: Vec<SourceId> = SourceKind::ALL.into_iter().map(SourceId::first).chain([work]).collect();
        for source in logins.iter().filter(|source| source.kind != SourceKind::Qwen) {
            assert_eq!(source_of(&id(*source), &logins), Ok(*source));
        }
        let code = |id| source_of(id, &logins).unwrap_err().code;
        assert_eq!(code("claude:work/refresh"), "REFUSED");
        assert_eq!(code("claude:other/access"), "NOT_FOUND");
        assert_eq!(code("claude/refresh"), "REFUSED");
        for unknown in ["", "claude", "claude/", "claude/access/", "Claude/access", "qwen/access", "qwen/refresh"] {
            assert_eq!(code(unknown), "NOT_FOUND", "{unknown}");
        }
    }

    #[test]
    fn errors_are_there_only_when_there_are_some() {
        let mut answers = BTreeMap::from([("claude/access".to_owned(), Ok(Secret::new("FAKE-\"1")))]);
        let text = |answers: &BTreeMap<_, _>| String::from_utf8(answer(answers).unwrap().to_vec()).unwrap();
        assert_eq!(text(&answers), "{\"protocolVersion\":1,\"values\":{\"claude/access\":\"FAKE-\\\"1\"}}\n");
        answers.clear();
        answers.insert("x\n".to_owned(), Err(Failure::new("NOT_FOUND", "m")));
        let expected =
            r#"{"protocolVersion":1,"values":{},"errors":{"x\n":{"code":"NOT_FOUND","message":"m"}}}"#.to_owned();
        assert_eq!(text(&answers), expected + "\n");
    }
}
