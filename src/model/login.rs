//! What a login consists of: tokens, their expiry, and the account that they belong to.
//!
//! All times in ocsync are milliseconds since the epoch, UTC.

use serde::{Deserialize, Serialize};

use crate::model::secret::Token;
use crate::model::time::DAY;

/// When an access token ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// Milliseconds since the epoch, UTC.
    At(i64),
    /// The field is null, missing, no number, or no date that can be right. That does not mean expired.
    Unknown,
}

/// An access token with this much time left, or less, is not worth a delivery. OpenClaw 2026.5.28, Claude Code and
/// Codex all treat the last five minutes as expired.
pub const MARGIN_MS: i64 = 300_000;

impl Expiry {
    /// The time, where it is known.
    pub fn known(self) -> Option<i64> {
        match self {
            Self::At(at) => Some(at),
            Self::Unknown => None,
        }
    }

    /// This expiry; unknown where it is more than ten years away. No CLI's token lives that long: seconds were taken for
    /// milliseconds, or somebody has written a date that never comes.
    #[must_use]
    pub fn as_of(self, now: i64) -> Self {
        self.known().filter(|at| !is_far(*at, now)).map_or(Self::Unknown, Self::At)
    }

    /// Whether the time is known and at most five minutes are left.
    #[must_use]
    pub fn is_spent(self, now: i64) -> bool {
        self.known().is_some_and(|at| at.saturating_sub(now) <= MARGIN_MS)
    }
}

/// Whether a time is more than ten years away.
#[must_use]
pub fn is_far(at: i64, now: i64) -> bool {
    at.saturating_sub(now) > 3653 * DAY
}

/// The account that a login belongs to, as far as a file names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The account or workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// The person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The person's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Claude: the organization that the login was made for. One person has several: a plan of one's own, a team's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
}

impl Identity {
    /// Whether the two are known to be of different accounts.
    ///
    /// Ids outrank e-mails, as they do for OpenClaw (2026.5.28). An id that differs means another account. Equal ids
    /// mean the same account, whatever the e-mails are. Several people share the workspace of a Codex login, so there
    /// the person has to be equal too. The e-mails count only where the ids do not tell.
    #[must_use]
    pub fn conflicts(&self, other: &Self) -> bool {
        let compare = |a: &Option<String>, b: &Option<String>| Some(a.as_ref()?.eq_ignore_ascii_case(b.as_ref()?));
        let ids = [
            compare(&self.account_id, &other.account_id),
            compare(&self.user_id, &other.user_id),
            compare(&self.organization, &other.organization),
        ];
        let names_person = self.user_id.is_some() || other.user_id.is_some();
        let is_same = ids[1] == Some(true) || (ids[0] == Some(true) && !names_person);
        ids.contains(&Some(false)) || (!is_same && compare(&self.email, &other.email) == Some(false))
    }

    /// This identity. The parts that it lacks come from `other`.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        Self {
            account_id: self.account_id.clone().or_else(|| other.account_id.clone()),
            user_id: self.user_id.clone().or_else(|| other.user_id.clone()),
            email: self.email.clone().or_else(|| other.email.clone()),
            organization: self.organization.clone().or_else(|| other.organization.clone()),
        }
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What a CLI's own file holds when it is logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The access token.
    pub access: Token,
    /// The refresh token, where there is one.
    pub refresh: Option<Token>,
    /// When the access token ends.
    pub expires: Expiry,
    /// When the login itself ends, in milliseconds. After that no refresh helps.
    pub deadline: Option<i64>,
    /// Whether the CLI can still refresh it, judging by the file.
    pub refreshable: bool,
    /// The account that it belongs to.
    pub identity: Identity,
}

impl Login {
    /// This login, without the dates that are more than ten years away.
    #[must_use]
    pub fn as_of(self, now: i64) -> Self {
        Self { expires: self.expires.as_of(now), deadline: self.deadline.filter(|at| !is_far(*at, now)), ..self }
    }

    /// Whether only a new login can help: the access token has ended, or is about to, and cannot be refreshed.
    #[must_use]
    pub fn needs_person(&self, now: i64) -> bool {
        self.expires.is_spent(now) && !self.can_refresh(now)
    }

    /// Whether the CLI can get a new access token without a new login.
    #[must_use]
    pub fn can_refresh(&self, now: i64) -> bool {
        self.refreshable && self.refresh.is_some() && self.deadline.is_none_or(|at| at > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_minutes_left_is_spent_and_the_extremes_do_not_panic() {
        assert!(Expiry::At(MARGIN_MS).is_spent(0));
        assert!(!Expiry::At(MARGIN_MS + 1).is_spent(0));
        assert!(!Expiry::Unknown.is_spent(i64::MAX));
        assert!(!Expiry::At(i64::MAX).is_spent(i64::MIN));
        assert!(Expiry::At(i64::MIN).is_spent(i64::MAX));
    }

    #[test]
    fn more_than_ten_years_away_is_unknown() {
        let years = |years: i64| years * 365 * DAY;
        for (at, known) in [(years(9), true), (years(11), false), (i64::MAX, false), (0, true), (i64::MIN, true)] {
            assert_eq!(Expiry::At(at).as_of(0).known(), known.then_some(at), "{at}");
        }
        assert_eq!(Expiry::Unknown.as_of(0), Expiry::Unknown);
        assert_eq!(Expiry::At(years(11)).as_of(years(2)), Expiry::At(years(11)));
    }

    #[test]
    fn identities_conflict_only_where_both_sides_know() {
        let identity = |account: Option<&str>, email: Option<&str>| Identity {
            account_id: account.map(Into::into),
            email: email.map(Into::into),
            ..Identity::default()
        };
        assert!(!identity(Some("a"), None).conflicts(&identity(None, Some("x@y"))));
        assert!(identity(Some("a"), None).conflicts(&identity(Some("b"), None)));
        assert!(!identity(None, Some("X@y")).conflicts(&identity(None, Some("x@Y"))));
        assert!(identity(None, Some("x@y")).conflicts(&identity(None, Some("z@y"))));
        // The same account under a new address; the same address with another account.
        assert!(!identity(Some("a"), Some("x@y")).conflicts(&identity(Some("a"), Some("z@y"))));
        assert!(identity(Some("a"), Some("x@y")).conflicts(&identity(Some("b"), Some("x@y"))));
        let of = |organization: &str| Identity {
            organization: Some(organization.to_owned()),
            ..identity(Some("a"), Some("x@y"))
        };
        assert!(of("personal").conflicts(&of("team")) && !of("team").conflicts(&identity(Some("a"), None)));
    }

    #[test]
    fn two_people_of_one_workspace_are_two_accounts() {
        let of = |user: Option<&str>, email: Option<&str>| Identity {
            account_id: Some("workspace".to_owned()),
            user_id: user.map(Into::into),
            email: email.map(Into::into),
            organization: None,
        };
        assert!(of(Some("u1"), None).conflicts(&of(Some("u2"), None)));
        assert!(of(Some("u1"), Some("x@y")).conflicts(&of(None, Some("z@y"))));
        assert!(!of(Some("u1"), Some("x@y")).conflicts(&of(Some("u1"), Some("z@y"))));
        assert!(!of(Some("u1"), Some("x@y")).conflicts(&of(None, None)));
    }
}
