//! Asking the token server with the code under test.

use std::time::Duration;

use ocsync::testing::model::secret::Secret;
use ocsync::testing::model::source::SourceKind;
use ocsync::testing::refresh::http::answer::{Answer, judge};
use ocsync::testing::refresh::http::post::{Ask, CLAUDE_CLIENT, CODEX_CLIENT, LIMIT, NoReply, Reply, post};
use ocsync::testing::refresh::http::proxy::Proxy;

use super::token_server::{Script, TokenServer, Tokens};
use super::{CANARY, now};

/// Posts; nothing that comes of it shows a token.
pub fn ask_via(
    url: &str,
    kind: SourceKind,
    refresh: &str,
    proxy: Option<&str>,
    limit: Duration,
) -> Result<Reply, NoReply> {
    let (secret, scopes) = (Secret::new(refresh), ["user:inference".to_owned(), "user:profile".to_owned()]);
    let client_id = if kind == SourceKind::Claude { CLAUDE_CLIENT } else { CODEX_CLIENT };
    let ask = Ask { kind, refresh: &secret, client_id, scopes: &scopes };
    let proxy: Option<Proxy> = proxy.map(|proxy| proxy.parse().unwrap());
    let result = post(&url.parse().unwrap(), &ask, proxy.as_ref(), limit);
    let shown = format!("{ask:?}{proxy:?}{result:?}");
    assert!(!shown.contains(CANARY) && !shown.contains(refresh), "{shown}");
    result
}

pub fn ask(server: &TokenServer, kind: SourceKind, refresh: &str, limit: Duration) -> Result<Reply, NoReply> {
    ask_via(&server.url(kind), kind, refresh, None, limit)
}

pub fn answer(server: &TokenServer, kind: SourceKind, refresh: &str) -> Answer {
    judge(kind, &ask(server, kind, refresh, LIMIT).unwrap(), now())
}

/// A server with this script for the first request, and a login.
pub fn scripted(kind: SourceKind, script: Script) -> (TokenServer, Tokens) {
    let server = TokenServer::start();
    let login = server.login(kind, "acct-A");
    server.next(script);
    (server, login)
}
