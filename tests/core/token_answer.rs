//! What a token endpoint may say, and what is made of it: the table of what Claude Code 2.1.328
//! and Codex 0.169.0 were seen to do, and everything else that a network can bring.

use base64::Engine as _;
use ocsync::testing::model::source::SourceKind;
use ocsync::testing::refresh::http::answer::{Answer, judge};
use ocsync::testing::refresh::http::post::Reply;
use serde_json::{Value, json};

const NOW: i64 = 1_795_169_294_000;
use SourceKind::{Claude, Codex};

fn reply(status: u16, body: &[u8]) -> Reply {
    Reply { status, json: true, retry_after: None, body: body.to_vec().into() }
}

fn of(kind: SourceKind, status: u16, body: &str) -> Answer {
    judge(kind, &reply(status, body.as_bytes()), NOW)
}

fn jwt(claims: &Value) -> String {
    let payload = base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(claims.to_string());
    format!("eyJhbGciOiJub25lIn0.{payload}.canary")
}

/// An answer in short: `dead WORD`, `refused WHY`, `transient WHY`, `tokens`.
fn short(answer: &Answer) -> String {
    match answer {
        Answer::Tokens(_) => "tokens".to_owned(),
        Answer::Dead(word) => format!("dead {word}"),
        Answer::Refused { why, .. } => format!("refused {why}"),
        Answer::Transient { why, .. } => format!("transient {why}"),
    }
}

