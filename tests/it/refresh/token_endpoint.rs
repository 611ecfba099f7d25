//! The post and the judgement of its answer, against a server that takes no refresh token twice.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::home::token_ask::{answer, ask, ask_via, scripted};
use crate::home::token_server::{Script, TokenServer, http};
use crate::home::{CANARY, now};
use ocsync::testing::model::secret::Secret;
use ocsync::testing::model::source::SourceKind;
use ocsync::testing::refresh::http::answer::Answer;
use ocsync::testing::refresh::http::post::{Ask, CLAUDE_CLIENT, LIMIT, post};
use ocsync::testing::settings::file::RefreshFile;
use ocsync::testing::settings::refresh::RefreshSettings;
use ocsync::testing::sys::url::SafeUrl;

const KINDS: [SourceKind; 2] = [SourceKind::Claude, SourceKind::Codex];

#[test]
fn the_request_is_the_clis_to_the_byte_but_for_its_name() {
    for (kind, path, body) in [
        (
            SourceKind::Claude,
            "/v1/oauth/token",
            r#"{"grant_type":"refresh_token","refresh_token":"RT","client_id":"9d1c250a-e61b-44d9-88ed-5944d1962f5e","scope":"user:inference user:profile"}"#,
        ),
        (
            SourceKind::Codex,
            "/oauth/token",
            r#"{"client_id":"app_EMoamEEZ73f0CkXaXp7hrann","grant_type":"refresh_token","refresh_reason":"proactive_expiry","refresh_token":"RT"}"#,
        ),
    ] {
        let (server, login) = scripted(kind, Script::Grant);
        ask(&server, kind, &login.refresh, LIMIT).unwrap();
        let request = String::from_utf8(server.requests().remove(0)).unwrap();
        let (head, sent) = request.split_once("\r\n\r\n").unwrap();
        assert_eq!(sent, body.replace("RT", &login.refresh));
        let mut lines: Vec<String> = head.lines().skip(1).map(str::to_lowercase).collect();
        lines.sort();
        let host = server.url(kind).replace("http://", "").replace(path, "");
        let expected = [
            "accept-encoding: identity".to_owned(),
            "accept: application/json".to_owned(),
            "connection: close".to_owned(),
            format!("content-length: {}", sent.len()),
            "content-type: application/json".to_owned(),
            format!("host: {host}"),
            format!("user-agent: ocsync/{}", env!("CARGO_PKG_VERSION")),
        ];
        assert_eq!(head.lines().next().unwrap(), format!("POST {path} HTTP/1.1"));
        assert_eq!(lines, expected);
    }
}

#[test]
fn a_login_without_scopes_asks_for_none() {
    let (server, login) = scripted(SourceKind::Claude, Script::Grant);
    let refresh = Secret::new(&login.refresh);
    let ask = Ask { kind: SourceKind::Claude, refresh: &refresh, client_id: CLAUDE_CLIENT, scopes: &[] };
    post(&server.url(SourceKind::Claude).parse().unwrap(), &ask, None, LIMIT).unwrap();
    assert!(!String::from_utf8_lossy(&server.requests()[0]).contains("scope"));
    let none = Ask { kind: SourceKind::Qwen, ..ask };
    let refused = post(&server.url(SourceKind::Claude).parse().unwrap(), &none, None, LIMIT).unwrap_err();
    assert!(!refused.sent && server.posts() == 1);
}

#[test]
fn a_token_does_once_and_its_family_ends_with_the_second_time() {
    for kind in KINDS {
        let server = TokenServer::start();
        server.expires_in(3600);
        let (first, other) = (server.login(kind, "acct-A"), server.login(kind, "acct-B"));
        let before = now();
        let Answer::Tokens(fresh) = answer(&server, kind, &first.refresh) else { panic!() };
        let newest = server.newest(&first.refresh);
        assert_eq!(fresh.access.secret.expose(), newest.access);
        assert_eq!(fresh.refresh.as_ref().unwrap().secret.expose(), newest.refresh);
        assert_eq!(fresh.id_token.as_ref().map(Secret::expose), newest.id_token.as_deref());
        assert_eq!(fresh.account.as_deref(), Some("acct-A"));
        let lasts = fresh.expires.unwrap() - before;
        assert!((3_598_000..3_660_000).contains(&lasts), "{lasts}");
        assert!(server.alive(&newest.refresh) && !server.alive(&first.refresh));
        let word = if kind == SourceKind::Claude { "invalid_grant" } else { "refresh_token_reused" };
        assert_eq!(answer(&server, kind, &first.refresh), Answer::Dead(word.to_owned()));
        assert!(!server.alive(&newest.refresh) && server.alive(&other.refresh));
        assert_eq!((server.posts(), server.distinct(), server.reuses()), (2, 1, 1));
    }
}

