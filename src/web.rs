//! What a ping and a refresh have in common: which URLs may be asked at all, and what an error
//! of the HTTP client is called, without anything that a URL or a server's answer says.

use std::io::ErrorKind;
use std::net::IpAddr;
use std::time::Duration;

use ureq::http::Uri;

use crate::problem::plain;

/// The User-Agent of every request: what ocsync is, and nothing else.
pub const AGENT: &str = concat!("ocsync/", env!("CARGO_PKG_VERSION"));
/// No more than this is read of the body of an answer, in bytes.
pub const BODY: u64 = 64 << 10;

/// Reads a URL that may be asked: https, or http to this machine itself.
///
/// # Errors
/// What is wrong with it; the URL itself is not quoted.
pub fn parse(text: &str) -> Result<Uri, &'static str> {
    let uri: Uri = text.parse().map_err(|_| "no URL such as https://host/path")?;
    let host = uri.host().ok_or("the URL names no host")?;
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err("the URL holds a user name");
    }
    match uri.scheme_str() {
        Some("https") => Ok(uri),
        Some("http") if is_loopback(host) => Ok(uri),
        _ => Err("the URL must begin with https://"),
    }
}

/// Whether a host is this machine itself.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.map_or_else(|_| host.eq_ignore_ascii_case("localhost"), |address| address.is_loopback())
}

/// What an error is called, for a person.
#[must_use]
pub fn words(error: ureq::Error, limit: Duration) -> String {
    match error {
        ureq::Error::Timeout(_) => no_answer(limit),
        ureq::Error::HostNotFound => "the host is not found".to_owned(),
        ureq::Error::Io(error) if error.kind() == ErrorKind::UnexpectedEof => {
            "the connection was closed before the answer was whole".to_owned()
        }
        ureq::Error::Io(error) => plain(&error),
        // These may quote the URL or the answer.
        ureq::Error::BadUri(_) | ureq::Error::RequireHttpsOnly(_) | ureq::Error::Other(_) => {
            "it cannot be asked for".to_owned()
        }
        ureq::Error::Protocol(_) => "the answer is no HTTP".to_owned(),
        error => error.to_string().to_lowercase(),
    }
}

/// What it is called when time is up.
#[must_use]
pub fn no_answer(limit: Duration) -> String {
    format!("no answer within {} s", limit.as_secs_f32())
}
