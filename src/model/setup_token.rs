//! Setup tokens: `claude setup-token` makes one for a person, for a year, and OpenClaw keeps it as a profile of type
//! `token`. It names no end and nothing renews it, so it is the one credential that ends without a sign. What is
//! known is when it was seen first, or the day that a person gives: a year later it has ended at the latest.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::model::login::Expiry;
use crate::model::profile::{Profile, ProfileKind, Reference};
use crate::model::secret::Fingerprint;
use crate::model::time::DAY;

/// How long a setup token lasts, in milliseconds.
pub const LIFE: i64 = 365 * DAY;

/// 2025-01-01. Claude Code had no setup tokens before, so a clock that says so is wrong.
const INVENTED: i64 = 1_735_689_600_000;

/// How every token of Claude Code begins, also the access token of a login.
const PREFIX: &str = "sk-ant-oat01-";

/// A setup token as the journal knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenSetupToken {
    /// When a run first saw it, in milliseconds.
    pub since: i64,
    /// The stores that held it when they were last read, by path.
    pub stores: BTreeSet<String>,
}

/// The fingerprint of what may be a setup token: a token of Claude Code in a profile of type `token` that names no end.
/// If a login holds it or has held it, it is none.
#[must_use]
pub fn candidate(profile: &Profile) -> Option<Fingerprint> {
    let is_alone = (profile.kind, profile.expires, &profile.reference)
        == (ProfileKind::Token, Expiry::Unknown, &Reference::None);
    let token = profile.access.as_ref().filter(|_| is_alone)?;
    token.secret.expose().trim_start().starts_with(PREFIX).then_some(token.fingerprint)
}

/// Whether a time can be one at which a setup token was there.
#[must_use]
pub fn can_be(at: i64) -> bool {
    at >= INVENTED
}

/// When a setup token ends at the latest, in milliseconds. `given` is the day that a person says it was made, and counts
/// unless it is still to come. A token that was never seen before is seen now.
#[must_use]
pub fn end(seen: Option<&SeenSetupToken>, given: Option<i64>, now: i64) -> i64 {
    let seen = seen.map(|seen| seen.since).filter(|since| *since <= now && can_be(*since));
    given.filter(|day| *day <= now).or(seen).unwrap_or(now).saturating_add(LIFE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::profile::parse;
    use crate::model::recent::Tokens;

    fn is_candidate(fields: &str) -> bool {
        let text = format!("{{\"provider\":\"anthropic\",{fields}}}");
        candidate(&parse("p", &text, &mut Tokens::default()).unwrap().unwrap()).is_some()
    }

    #[test]
    fn only_a_token_of_claude_code_without_an_end_of_its_own_is_one() {
        assert!(is_candidate(r#""type":"token","token":"sk-ant-oat01-FAKE""#));
        assert!(is_candidate(r#""mode":"token","token":" sk-ant-oat01-FAKE","expires":"never""#));
        for other in [
            r#""type":"token","token":"sk-ant-oat01-FAKE","expires":1795169294333"#,
            r#""type":"token","token":"sk-ant-oat01-FAKE","expires":0"#,
            r#""type":"token","token":"sk-ant-oat01-FAKE","tokenRef":{"source":"env","provider":"x","id":"X"}"#,
            r#""type":"token","token":"ghp_FAKE""#,
            r#""type":"token","token":"""#,
            r#""type":"token""#,
            r#""type":"oauth","access":"sk-ant-oat01-FAKE""#,
            r#""type":"api_key","key":"sk-ant-oat01-FAKE""#,
        ] {
            assert!(!is_candidate(other), "{other}");
        }
    }

    #[test]
    fn the_given_day_goes_before_the_first_sight_and_neither_may_be_to_come() {
        let now = INVENTED + 500 * DAY;
        let seen = |since: i64| Some(SeenSetupToken { since, stores: BTreeSet::new() });
        let end = |since: Option<i64>, given: Option<i64>| end(since.and_then(seen).as_ref(), given, now) - LIFE;
        let (long_ago, lately) = (now - 400 * DAY, now - DAY);
        assert_eq!(end(None, None), now);
        assert_eq!(end(Some(lately), None), lately);
        assert_eq!((end(Some(lately), Some(long_ago)), end(Some(long_ago), Some(lately))), (long_ago, lately));
        assert_eq!((end(Some(lately), Some(now + 1)), end(None, Some(now + 1))), (lately, now));
        // A clock was ahead, or stood at its beginning.
        assert_eq!((end(Some(now + DAY), None), end(Some(0), None)), (now, now));
        assert_eq!(super::end(None, None, i64::MAX), i64::MAX);
    }
}
