//! What a ping and a refresh have in common: which URLs they may ask, and what an error of the HTTP
//! client is called. These words quote neither the URL nor the server's answer.

use std::fmt;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use ureq::http::Uri;

use crate::model::problem::plain;

/// The User-Agent of every request: name and version, nothing else.
pub const AGENT: &str = concat!("ocsync/", env!("CARGO_PKG_VERSION"));
/// At most this much is read of the body of an answer, in bytes.
pub const BODY: u64 = 64 << 10;

/// A URL that ocsync may ask: https, or http to this machine itself.
///
/// Path and query may be secret: anyone who knows a ping URL can use its check. So only scheme and host
/// are ever printed.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct SafeUrl(Uri);

impl SafeUrl {
    /// The host, without the port.
    pub fn host(&self) -> &str {
        self.0.host().unwrap_or_default()
    }

    /// Whether its host is this machine itself.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(self.host())
    }

    /// The whole URL, for the HTTP client alone.
    pub fn uri(&self) -> &Uri {
        &self.0
    }
}

impl FromStr for SafeUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).map(Self)
    }
}

impl TryFrom<String> for SafeUrl {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for SafeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.0.scheme_str().unwrap_or_default(), self.host())
    }
}

impl fmt::Debug for SafeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Reads a URL that may be asked. An error says what is wrong and does not quote the URL.
fn parse(text: &str) -> Result<Uri, &'static str> {
    let uri: Uri = text.parse().map_err(|_| "not a URL such as https://host/path")?;
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
fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.map_or_else(|_| host.eq_ignore_ascii_case("localhost"), |address| address.is_loopback())
}

/// An error in words for a person.
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
        ureq::Error::Protocol(_) => "the answer is not HTTP".to_owned(),
        error => error.to_string().to_lowercase(),
    }
}

/// A timeout in words for a person.
pub fn no_answer(limit: Duration) -> String {
    format!("no answer within {} s", limit.as_secs_f32())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_scheme_and_host_are_printed() {
        assert_eq!(format!("{:?}", "https://hc.test/secret".parse::<SafeUrl>().unwrap()), "https://hc.test");
    }
}
