//! Whether anybody renews a login in time.
//!
//! A CLI renews its login when it is used, and `ocsync refresh` does by timer. Where neither happens, every profile
//! without a refresh token is dead as soon as the access token has ended. Two looks, an hour apart, show that.

use serde::{Deserialize, Serialize};

use crate::model::login::Login;
use crate::model::secret::Fingerprint;
use crate::model::time::HOUR;

/// What is known of a login whose access token was seen after its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unrenewed {
    /// The access token that was seen last.
    pub access: Fingerprint,
    /// When a run first saw that it had ended, in milliseconds; `None` where it has not ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<i64>,
    /// Profiles without a refresh token had to do with an ended access token for an hour. This lasts until one is renewed
    /// in time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub proven: bool,
}

impl Unrenewed {
    /// What is known after a look at `login`; `None` where nothing needs to be.
    #[must_use]
    pub fn after(known: Option<&Self>, login: &Login, now: i64) -> Option<Self> {
        let access = login.access.fingerprint;
        let has_ended = login.expires.known().is_some_and(|at| at <= now);
        let same = known.filter(|known| known.access == access);
        let in_time = known.is_some_and(|known| known.access != access && !known.lasts(now));
        let proven = known.is_some_and(|known| known.proven) && (has_ended || !in_time);
        // A clock may go backwards.
        let since = same.and_then(|same| same.since).filter(|since| *since <= now).unwrap_or(now);
        (has_ended || proven).then_some(Self { access, since: has_ended.then_some(since), proven })
    }

    /// Whether two looks an hour apart have seen the same access token after its end, the second one now.
    #[must_use]
    pub fn lasts(&self, now: i64) -> bool {
        self.since.is_some_and(|since| now.saturating_sub(since) >= HOUR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::login::{Expiry, Identity};
    use crate::model::secret::Token;

    fn login(access: &str, expires: i64) -> Login {
        Login {
            access: Token::new(access),
            refresh: None,
            expires: Expiry::At(expires),
            deadline: None,
            refreshable: true,
            identity: Identity::default(),
        }
    }

    /// What is known after these looks: token, its end, and the time of the look, in hours.
    fn looks(known: Option<Unrenewed>, looks: &[(&str, i64, i64)]) -> Option<Unrenewed> {
        looks.iter().fold(known, |known, (access, ends, now)| {
            Unrenewed::after(known.as_ref(), &login(access, ends * HOUR), now * HOUR)
        })
    }

    #[test]
    fn an_ended_token_that_is_seen_twice_an_hour_apart_lasts() {
        assert_eq!(looks(None, &[("a", 5, 4)]), None);
        let once = looks(None, &[("a", 5, 5)]).unwrap();
        assert!(!once.lasts(5 * HOUR) && !once.lasts(6 * HOUR - 1) && once.lasts(6 * HOUR));
        let again = looks(None, &[("a", 5, 5), ("a", 5, 7)]).unwrap();
        assert!(again.lasts(6 * HOUR) && !again.proven);
        // Another token, and a clock that goes backwards, begin anew.
        assert!(!looks(None, &[("a", 5, 5), ("b", 6, 7)]).unwrap().lasts(7 * HOUR));
        assert!(!looks(None, &[("a", 5, 9), ("a", 5, 6)]).unwrap().lasts(7 * HOUR - 1));
        assert_eq!(looks(None, &[("a", 5, 5), ("b", 15, 7)]), None);
    }

    #[test]
    fn what_is_proven_lasts_until_a_token_is_renewed_in_time() {
        let proven = looks(None, &[("a", 5, 5)]).map(|known| Unrenewed { proven: true, ..known });
        let is_proven = |of: &[(&str, i64, i64)]| looks(proven.clone(), of).is_some_and(|known| known.proven);
        assert!(is_proven(&[("a", 5, 7)]));
        assert!(is_proven(&[("b", 15, 7)]), "a person has used the CLI");
        assert!(is_proven(&[("b", 15, 7), ("b", 15, 14)]));
        assert!(is_proven(&[("b", 15, 7), ("b", 15, 16), ("c", 25, 18)]), "again too late");
        assert!(!is_proven(&[("b", 15, 7), ("c", 25, 14)]), "before its end");
        let soon = [("b", 15, 7), ("b", 15, 15), ("c", 25, 15)];
        assert!(!is_proven(&soon), "soon after its end");
    }
}
