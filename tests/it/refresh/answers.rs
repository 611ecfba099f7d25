//! What `refresh --via http` makes of each answer of a token endpoint: file, code, message, and what
//! the next run does.

use crate::home::token_server::{Script, TokenServer};
use crate::home::{Home, side_by_side, store};
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

#[test]
fn an_answer_without_an_expiry_is_saved_with_the_old_one() {
    let server = TokenServer::start();
    let home = Home::new().agent("main", &store(&[])).login(SourceKind::Claude, &server, 1800);
    let before = home.login_json(SourceKind::Claude)["claudeAiOauth"]["expiresAt"].clone();
    server.next(Script::NoExpiry);
    home.refresh_http(SourceKind::Claude, &server, &[]).code(0).prints("refreshed");
    assert_eq!(home.login_json(SourceKind::Claude)["claudeAiOauth"]["expiresAt"], before);
    assert!(server.alive(&home.tokens(SourceKind::Claude).1));
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
