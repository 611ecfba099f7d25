//! Whether a login has to be refreshed now.
//!
//! A refresh token can be spent once, and an endpoint that refuses must not be asked again at once. So each
//! reason to wait has a name of its own here.

use crate::model::attempts::Attempts;
use crate::model::login::{Expiry, Login, MARGIN_MS};
use crate::model::policy::Via;
use crate::model::secret::fingerprint;
use crate::model::source::SourceKind;

/// The usual threshold, in milliseconds: a login with no more time left is due. An hour is more than the half
/// hour of the usual timer. MiniMax's tokens may live for only a quarter of an hour, and mmx itself refreshes them
/// in their last five minutes.
pub fn usual(kind: SourceKind) -> i64 {
    if kind == SourceKind::MiniMax { 2 * MARGIN_MS } else { 3_600_000 }
}

/// The threshold that applies, in milliseconds. Claude Code decides for itself and refreshes only in the last five
/// minutes. An earlier call would do nothing.
pub fn threshold(kind: SourceKind, via: Via, within: i64) -> i64 {
    if (kind, via) == (SourceKind::Claude, Via::Cli) { within.min(MARGIN_MS) } else { within }
}

/// Whether a login is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// Now.
    Now,
    /// It has more than the threshold left, or was refreshed a moment ago.
    NotYet,
    /// Its expiry is unknown.
    NoExpiry,
    /// It cannot be refreshed any more. Only a new login helps.
    OnlyLogin,
    /// The server has said in these words that its refresh token is dead.
    Dead(String),
    /// OpenClaw has spent its refresh token. To post it again may end the whole lineage.
    Spent,
    /// It is due, but an earlier try has helped nothing: when the next try may be, and why.
    Waits(i64, String),
}

/// Decides whether a login is due. `spent`: OpenClaw is proven to have spent its refresh token.
pub fn judge(login: &Login, threshold: i64, spent: bool, attempts: Option<&Attempts>, now: i64) -> Due {
    let refresh = fingerprint(login.refresh.as_ref());
    if let Some(attempts) = attempts.filter(|attempts| refresh.is_some() && attempts.dead == refresh) {
        return Due::Dead(attempts.why.clone());
    }
    let Expiry::At(expires) = login.expires else { return Due::NoExpiry };
    if expires.saturating_sub(now) > threshold {
        return Due::NotYet;
    }
    if !login.can_refresh(now) {
        return Due::OnlyLogin;
    }
    if spent {
        return Due::Spent;
    }
    let Some((attempts, at)) = attempts.and_then(|of| Some((of, of.waits_until(now)?))) else { return Due::Now };
    // The pause after a success is nobody's problem while the new token is good.
    if attempts.succeeded() && !login.expires.is_spent(now) {
        return Due::NotYet;
    }
    Due::Waits(at, attempts.why.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::login::Identity;
    use crate::model::secret::{Fingerprint, Token};

    fn login(expires: Expiry) -> Login {
        Login {
            access: Token::new("AT"),
            refresh: Some(Token::new("RT")),
            expires,
            deadline: None,
            refreshable: true,
            identity: Identity::default(),
        }
    }

    #[test]
    fn what_is_due_by_time() {
        let of = |expires| judge(&login(expires), 100, false, None, 1000);
        assert_eq!(of(Expiry::At(1101)), Due::NotYet);
        for due in [1100, 1000, 0, i64::MIN] {
            assert_eq!(of(Expiry::At(due)), Due::Now, "{due}");
        }
        assert_eq!(of(Expiry::At(i64::MAX)), Due::NotYet);
        assert_eq!(of(Expiry::Unknown), Due::NoExpiry);
    }

    #[test]
    fn what_is_due_and_must_not_be_done() {
        let due = login(Expiry::At(0));
        for dead in [
            Login { refresh: None, ..due.clone() },
            Login { refreshable: false, ..due.clone() },
            Login { deadline: Some(999), ..due.clone() },
        ] {
            assert_eq!(judge(&dead, 100, false, None, 1000), Due::OnlyLogin);
        }
        assert_eq!(judge(&due, 100, true, None, 1000), Due::Spent);
        let waits = Attempts { failures: 1, not_before: Some(1001), why: "x".to_owned(), ..Attempts::default() };
        for due in [&due, &login(Expiry::At(2 * MARGIN_MS))] {
            assert_eq!(judge(due, i64::MAX, false, Some(&waits), 1000), Due::Waits(1001, "x".to_owned()));
            assert_eq!(judge(due, i64::MAX, false, Some(&waits), 1001), Due::Now);
        }
    }

    #[test]
    fn after_a_success_without_an_end_nothing_is_due_while_its_token_is_good() {
        let pause = Attempts::undated(0);
        let of = |expires, now| judge(&login(Expiry::At(expires)), i64::MAX, false, Some(&pause), now);
        let end = pause.not_before.unwrap();
        assert_eq!((of(2 * end, 1), of(2 * end, end)), (Due::NotYet, Due::Now));
        assert_eq!((of(0, 1), of(0, end)), (Due::Waits(end, pause.why.clone()), Due::Now));
    }

    #[test]
    fn a_dead_refresh_token_is_reported_at_any_age_and_another_is_tried() {
        let dead = |token: &str| Attempts::died(Fingerprint::of(token), "invalid_grant");
        let fresh = login(Expiry::At(9_999_999));
        assert_eq!(judge(&fresh, 100, false, Some(&dead("RT")), 1000), Due::Dead("invalid_grant".to_owned()));
        assert_eq!(judge(&login(Expiry::At(0)), 100, false, Some(&dead("RT-old")), 1000), Due::Now);
        let none = Login { refresh: None, ..login(Expiry::At(0)) };
        assert_eq!(judge(&none, 100, false, Some(&Attempts::default()), 1000), Due::OnlyLogin);
    }

    #[test]
    fn claude_code_is_not_called_before_it_would_refresh() {
        assert_eq!(threshold(SourceKind::Claude, Via::Cli, 3_600_000), MARGIN_MS);
        assert_eq!(threshold(SourceKind::Claude, Via::Cli, 60_000), 60_000);
        assert_eq!(threshold(SourceKind::Claude, Via::Http, 3_600_000), 3_600_000);
        assert_eq!(threshold(SourceKind::Codex, Via::Cli, 3_600_000), 3_600_000);
    }
}
