//! Asks a token endpoint for new tokens: one POST, and never a second.
//!
//! The refresh token that it carries can be spent once, so whatever goes wrong, the caller learns
//! whether the token may have left (`NoReply::sent`). It stands in the body alone, so it has left
//! once the body was asked for: not before the connection, its tunnel and its TLS stand. Requests
//! are those of Claude Code 2.1.328 and Codex 0.169.0 but for the User-Agent, which is our own.

use std::fmt;
use std::io::Read;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::time::Duration;

use ureq::http::{HeaderMap, Uri, header};
use zeroize::Zeroizing;

pub use crate::refresh::http::body::{Ask, CLAUDE_CLIENT, CODEX_CLIENT};
use crate::refresh::http::body::{GIVEN_UP, Once, SENT};
use crate::refresh::http::proxy::Proxy;
use crate::sys::clock;
use crate::sys::url::{self, SafeUrl};

/// For all of it: name, connection, request, answer. As Claude Code 2.1.328.
pub const LIMIT: Duration = Duration::from_secs(30);
/// No server is believed that wants to be left alone for longer, in seconds: a week.
const LONGEST: i64 = 7 * 86_400;

/// What the server said, whole and not yet understood (`answer::judge`).
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Whether the content type is JSON's.
    pub json: bool,
    /// When to come back, in seconds from now: 0 to a week.
    pub retry_after: Option<i64>,
    /// The body. Longer than `url::BODY` means that there was more, which has not been read.
    pub body: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({}, {} bytes)", self.status, self.body.len())
    }
}

/// Why there is no whole reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoReply {
    /// Whether the request may have reached the server: the token may be spent.
    pub sent: bool,
    /// What happened; holds nothing of the request nor of an answer.
    pub why: String,
}

/// Asks. Blocks for `limit` at most, and half a second more if the HTTP client does not keep to it;
/// is not cut short by a signal. `proxy` is not used for this machine itself.
///
/// # Errors
/// There is no whole reply: whether the token may be spent, and why.
pub fn post(url: &SafeUrl, ask: &Ask<'_>, proxy: Option<&Proxy>, limit: Duration) -> Result<Reply, NoReply> {
    let Some(request) = Once::new(ask) else {
        return Err(NoReply { sent: false, why: format!("ocsync cannot ask for {}", ask.kind.name()) });
    };
    let state = request.state();
    let (uri, proxy) = (url.uri().clone(), proxy.filter(|_| !url.is_loopback()).map(|proxy| proxy.0.clone()));
    let (sender, receiver) = mpsc::channel();
    // A thread of its own: a proxy that drips its answer would outlast ureq's limit.
    let run = move || sender.send(exchange(&uri, request, proxy, limit));
    let spawned = std::thread::Builder::new().name("token endpoint".to_owned()).spawn(run);
    let result = match spawned.map(|_| receiver.recv_timeout(limit + Duration::from_millis(500))) {
        Ok(Ok(result)) => result,
        Ok(Err(mpsc::RecvTimeoutError::Timeout)) => Err(url::no_answer(limit)),
        Ok(Err(mpsc::RecvTimeoutError::Disconnected)) => Err("the HTTP client has failed".to_owned()),
        Err(error) => Err(error.to_string()),
    };
    // What has not left by now never will.
    let sent = state.swap(GIVEN_UP, Ordering::SeqCst) == SENT;
    result.map_err(|why| NoReply { sent, why })
}

/// The request and its answer; what went wrong.
fn exchange(uri: &Uri, mut request: Once, proxy: Option<ureq::Proxy>, limit: Duration) -> Result<Reply, String> {
    let config = ureq::Agent::config_builder()
        .https_only(uri.scheme_str() == Some("https"))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .max_idle_connections(0)
        .proxy(proxy)
        .timeout_global(Some(limit))
        .user_agent(url::AGENT)
        .accept("application/json")
        .accept_encoding("identity")
        .build();
    let length = request.length();
    let post = ureq::Agent::new_with_config(config).post(uri.clone());
    let post = post.content_type("application/json").header(header::CONTENT_LENGTH, length);
    let post = post.header(header::CONNECTION, "close");
    let answer = post.send(ureq::SendBody::from_reader(&mut request)).map_err(|error| url::words(error, limit))?;
    let (status, headers) = (answer.status().as_u16(), answer.headers());
    let (json, retry_after) = (is_json(headers), retry_after(headers));
    // With room for all of it, so that no copy is left behind by growing.
    let mut body = Zeroizing::new(Vec::with_capacity(usize::try_from(url::BODY).unwrap_or_default() + 64));
    let mut reader = answer.into_body().into_reader().take(url::BODY + 1);
    reader.read_to_end(&mut body).map_err(|error| url::words(error.into(), limit))?;
    Ok(Reply { status, json, retry_after, body })
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = text(headers, header::CONTENT_TYPE).and_then(|text| text.split(';').next());
    let kind = kind.unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind.ends_with("+json")
}

/// `Retry-After`, in seconds. A date counts from the server's own, whose clock may not be ours.
fn retry_after(headers: &HeaderMap) -> Option<i64> {
    let date = |name| {
        let at = chrono::DateTime::parse_from_rfc2822(text(headers, name)?).ok()?;
        Some(at.timestamp())
    };
    let said = text(headers, header::RETRY_AFTER)?;
    let seconds = said.parse().ok().or_else(|| {
        let now = date(header::DATE).unwrap_or_else(|| clock::now() / 1000);
        date(header::RETRY_AFTER).map(|at| at.saturating_sub(now))
    })?;
    Some(seconds.clamp(0, LONGEST))
}
