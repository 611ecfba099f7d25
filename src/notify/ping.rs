//! `--ping`: one GET after every run, as healthchecks.io and similar services expect it: the URL itself
//! when all is well, the URL with the exit code behind it otherwise. A service that hears nothing for too
//! long knows that the timer does not run any more. No hook could report that.
//!
//! TLS only, except to this machine itself. No redirect is followed and no proxy is used. Of the answer
//! only the status is used.

use std::io::{self, Read};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use crate::model::exit::Code;
use crate::model::problem::{Problem, plain};
use crate::sys::url::SafeUrl;
use crate::sys::{signal, url};

/// How long a ping may take in all: name, connection, request, answer.
const LIMIT: Duration = Duration::from_secs(10);

/// The URL for a run that ended with this code.
fn of(url: &SafeUrl, code: Code) -> String {
    let uri = url.uri();
    if code == Code::Ok {
        return uri.to_string();
    }
    let scheme = uri.scheme_str().unwrap_or("https");
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let query = uri.query().map_or(String::new(), |query| format!("?{query}"));
    format!("{scheme}://{authority}{}/{}{query}", uri.path().trim_end_matches('/'), code as u8)
}

/// Pings. What went wrong is a warning.
#[must_use]
pub fn send(url: &SafeUrl, code: Code) -> Option<Problem> {
    let (sender, receiver) = mpsc::channel();
    let target = url.clone();
    // A thread of its own: neither a signal nor the end of the run has to wait for a slow resolver.
    let started = std::thread::Builder::new().spawn(move || sender.send(get(&target, code)));
    let deadline = Instant::now() + LIMIT;
    let (why, hint) = loop {
        if let Err(error) = &started {
            break (plain(error), "");
        }
        match receiver.recv_timeout(Duration::from_millis(50)) {
            Ok(Ok(())) => return None,
            Ok(Err(wrong)) => break wrong,
            Err(RecvTimeoutError::Timeout) if signal::received() => break ("it was interrupted".to_owned(), ""),
            Err(RecvTimeoutError::Timeout) if Instant::now() < deadline => {}
            Err(_) => break (url::no_answer(LIMIT), ""),
        }
    };
    Some(Problem::warning("ping", format!("the ping of {} failed: {why}", url.host()), hint))
}

/// Sends the request. An error is what went wrong, and a hint.
fn get(url: &SafeUrl, code: Code) -> Result<(), (String, &'static str)> {
    let config = ureq::Agent::config_builder()
        .https_only(url.uri().scheme_str() == Some("https"))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .proxy(None)
        .timeout_global(Some(LIMIT))
        .user_agent(url::AGENT)
        .build();
    let answer = ureq::Agent::new_with_config(config).get(of(url, code)).call();
    let answer = answer.map_err(|error| (url::words(error, LIMIT), ""))?;
    let status = answer.status();
    // The answer is read so that the connection ends in order. The ping has arrived in any case.
    let _ = io::copy(&mut answer.into_body().into_reader().take(url::BODY), &mut io::sink());
    let hint = match status.as_u16() {
        200..300 => return Ok(()),
        300..400 => "redirects are not followed: give the final URL",
        _ => "compare the URL with what the service shows",
    };
    Err((format!("it answered with {status}"), hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tls_or_this_machine_itself_is_pinged() {
        for right in
            ["https://hc.test/x", "http://127.0.0.1:8000/x", "http://[::1]/x", "http://localhost/x", "https://h"]
        {
            assert!(right.parse::<SafeUrl>().is_ok(), "{right}");
        }
        for wrong in
            ["http://hc.test/x", "http://127.0.0.1.test/", "http://10.0.0.1/", "ftp://h/", "/x", "", "https://u:p@h/"]
        {
            assert!(wrong.parse::<SafeUrl>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_code_follows_the_path() {
        let of = |text: &str, code| super::of(&text.parse().unwrap(), code);
        assert_eq!(of("https://hc.test/x", Code::Ok), "https://hc.test/x");
        assert_eq!(of("https://hc.test/x", Code::LoginNeeded), "https://hc.test/x/1");
        assert_eq!(of("https://hc.test:8/x/?rid=1", Code::Config), "https://hc.test:8/x/78?rid=1");
    }
}
