//! What a login consists of: tokens, their expiry, and the account that they belong to.
//!
//! All times in ocsync are milliseconds since the epoch, UTC.

use serde::{Deserialize, Serialize};

use crate::model::secret::Token;

/// When an access token ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// Milliseconds since the epoch, UTC.
    At(i64),
    /// The field is null, missing, or no number. That does not mean expired.
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

    /// Whether the time is known and at most five minutes are left.
    #[must_use]
    pub fn is_spent(self, now: i64) -> bool {
        self.known().is_some_and(|at| at.saturating_sub(now) <= MARGIN_MS)
    }
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
}

impl Identity {
    /// Whether any part is known on both sides and differs.
    #[must_use]
    pub fn conflicts(&self, other: &Self) -> bool {
        let differ = |a: &Option<String>, b: &Option<String>| match (a, b) {
            (Some(a), Some(b)) => !a.eq_ignore_ascii_case(b),
            _ => false,
        };
        differ(&self.account_id, &other.account_id)
            || differ(&self.user_id, &other.user_id)
            || differ(&self.email, &other.email)
    }

    /// This identity. The parts that it lacks come from `other`.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        Self {
            account_id: self.account_id.clone().or_else(|| other.account_id.clone()),
            user_id: self.user_id.clone().or_else(|| other.user_id.clone()),
            email: self.email.clone().or_else(|| other.email.clone()),
        }
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.account_id.is_none() && self.user_id.is_none() && self.email.is_none()
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
    fn identities_conflict_only_where_both_sides_know() {
        let identity = |account: Option<&str>, email: Option<&str>| Identity {
            account_id: account.map(Into::into),
            user_id: None,
            email: email.map(Into::into),
        };
        assert!(!identity(Some("a"), None).conflicts(&identity(None, Some("x@y"))));
        assert!(identity(Some("a"), None).conflicts(&identity(Some("b"), None)));
        assert!(!identity(None, Some("X@y")).conflicts(&identity(None, Some("x@Y"))));
    }
}