#[test]
fn what_a_server_leaves_out_stays_as_it_is() {
    let (server, login) = scripted(SourceKind::Claude, Script::NoRefreshToken);
    let Answer::Tokens(fresh) = answer(&server, SourceKind::Claude, &login.refresh) else { panic!() };
    assert!(fresh.refresh.is_none() && fresh.expires.is_some() && server.alive(&login.refresh));
    server.next(Script::NoExpiry);
    let Answer::Tokens(fresh) = answer(&server, SourceKind::Claude, &login.refresh) else { panic!() };
    assert!(fresh.refresh.is_some() && fresh.expires.is_none());
    for kind in KINDS {
        let (server, login) = scripted(kind, Script::OtherAccount("acct-B".to_owned()));
        let Answer::Tokens(fresh) = answer(&server, kind, &login.refresh) else { panic!() };
        assert_eq!(fresh.account.as_deref(), Some("acct-B"));
        // Tokens are tokens, whatever they are called.
        let (server, login) = scripted(kind, Script::WrongContentType);
        assert!(matches!(answer(&server, kind, &login.refresh), Answer::Tokens(_)));
    }
}

#[test]
fn only_a_word_of_the_server_ends_a_login() {
    for kind in KINDS {
        for (script, word) in [(Script::InvalidGrant, "invalid_grant"), (Script::Reused, "refresh_token_reused")] {
            let (server, login) = scripted(kind, script.clone());
            let said = answer(&server, kind, &login.refresh);
            // Claude Code goes by the type of an error, and that is another one.
            let expected = match (kind, &script) {
                (SourceKind::Claude, Script::Reused) => refused("401 invalid_request_error", None),
                _ => Answer::Dead(word.to_owned()),
            };
            assert_eq!(said, expected);
        }
        let date = |ahead: i64| {
            let at = chrono::DateTime::from_timestamp_millis(now() + ahead * 1000).unwrap();
            at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
        };
        let transient = |why: &str| Answer::Transient { why: why.to_owned(), retry_after: None };
        let not_found = if kind == SourceKind::Claude { "404 not_found_error" } else { "404" };
        let limited = if kind == SourceKind::Claude { "429 rate_limit_error" } else { "429" };
        for (script, expected) in [
            (Script::Forbidden, refused("403 with a text that is not JSON", None)),
            (Script::NotFound, refused(not_found, None)),
            (Script::TooMany("3600".to_owned()), refused(limited, Some(3600))),
            (Script::TooMany(date(-50)), refused(limited, Some(0))),
            (Script::TooMany("99999999999999".to_owned()), refused(limited, Some(604_800))),
            (Script::TooMany("-5".to_owned()), refused(limited, Some(0))),
            (Script::TooMany("soon".to_owned()), refused(limited, None)),
            (Script::ServerError, transient(if kind == SourceKind::Claude { "500 api_error" } else { "500" })),
            (Script::Redirect, refused("302 with a text that is not JSON", None)),
            (
                Script::Raw(http(200, "text/html", "<p>log in to this network")),
                refused("200 with a text that is not JSON", None),
            ),
            (
                Script::Raw(http(200, "application/json", r#"{"access_token":"can"#)),
                refused("200 with broken JSON", None),
            ),
            (Script::Raw(http(204, "application/json", "")), refused("204 with an empty answer", None)),
            (Script::Huge, refused("200 with more than 64 KiB", None)),
        ] {
            let (server, login) = scripted(kind, script.clone());
            assert_eq!(answer(&server, kind, &login.refresh), expected, "{kind:?} {script:?}");
            assert!(server.alive(&login.refresh) && server.posts() == 1);
        }
        let (server, login) = scripted(kind, Script::TooMany(date(100)));
        let Answer::Refused { retry_after: Some(seconds), .. } = answer(&server, kind, &login.refresh) else {
            panic!()
        };
        assert!((95..=100).contains(&seconds), "{seconds}");
    }
}

fn refused(why: &str, retry_after: Option<i64>) -> Answer {
    Answer::Refused { why: why.to_owned(), retry_after }
}

#[test]
fn a_proxy_is_not_asked_for_this_machine_itself() {
    let (server, login) = scripted(SourceKind::Claude, Script::Grant);
    let reply = ask_via(
        &server.url(SourceKind::Claude),
        SourceKind::Claude,
        &login.refresh,
        Some("http://127.0.0.1:9"),
        LIMIT,
    );
    assert_eq!(reply.unwrap().status, 200);
}

#[test]
fn only_tls_or_this_machine_itself_is_asked() {
    for wrong in
        ["http://platform.claude.com/", "http://127.0.0.1.test/", "ftp://h/", "/x", "", "https://u:canary@h/"]
    {
        let error = wrong.parse::<SafeUrl>().unwrap_err();
        assert!(error.contains("URL") && !error.contains(CANARY), "{error}");
    }
    let url: SafeUrl = "http://[::1]:8000/canary?canary".parse().unwrap();
    assert_eq!((format!("{url} {url:?}"), url.is_loopback()), ("http://[::1] http://[::1]".to_owned(), true));
    let usual = RefreshSettings::new(None, &RefreshFile::default()).unwrap();
    let shown = |kind: SourceKind| usual.token_url(kind.into()).map(|url| (url.to_string(), url.is_loopback()));
    assert_eq!(shown(SourceKind::Claude), Some(("https://platform.claude.com".to_owned(), false)));
    assert_eq!(shown(SourceKind::Codex), Some(("https://auth.openai.com".to_owned(), false)));
    assert_eq!((shown(SourceKind::MiniMax), shown(SourceKind::Qwen)), (None, None));
}

#[test]
fn the_server_notices_whoever_asks_otherwise() {
    let (server, login) = scripted(SourceKind::Codex, Script::Grant);
    ask(&server, SourceKind::Codex, &login.refresh, LIMIT).unwrap();
    let right = String::from_utf8(server.requests().remove(0)).unwrap();
    let address = server.url(SourceKind::Codex).replace("http://", "").replace("/oauth/token", "");
    for (from, to) in [
        ("POST /oauth/token", "PUT /oauth/token"),
        ("POST /oauth/token", "POST /oauth/token?x=1"),
        ("ocsync/", "axios/"),
        ("application/json\r\n", "text/plain\r\n"),
        ("connection: close", "authorization: Bearer x"),
        ("app_EMoamEEZ73f0CkXaXp7hrann", "app_EMoamEEZ73f0CkXaXp7hranx"),
        ("\"grant_type\":\"refresh_token\"", "\"grant_type\":\"refresh_tokem\""),
        ("proactive_expiry", "proactive_expirx"),
        ("\"refresh_reason\"", "\"refresh_reasom\""),
        ("\"refresh_token\":\"rt_", "\"refresh_token\":5,\"\":\"3456"),
    ] {
        let mut wrong = right.replacen(from, to, 1);
        assert_ne!(wrong, right, "{from}");
        // As long as it says, whatever was exchanged.
        let length = |request: &str| request.split_once("\r\n\r\n").unwrap().1.len();
        wrong = wrong.replace(&format!("-length: {}", length(&right)), &format!("-length: {}", length(&wrong)));
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.write_all(wrong.as_bytes()).unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).unwrap();
        assert!(said.starts_with("HTTP/1.1 400") && server.faults().len() == 1, "{from}: {said}");
    }
    server.client(SourceKind::Codex, "another");
    let newest = server.newest(&login.refresh);
    assert_eq!(answer(&server, SourceKind::Codex, &newest.refresh), refused("400 invalid_request", None));
    assert_eq!(server.faults().len(), 1);
    assert!(server.alive(&newest.refresh));
}
