//! Which of two credentials is newer.
//!
//! A JWT carries the time of its issue, which orders the tokens of one login whatever their
//! lifetimes. Without it only the expiry is left, and an unknown one loses to a known.

use crate::credential::{Expiry, Login};
use crate::openclaw::profile::Profile;
use crate::source::jwt;

/// What an order in time can be read from.
#[derive(Clone, Copy, Debug)]
pub struct Dates {
    /// The access token's own claims, where it is a JWT.
    pub jwt: Option<jwt::Times>,
    /// The expiry beside it.
    pub expires: Expiry,
}

impl Dates {
    /// Of a source's login.
    #[must_use]
    pub fn of_login(login: &Login) -> Self {
        Self { jwt: jwt::times(login.access.secret.expose()), expires: login.expires }
    }

    /// Of a profile.
    #[must_use]
    pub fn of_profile(profile: &Profile) -> Self {
        let jwt = profile.access.as_ref().and_then(|token| jwt::times(token.secret.expose()));
        Self { jwt, expires: profile.expires }
    }
}

/// Whether `a` is newer than `b`: the later `iat`, then `exp`, where both are JWTs; otherwise
/// the later known expiry, and a known one before an unknown.
#[must_use]
pub fn is_newer(a: &Dates, b: &Dates) -> bool {
    if let (Some(a), Some(b)) = (a.jwt, b.jwt) {
        return match (a.issued, b.issued) {
            (Some(a), Some(b)) if a != b => a > b,
            _ => a.expires > b.expires,
        };
    }
    a.expires.known() > b.expires.known()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issue_comes_before_end_and_known_before_unknown() {
        let jwt = |issued, expires| Dates { jwt: Some(jwt::Times { issued, expires }), expires: Expiry::Unknown };
        let plain = |expires| Dates { jwt: None, expires };
        assert!(is_newer(&jwt(Some(2), Some(1)), &jwt(Some(1), Some(9))));
        assert!(is_newer(&jwt(Some(1), Some(2)), &jwt(Some(1), Some(1))));
        assert!(is_newer(&jwt(None, Some(2)), &jwt(Some(9), Some(1))));
        assert!(!is_newer(&jwt(Some(1), Some(1)), &jwt(Some(1), Some(1))));
        assert!(is_newer(&plain(Expiry::At(2)), &plain(Expiry::At(1))));
        assert!(is_newer(&plain(Expiry::At(-1)), &plain(Expiry::Unknown)));
        assert!(!is_newer(&plain(Expiry::Unknown), &plain(Expiry::Unknown)));
        assert!(!is_newer(&jwt(Some(9), None), &plain(Expiry::At(1))));
    }
}
