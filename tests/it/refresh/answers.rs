//! What `refresh --via http` makes of each answer of a token endpoint: file, code, message, and what
//! the next run does.

use crate::home::token_server::{Script, TokenServer};
use serde_json::json;

use crate::home::{Home, hours, iso, now, side_by_side, store};
use ocsync::testing::model::source::SourceKind;

const BOTH: [SourceKind; 2] = [SourceKind::Claude, SourceKind::Codex];

/// Each answer: what it does to the file, what is said, the code, and what the next run does.
#[test]
fn every_answer_has_its_consequence() {
    struct Case {
        script: Script,
        code: i32,
        says: &'static str,
        /// The file has new tokens.
        renewed: bool,
        /// The next run posts again.
        posts_again: bool,
    }
    let case = |script, code, says, renewed, posts_again| Case { script, code, says, renewed, posts_again };
    let cases = |kind: SourceKind| {
        [
            case(Script::NoRefreshToken, 0, "", true, false),
            case(Script::WrongContentType, 0, "", true, false),
            case(Script::OtherAccount("acct-B".to_owned()), 1, "another account", false, false),
            case(Script::InvalidGrant, 1, "only a login can help", false, false),
            // OpenAI's word: Anthropic's endpoint does not say it.
            case(Script::Reused, if kind == SourceKind::Codex { 1 } else { 4 }, "", false, false),
            case(Script::Forbidden, 4, "refuses ocsync", false, false),
            case(Script::NotFound, 4, "refuses ocsync", false, false),
            case(Script::TooMany("7200".to_owned()), 4, "refuses ocsync", false, false),
            case(Script::ServerError, 4, "not refreshed", false, false),
            case(Script::Redirect, 4, "refuses ocsync", false, false),
            case(Script::Huge, 4, "", false, false),
            case(Script::Truncated, 4, "not refreshed", false, false),
            case(Script::Reset, 4, "not refreshed", false, false),
            case(Script::Close, 4, "not refreshed", false, false),
        ]
    };
    let all = BOTH.into_iter().flat_map(|kind| cases(kind).map(|case| (kind, case)));
    side_by_side(all, |(kind, case)| {
        let what = format!("{} {:?}", kind.name(), case.script);
        let server = TokenServer::start();
        let home = Home::new().agent("main", &store(&[])).login(kind, &server, 1800);
        let before = home.tokens(kind);
        server.next(case.script);
        let run = home.refresh_http(kind, &server, &[]);
        assert_eq!(run.code, Some(case.code), "{what}: {run:#?}");
        assert!(run.stderr.contains(case.says), "{what}: {run:#?}");
        assert_eq!(home.tokens(kind) != before, case.renewed, "{what}");
        home.released();
        let posts = server.posts();
        let again = home.refresh_http(kind, &server, &[]);
        assert_eq!(server.posts() > posts, case.posts_again, "{what}: {again:#?}");
        assert_eq!(again.code, Some(case.code), "{what}: {again:#?}");
        assert_eq!(again.stderr.is_empty(), case.code == 0, "{what}: no code without a reason: {again:#?}");
        assert!(case.code == 0 || again.stderr.contains(&format!("{}: ", kind.name())), "{what}: {again:#?}");
    });
}

/// Claude Code would take such a token for one that never ends, and a login that keeps its old end would be due again at
/// once: each run would spend a refresh token.
#[test]
fn after_an_answer_without_an_end_of_its_token_nothing_is_posted_for_a_while() {
    let claude = SourceKind::Claude;
    let scripts = [json!(0), json!(-5), json!(0.4), json!(null), json!("soon"), json!(1e300), json!(315_360_001)];
    let scripts = scripts.into_iter().map(Script::Lasts).chain([Script::NoExpiry]);
    side_by_side(scripts.enumerate(), |(nth, script)| {
        let server = TokenServer::start();
        // The old access token has ended already, or has half an hour.
        let left = if nth % 2 == 0 { -60 } else { 1800 };
        let old = store(&[(
            "anthropic:default",
            json!({ "type": "oauth", "provider": "anthropic", "access": "canary-old",
            "refresh": "canary-old-r", "expires": hours(-9) }),
        )]);
        let home = Home::new().agent("main", &old).login(claude, &server, left);
        let before = now();
        server.next(script.clone());
        home.refresh_http(claude, &server, &[]).code(0).prints("refreshed").prints("updated main");
        let ends = home.login_json(claude)["claudeAiOauth"]["expiresAt"].as_i64().unwrap();
        assert!((before + 3_600_000..=now() + 3_600_000).contains(&ends), "{script:?}: {ends} {before}");
        assert!(server.alive(&home.tokens(claude).1));
        let at = |minutes: i64| iso(before + minutes * 60_000);
        for more in [&[][..], &["--within", "9h"], &["--now", &at(25)]] {
            let run = home.refresh_http(claude, &server, more);
            assert_eq!(
                (run.code, run.stdout.as_str(), run.stderr.as_str()),
                (Some(0), "", ""),
                "{script:?} {more:?}"
            );
        }
        assert_eq!(server.posts(), 1, "{script:?}");
        home.refresh_http(claude, &server, &["--now", &at(31)]).code(0).prints("refreshed");
        assert_eq!((server.posts(), server.reuses()), (2, 0), "{script:?}");
        let state = std::fs::read_to_string(home.path(".local/state/ocsync/state.json")).unwrap();
        assert!(!state.contains("not_before"), "an end that is known ends the pause: {state}");
    });
}

#[test]
fn a_new_token_that_has_ended_already_is_not_asked_for_again_at_once() {
    let codex = SourceKind::Codex;
    let server = TokenServer::start();
    let home = Home::new().agent("main", &store(&[])).login(codex, &server, 1800);
    server.expires_in(-5);
    home.refresh_http(codex, &server, &[]).prints("refreshed");
    for _ in 0..3 {
        let run = home.refresh_http(codex, &server, &[]);
        run.code(4).says("codex: not refreshed: the last answer did not say when its access token ends; next try ");
    }
    assert_eq!(server.posts(), 1);
    server.expires_in(28_800);
    home.refresh_http(codex, &server, &["--now", &iso(now() + 1_860_000)]).code(0).prints("refreshed");
    assert_eq!((server.posts(), server.reuses()), (2, 0));
}

#[test]
fn an_answer_that_takes_too_long_is_given_up() {
    std::thread::scope(|scope| {
        for (kind, script) in [(SourceKind::Claude, Script::Hang), (SourceKind::Codex, Script::SlowLoris)] {
            scope.spawn(move || {
                let server = TokenServer::start();
                let home = Home::new().agent("main", &store(&[])).login(kind, &server, 1800);
                let before = home.tokens(kind);
                server.next(script);
                let start = std::time::Instant::now();
                home.refresh_http(kind, &server, &[]).code(4).says("not refreshed");
                assert!(start.elapsed().as_secs() < 40);
                assert_eq!(home.tokens(kind), before);
                home.released();
            });
        }
    });
}
