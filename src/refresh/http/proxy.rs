//! Which proxy a request takes on its way to a token endpoint, from the variables that curl reads for https.
//!
//! A proxy that cannot be used is an error, and the request does not go past it: a person who sets a proxy
//! may have no other way out, or may want to see what leaves. The proxy only ever sees a tunnel (CONNECT).

use std::fmt;
use std::str::FromStr;

use crate::settings::env::Env;

/// A proxy. Its URL may hold a password, so only its host is ever printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy(pub(super) ureq::Proxy);

impl FromStr for Proxy {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let proxy = ureq::Proxy::new(text).map_err(|_| "not a proxy such as http://host:3128")?;
        match proxy.protocol() {
            ureq::ProxyProtocol::Http | ureq::ProxyProtocol::Https => Ok(Self(proxy)),
            _ => Err("a SOCKS proxy cannot be used, only http:// or https://"),
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.host())
    }
}

/// The proxy for https to `host`: `HTTPS_PROXY`, then `ALL_PROXY`; none where `NO_PROXY` lists the host, a
/// domain that it is in, or `*`. Each name may be in lower case, and the lower case goes first.
///
/// # Errors
/// Which variable names a proxy that cannot be used. Its value is not quoted.
pub fn of(env: &Env, host: &str) -> Result<Option<Proxy>, String> {
    let var =
        |name: &str| env.var(&name.to_lowercase()).or_else(|| env.var(name)).map(|value| value.to_string_lossy());
    let is_in = |domain: &str| {
        let domain = domain.trim().trim_start_matches('*').trim_start_matches('.').to_ascii_lowercase();
        let host = host.to_ascii_lowercase();
        let front = host.strip_suffix(&domain);
        !domain.is_empty() && front.is_some_and(|front| front.is_empty() || front.ends_with('.'))
    };
    if var("NO_PROXY").is_some_and(|list| list.split(',').any(|entry| entry.trim() == "*" || is_in(entry))) {
        return Ok(None);
    }
    for name in ["HTTPS_PROXY", "ALL_PROXY"] {
        if let Some(value) = var(name) {
            return value.parse().map(Some).map_err(|why: &str| format!("{name}: {why}"));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn found(vars: &[(&str, &str)]) -> String {
        format!("{:?}", of(&Env::of(Path::new("/h"), vars), "auth.openai.com"))
    }

    #[test]
    fn the_proxy_is_the_one_that_curl_would_take() {
        assert_eq!(found(&[("HTTP_PROXY", "http://p:1")]), "Ok(None)");
        assert_eq!(found(&[("HTTPS_PROXY", "http://u:secret@p:1"), ("ALL_PROXY", "a:1")]), "Ok(Some(p))");
        assert_eq!(found(&[("all_proxy", "a:1"), ("HTTPS_PROXY", "")]), "Ok(Some(a))");
        assert_eq!(found(&[("HTTPS_PROXY", "upper:1"), ("https_proxy", "lower:1")]), "Ok(Some(lower))");
        for direct in ["*", "x, auth.openai.com", "openai.com", ".OpenAI.com", "*.openai.com"] {
            assert_eq!(found(&[("HTTPS_PROXY", "p:1"), ("NO_PROXY", direct)]), "Ok(None)", "{direct}");
        }
        for other in ["ai.com", "", ",", "x.auth.openai.com", "com.x"] {
            assert_eq!(found(&[("HTTPS_PROXY", "p:1"), ("NO_PROXY", other)]), "Ok(Some(p))", "{other}");
        }
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_not_passed_by() {
        for wrong in ["socks5://secret:1", "ftp://secret", "http://", "/secret", "secret secret"] {
            let found = found(&[("HTTPS_PROXY", wrong), ("ALL_PROXY", "p:1")]);
            assert!(found.starts_with("Err(\"HTTPS_PROXY: ") && !found.contains("secret"), "{found}");
        }
    }
}
