//! Asks a token endpoint for new tokens: one POST, and never a second.
//!
//! The refresh token in it can be spent once. So whatever goes wrong, the caller learns whether the token
//! may have left (`NoReply::sent`). Only the body holds the token. The HTTP client reads the body only when
//! the connection, its tunnel and its TLS are established. From then on the token has left.
//!
//! The requests are those of Claude Code 2.1.328 and Codex 0.169.0, except for the User-Agent, which is our
//! own.

use std::fmt;
use std::io::Read;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::time::Duration;

use ureq::http::{HeaderMap, Uri, header};

use crate::model::zeroizing::Zeroizing;
pub use crate::refresh::http::body::{Ask, CLAUDE_CLIENT, CODEX_CLIENT};
use crate::refresh::http::body::{GIVEN_UP, OneTimeBody, SENT};
use crate::refresh::http::proxy::Proxy;
use crate::sys::clock;
use crate::sys::url::{self, SafeUrl};

/// How long all of it may take: name, connection, request, answer. As Claude Code 2.1.328.
pub const LIMIT: Duration = Duration::from_secs(30);
/// The longest pause that a server may ask for, in seconds: a week.
const LONGEST: i64 = 7 * 86_400;

/// A whole reply, not yet interpreted. `answer::judge` does that.
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Whether the content type is JSON's.
    pub json: bool,
    /// When to try again, in seconds from now: 0 to a week.
    pub retry_after: Option<i64>,
    /// The body. If it is longer than `url::BODY`, there was more, which was not read.
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
    /// What happened. It quotes neither the request nor an answer.
    pub why: String,
}

/// Asks. Blocks for `limit` at most, and half a second more if the HTTP client does not keep to it. A signal
/// does not end it early. `proxy` is not used for this machine itself.
///
/// # Errors
/// There is no whole reply. The error says why, and whether the token may be spent.
pub fn post(url: &SafeUrl, ask: &Ask<'_>, proxy: Option<&Proxy>, limit: Duration) -> Result<Reply, NoReply> {
    let Some(request) = OneTimeBody::new(ask) else {
        return Err(NoReply { sent: false, why: format!("ocsync cannot ask for {}", ask.kind.name()) });
    };
    let state = request.state();
    let (uri, proxy) = (url.uri().clone(), proxy.filter(|_| !url.is_loopback()).map(|proxy| proxy.0.clone()));
    let (sender, receiver) = mpsc::channel();
    // A thread of its own: a proxy that sends its answer drop by drop would outlast ureq's limit.
    let run = move || sender.send(exchange(&uri, request, proxy, limit));
    let spawned = std::thread::Builder::new().name("token endpoint".to_owned()).spawn(run);
    let result = match spawned.map(|_| receiver.recv_timeout(limit + Duration::from_millis(500))) {
        Ok(Ok(result)) => result,
        Ok(Err(mpsc::RecvTimeoutError::Timeout)) => Err(url::no_answer(limit)),
        Ok(Err(mpsc::RecvTimeoutError::Disconnected)) => Err("the HTTP client has failed".to_owned()),
        Err(error) => Err(error.to_string()),
    };
    // A body that has not left by now never leaves.
    let sent = state.swap(GIVEN_UP, Ordering::SeqCst) == SENT;
    result.map_err(|why| NoReply { sent, why })
}

/// Sends the request and reads its answer. An error is what went wrong.
fn exchange(
    uri: &Uri,
    mut request: OneTimeBody,
    proxy: Option<ureq::Proxy>,
    limit: Duration,
) -> Result<Reply, String> {
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
    // With room for all of it: growing would leave a copy behind.
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

/// `Retry-After`, in seconds. A date there is compared with the server's own `Date`, because its clock may
/// differ from ours.
fn retry_after(headers: &HeaderMap) -> Option<i64> {
    let date = |name| {
        let at = chrono::DateTime::parse_from_rfc2822(text(headers, name)?).ok()?;
        Some(at.timestamp())
    };
    let value = text(headers, header::RETRY_AFTER)?;
    let seconds = value.parse().ok().or_else(|| {
        let now = date(header::DATE).unwrap_or_else(|| clock::now() / 1000);
        date(header::RETRY_AFTER).map(|at| at.saturating_sub(now))
    })?;
    Some(seconds.clamp(0, LONGEST))
}
