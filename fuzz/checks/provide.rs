//! Requests of OpenClaw's to its exec secret provider, and the answers to them.

use std::collections::BTreeMap;

use ocsync::testing::model::exit::Code;
use ocsync::testing::model::secret::Secret;
use ocsync::testing::model::source::SourceKind;
use ocsync::testing::model::source_id::SourceId;
use ocsync::testing::openclaw::link::exec_protocol::{self, Failure};
use serde_json::Value;

use super::split;

const TOKEN: &str = "FAKE-access-\"\\\u{1}-canary";

/// The first byte chooses whether the rest is a request or the one id of a proper one.
pub(super) fn check(data: &[u8]) {
    let Some(([choice], rest)) = split(data) else { return };
    let id = String::from_utf8_lossy(rest);
    let wrapped = serde_json::json!({ "protocolVersion": 1, "provider": "p", "ids": [id] }).to_string();
    let text = if choice & 1 == 0 { rest } else { wrapped.as_bytes() };
    let tree = serde_json::from_slice::<Value>(text).ok();
    let request = match exec_protocol::parse(text) {
        Ok(request) => request,
        Err(problem) => {
            // What could be answered is answered: OpenClaw shows nothing of a failure.
            let code = if tree.is_some() { Code::Usage } else { Code::Data };
            assert_eq!(problem.failure, Some(code), "{}", problem.message);
            let ids = tree.as_ref().and_then(|tree| tree.get("ids")?.as_array());
            assert!(ids.is_none_or(|ids| ids.iter().any(|id| !id.is_string())), "{}", problem.message);
            assert!(!problem.message.contains("canary"), "{}", problem.message);
            return;
        }
    };
    assert!(choice & 1 == 0 || (request.refused.is_none() && request.ids.iter().eq([&*id])));
    let tree = tree.expect("a request that is no JSON");
    assert!(request.refused.is_some() || tree["protocolVersion"] == 1);
    let answers: BTreeMap<_, _> =
        request.ids.iter().map(|id| (id.clone(), answer(id, request.refused.as_ref()))).collect();
    answered(&answers);
}

/// What is given out for an id: a token for an access token's id, and for nothing else.
fn answer(id: &str, refused: Option<&Failure>) -> Result<Secret, Failure> {
    let logins = SourceKind::ALL.map(SourceId::first);
    let source = refused.map_or_else(|| exec_protocol::source_of(id, &logins), |refused| Err(refused.clone()))?;
    assert_eq!(exec_protocol::id(source), id);
    assert!(id.ends_with("/access"));
    Ok(Secret::new(TOKEN))
}

/// The answer is one line of JSON that says of each id what is said of it, and of no other.
fn answered(answers: &BTreeMap<String, Result<Secret, Failure>>) {
    let text = exec_protocol::answer(answers).expect("an answer");
    assert_eq!(text.iter().position(|byte| *byte == b'\n'), Some(text.len() - 1));
    let read: Value = serde_json::from_slice(&text).expect("JSON");
    assert_eq!(read["protocolVersion"], 1);
    let members = |name: &str| read.get(name).map_or(0, |of| of.as_object().expect("an object").len());
    assert_eq!(members("values") + members("errors"), answers.len());
    assert_eq!(read.get("errors").is_some(), answers.values().any(Result::is_err));
    for (id, answer) in answers {
        match answer {
            Ok(_) => assert_eq!(read["values"][id], TOKEN),
            Err(failure) => assert_eq!(read["errors"][id]["code"], failure.code),
        }
    }
}
