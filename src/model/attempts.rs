//! What the journal remembers of refreshes that have to be followed by a pause, so that no run asks an endpoint or a CLI
//! again and again.

use serde::{Deserialize, Serialize};

use crate::model::secret::Fingerprint;

/// The shortest pause after an endpoint has refused this client, in milliseconds.
const REFUSED: i64 = 3_600_000;
/// The first pause after a failure that may pass, in milliseconds. It doubles with each further failure, up to
/// [`REFUSED`]. It is shorter than the four minutes of `ocsync-refresh.timer`: Claude Code renews in the last five minutes of
/// an access token, so a longer one would leave out the only run that can try again before the token ends.
const PASSING: i64 = 180_000;

/// For how long an access token counts as good if nobody says when it ends, in milliseconds. Claude Code's last for eight
/// hours; it would take such a token for one that never ends (2.1.328).
pub const ASSUMED: i64 = 3_600_000;

/// What is known of refreshing one source. Times are milliseconds since the epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempts {
    /// The refresh token that the server has called dead. It is not posted again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead: Option<Fingerprint>,
    /// Failures since the last success.
    #[serde(default)]
    pub failures: u32,
    /// The time of the next try.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<i64>,
    /// Why the last try failed, or why a pause follows a success.
    #[serde(default)]
    pub why: String,
}

impl Attempts {
    /// What is known after one more failure that may pass. `retry_after`: how long the server wants to be left alone,
    /// in seconds.
    pub fn failed(&self, why: &str, retry_after: Option<i64>, now: i64) -> Self {
        let pause = PASSING.saturating_mul(1 << self.failures.min(8)).min(REFUSED);
        self.again(why, pause, retry_after, now)
    }

    /// What is known after an endpoint has refused this client.
    pub fn refused(&self, why: &str, retry_after: Option<i64>, now: i64) -> Self {
        self.again(why, REFUSED, retry_after, now)
    }

    /// What is known after the server has called a refresh token dead.
    pub fn died(token: Fingerprint, why: &str) -> Self {
        Self { dead: Some(token), why: why.to_owned(), ..Self::default() }
    }

    /// What is known after a success that names no end of the new access token, or one that has passed already: the login
    /// may look due at once. It is left alone for half of the time for which the token counts as good.
    pub fn undated(now: i64) -> Self {
        let why = "the last answer did not say when its access token ends".to_owned();
        Self { not_before: Some(now.saturating_add(ASSUMED / 2)), why, ..Self::default() }
    }

    /// Whether the last try succeeded.
    pub fn succeeded(&self) -> bool {
        self.failures == 0 && self.dead.is_none()
    }

    fn again(&self, why: &str, pause: i64, retry_after: Option<i64>, now: i64) -> Self {
        // At most a day: a server's mistake must not end the login.
        let asked = retry_after.unwrap_or(0).clamp(0, 86_400) * 1000;
        Self {
            dead: self.dead,
            failures: self.failures.saturating_add(1),
            not_before: Some(now.saturating_add(pause.max(asked))),
            why: why.to_owned(),
        }
    }

    /// The time until which no try is made. A pause of more than a day is no real one: the clock was set back.
    pub fn waits_until(&self, now: i64) -> Option<i64> {
        self.not_before.filter(|at| *at > now && at.saturating_sub(now) <= 86_400_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_an_hour_and_a_servers_wish_counts_up_to_a_day() {
        let mut attempts = Attempts::default();
        let pauses: Vec<i64> = (0..6)
            .map(|_| {
                attempts = attempts.failed("x", None, 0);
                attempts.not_before.unwrap() / 60_000
            })
            .collect();
        assert_eq!(pauses, [3, 6, 12, 24, 48, 60]);
        let refused = |after| Attempts::default().refused("x", after, 0).not_before.unwrap() / 60_000;
        assert_eq!(
            (refused(None), refused(Some(60)), refused(Some(7200)), refused(Some(i64::MAX))),
            (60, 60, 120, 1440)
        );
        assert_eq!(Attempts::default().failed("x", Some(-5), 0).not_before, Some(PASSING));
    }

    #[test]
    fn a_success_without_an_end_is_followed_by_a_pause_that_is_no_failure() {
        let after = Attempts::undated(1000);
        assert_eq!(
            (after.waits_until(1000), after.waits_until(1000 + ASSUMED / 2)),
            (Some(1000 + ASSUMED / 2), None)
        );
        assert!(after.succeeded() && !after.failed("x", None, 1000).succeeded());
    }

    #[test]
    fn a_pause_ends_and_one_that_lies_absurdly_far_ahead_is_none() {
        let attempts = Attempts::default().failed("x", None, 1000);
        assert_eq!(attempts.waits_until(1000), Some(1000 + PASSING));
        assert_eq!(attempts.waits_until(1000 + PASSING), None);
        assert_eq!(attempts.waits_until(-90_000_000), None);
    }
}