#[test]
fn errors_mean_what_they_mean_to_the_cli() {
    const GRANT: &str = r#"{"error":"invalid_grant","error_description":"Refresh token expired"}"#;
    const NESTED: &str = r#"{"type":"error","error":{"type":"invalid_grant","message":"x"}}"#;
    const HOLD: &str = r#"{"error":"invalid_grant","error_description":"account_on_hold"}"#;
    const NESTED_HOLD: &str = r#"{"error":{"type":"permission_error","message":"account_on_hold: canary"}}"#;
    const REQUEST: &str = r#"{"type":"error","error":{"type":"invalid_request_error","message":"invalid_grant"}}"#;
    const SCOPE: &str = r#"{"error":"invalid_scope"}"#;
    const LIMIT: &str = r#"{"error":{"type":"rate_limit_error","message":"Rate limited. Please try again later."}}"#;
    const REUSED: &str =
        r#"{"error":{"message":"canary","type":"invalid_request_error","code":"refresh_token_reused"}}"#;
    const EXPIRED: &str = r#"{"error":"Refresh_Token_Expired"}"#;
    const INVALIDATED: &str = r#"{"code":"refresh_token_invalidated","error":null}"#;
    const ENDED: &str = r#"{"error":{"code":"app_session_terminated"}}"#;
    const STRANGE: &str = r#"{"error":"canary"}"#;
    for (kind, status, body, expected) in [
        (Claude, 400, GRANT, "dead invalid_grant"),
        (Claude, 401, GRANT, "dead invalid_grant"),
        (Claude, 400, NESTED, "dead invalid_grant"),
        (Claude, 401, NESTED, "dead invalid_grant"),
        (Claude, 403, GRANT, "refused 403 invalid_grant"),
        (Claude, 404, GRANT, "refused 404 invalid_grant"),
        (Claude, 429, GRANT, "refused 429 invalid_grant"),
        (Claude, 500, GRANT, "transient 500 invalid_grant"),
        (Claude, 400, r#"{"error":"INVALID_GRANT"}"#, "refused 400"),
        (Claude, 400, r#"{"error":["invalid_grant"]}"#, "refused 400"),
        (Claude, 400, r#"{"error_description":"invalid_grant"}"#, "refused 400"),
        (Claude, 400, HOLD, "refused 400 account_on_hold"),
        (Claude, 401, HOLD, "refused 401 account_on_hold"),
        (Claude, 403, NESTED_HOLD, "refused 403 account_on_hold"),
        (Claude, 400, SCOPE, "refused 400 invalid_scope"),
        (Claude, 400, REQUEST, "refused 400 invalid_request_error"),
        (Claude, 401, REQUEST, "refused 401 invalid_request_error"),
        (Claude, 401, "", "refused 401"),
        (Claude, 401, STRANGE, "refused 401"),
        (Claude, 403, LIMIT, "refused 403 rate_limit_error"),
        (Claude, 429, LIMIT, "refused 429 rate_limit_error"),
        (Claude, 404, "gone", "refused 404 with broken JSON"),
        (Claude, 302, "", "refused 302"),
        (Claude, 408, "", "transient 408"),
        (Claude, 502, "{}", "transient 502"),
        (Claude, 529, r#"{"error":{"type":"overloaded_error"}}"#, "transient 529 overloaded_error"),
        (Codex, 400, REUSED, "dead refresh_token_reused"),
        (Codex, 401, REUSED, "dead refresh_token_reused"),
        (Codex, 500, REUSED, "dead refresh_token_reused"),
        (Codex, 403, EXPIRED, "dead refresh_token_expired"),
        (Codex, 400, INVALIDATED, "dead refresh_token_invalidated"),
        (Codex, 200, REUSED, "refused 200 without an access token"),
        (Codex, 302, REUSED, "refused 302 refresh_token_reused"),
        (Codex, 401, STRANGE, "dead unauthorized"),
        (Codex, 401, "", "dead unauthorized"),
        (Codex, 401, ENDED, "dead app_session_terminated"),
        (Codex, 400, GRANT, "dead invalid_grant"),
        (Codex, 403, GRANT, "refused 403 invalid_grant"),
        (Codex, 400, STRANGE, "refused 400"),
        (Codex, 403, ENDED, "refused 403 app_session_terminated"),
        (Codex, 429, "{}", "refused 429"),
        (Codex, 500, GRANT, "transient 500 invalid_grant"),
        (Codex, 200, "[]", "refused 200 without an access token"),
        (Codex, 200, "{}", "refused 200 without an access token"),
    ] {
        assert_eq!(short(&of(kind, status, body)), expected, "{kind:?} {status} {body}");
    }
    let page = |kind, status| {
        let page = Reply { json: false, retry_after: Some(7), ..reply(status, b"<html>invalid_grant") };
        judge(kind, &page, NOW)
    };
    let why = |why: &str| (why.to_owned(), Some(7));
    for (kind, status) in [(Claude, 400), (Claude, 401), (Codex, 400), (Codex, 401), (Codex, 403), (Claude, 200)] {
        let Answer::Refused { why: said, retry_after } = page(kind, status) else { panic!("{kind:?} {status}") };
        assert_eq!((said, retry_after), why(&format!("{status} with a text that is not JSON")));
    }
    assert!(matches!(page(Claude, 503), Answer::Transient { retry_after: Some(7), .. }));
}

#[test]
fn tokens_are_taken_whole_or_not_at_all() {
    let claude = |more: &str| of(Claude, 200, &format!(r#"{{"access_token":"at-canary"{more}}}"#));
    let Answer::Tokens(fresh) = claude(
        r#","refresh_token":"rt-canary","expires_in":28800,"refresh_token_expires_in":60,"scope":"a  b",
           "account":{"uuid":"u"},"organization":{"uuid":"o"},"token_type":"Bearer","id_token":"eyJ"}"#
            .trim_end_matches('}'),
    ) else {
        panic!()
    };
    assert_eq!((fresh.access.secret.expose(), fresh.refresh.unwrap().secret.expose()), ("at-canary", "rt-canary"));
    assert_eq!((fresh.expires, fresh.deadline), (Some(NOW + 28_800_000), Some(NOW + 60_000)));
    assert_eq!((fresh.scopes, fresh.id_token), (Some(vec!["a".to_owned(), "b".to_owned()]), None));
    assert_eq!(fresh.account.as_deref(), Some("u"));

    for more in ["", r#","refresh_token":"","scope":"","account":[]"#, r#","refresh_token":null,"scope":["a"]"#] {
        let Answer::Tokens(fresh) = claude(more) else { panic!("{more}") };
        let nothing = (fresh.refresh, fresh.expires, fresh.deadline, fresh.scopes, fresh.account);
        assert_eq!(nothing, (None, None, None, None, None), "{more}");
    }
    for (seconds, expected) in [
        ("3600", Some(3_600_000)),
        ("3600.9", Some(3_600_000)),
        (r#"" 3600 ""#, Some(3_600_000)),
        ("0", None),
        ("-5", None),
        ("1e300", None),
        ("9223372036854775807", None),
        (r#""NaN""#, None),
        (r#""soon""#, None),
        ("[3600]", None),
    ] {
        let Answer::Tokens(fresh) = claude(&format!(r#","expires_in":{seconds}"#)) else { panic!("{seconds}") };
        assert_eq!(fresh.expires, expected.map(|millis| NOW + millis), "{seconds}");
    }
    for body in [
        r#"{"access_token":""}"#,
        r#"{"access_token":"a\nb"}"#,
        r#"{"access_token":"a b"}"#,
        r#"{"access_token":null,"refresh_token":"rt"}"#,
        r#"{"access_token":["at"]}"#,
        r#"[{"access_token":"at"}]"#,
        r#"{"data":{"access_token":"at"}}"#,
        r#"{"access_token":"at","refresh_token":5}"#,
        r#"{"access_token":"at","refresh_token":"r\u0000t"}"#,
        r#"{"access_token":"at""#,
        r#"{"access_token":"at"}{"#,
        r#""at""#,
        "null",
        "",
        " ",
    ] {
        for kind in [Claude, Codex] {
            assert!(matches!(of(kind, 200, body), Answer::Refused { .. }), "{body}");
        }
    }
    assert!(matches!(of(Claude, 200, "\u{feff}{\"access_token\":\"at\"}"), Answer::Tokens(_)));
    assert!(matches!(of(Claude, 200, &"[".repeat(60_000)), Answer::Refused { .. }));
    let long = format!("{{\"access_token\":\"at\"}}{}", " ".repeat(64 << 10));
    assert_eq!(short(&of(Claude, 200, &long)), "refused 200 with more than 64 KiB");
}

#[test]
fn codex_tokens_speak_for_themselves() {
    let auth = |account: &str| json!({ "chatgpt_account_id": account });
    let access = jwt(&json!({ "exp": 4_102_444_800_i64, "https://api.openai.com/auth": auth("acct-A") }));
    let id = jwt(&json!({ "exp": 5, "https://api.openai.com/auth": auth("acct-B") }));
    let said = json!({ "access_token": access, "id_token": id, "expires_in": 1, "scope": "a" });
    let Answer::Tokens(fresh) = of(Codex, 200, &said.to_string()) else { panic!() };
    assert_eq!((fresh.expires, fresh.account.as_deref()), (Some(4_102_444_800_000), Some("acct-A")));
    assert_eq!((fresh.id_token.unwrap().expose(), fresh.scopes), (id.as_str(), None));
    let said = json!({ "access_token": "opaque", "id_token": id });
    let Answer::Tokens(fresh) = of(Codex, 200, &said.to_string()) else { panic!() };
    assert_eq!((fresh.expires, fresh.account.as_deref()), (None, Some("acct-B")));
    // Codex reads no file with an id token that is no JWT.
    for wrong in [json!("no-jwt"), json!(""), json!(5), json!(null), json!("a.b\n.c")] {
        let said = json!({ "access_token": access, "id_token": wrong });
        let Answer::Tokens(fresh) = of(Codex, 200, &said.to_string()) else { panic!() };
        assert_eq!(fresh.id_token, None);
    }
}
