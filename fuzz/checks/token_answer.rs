//! The reply of a token endpoint, or of whatever answers in its place: tokens are taken whole,
//! and nothing else that the server wrote is ever repeated.

use ocsync::testing::model::secret::Token;
use ocsync::testing::model::source::SourceKind;
use ocsync::testing::refresh::Fresh;
use ocsync::testing::refresh::http::answer::{Answer, DEAD, ON_HOLD, WORDS, judge};
use ocsync::testing::refresh::http::post::Reply;
use serde_json::Value;

use super::{pick, split};

/// All that is said beside a status that is no word of the server's.
const OURS: [&str; 7] = [
    "",
    " without an access token",
    " with an invalid refresh token",
    " with an empty answer",
    " with more than 64 KiB",
    " with broken JSON",
    " with a text that is not JSON",
];

/// The first bytes choose the CLI and content type, the status, and the time.
pub(super) fn check(data: &[u8]) {
    let Some(([choice, status, time], body)) = split(data) else { return };
    let kind = if choice & 1 == 0 { SourceKind::Claude } else { SourceKind::Codex };
    let status = pick(status, &[200, 201, 204, 299, 302, 400, 401, 403, 404, 408, 429, 500, 503, 599, 100, 999]);
    let received = pick(time, &[1_795_169_000_000, 0, -1, i64::MIN, i64::MAX]);
    let reply = |status, body: &[u8]| Reply {
        status,
        json: choice & 2 != 0,
        retry_after: (choice & 4 != 0).then_some(60),
        body: body.to_vec().into(),
    };
    match judge(kind, &reply(status, body), received) {
        Answer::Tokens(fresh) => {
            assert!((200..300).contains(&status));
            tokens(&fresh, received, body);
            // As it is kept on the disk, and judged by the next run.
            let kept = String::from_utf8_lossy(body);
            assert_eq!(judge(kind, &reply(200, kept.as_bytes()), received), Answer::Tokens(fresh));
        }
        Answer::Dead(why) => {
            // Codex gives a login up by the status 401 alone, whatever is said beside it.
            let by_word = DEAD.contains(&why.as_str()) && status >= 400;
            assert!(
                by_word || (kind == SourceKind::Codex && status == 401 && (is_word(&why) || why == "unauthorized"))
            );
        }
        Answer::Transient { why, .. } => {
            assert!(status == 408 || status >= 500);
            said(&why, status);
        }
        Answer::Refused { why, .. } => said(&why, status),
    }
}

/// A word of the list, or words of our own.
fn said(why: &str, status: u16) {
    let more = why.strip_prefix(&status.to_string()).expect("the status");
    let word = more.strip_prefix(' ').unwrap_or_default();
    assert!(is_word(word) || OURS.contains(&more), "{why:?}");
}

fn is_word(word: &str) -> bool {
    DEAD.contains(&word) || WORDS.contains(&word) || word == ON_HOLD
}

/// Tokens that stand in the answer and that a header can carry; dates that are believable.
fn tokens(fresh: &Fresh, received: i64, body: &[u8]) {
    let text = std::str::from_utf8(body).expect("tokens from what is no text");
    let value: Value =
        serde_json::from_str(text.trim_start_matches('\u{feff}')).expect("tokens from what is no JSON");
    for (name, token) in [("access_token", Some(&fresh.access)), ("refresh_token", fresh.refresh.as_ref())] {
        let token = token.map(|token: &Token| token.secret.expose());
        assert!(token.is_none_or(|token| !token.is_empty() && !token.chars().any(|c| c.is_control() || c == ' ')));
        assert!(token.is_none() || value[name].as_str() == token, "{name}");
    }
    let secret = fresh.id_token.as_ref().map(|token| token.expose());
    assert!(secret.is_none() || value["id_token"].as_str() == secret);
    // Claude's are told from the answer, Codex's by the token itself.
    let told = value.get("expires_in").is_some() && fresh.deadline.is_some();
    assert!(!told || fresh.deadline.is_some_and(|at| at > received));
    if let Some(scopes) = &fresh.scopes {
        assert!(!scopes.is_empty() && scopes.iter().all(|scope| !scope.is_empty() && !scope.contains('\n')));
    }
}
