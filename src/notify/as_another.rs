//! A problem that is announced already, as another one: what nobody renews has ended, and that was said an hour before.
//! Pure.

use std::collections::BTreeMap;

use crate::model::problem::NOBODY_RENEWS;
use crate::notify::known::{FORGOTTEN, Key, Notices};

/// Notes that it is announced that nobody renews a login, if that is what `key` is.
pub(super) fn note(advised: &mut BTreeMap<String, i64>, key: &Key, now: i64) {
    let login = key.about.source.as_ref().filter(|_| key.code == NOBODY_RENEWS);
    advised.extend(login.map(|login| (login.clone(), now)));
}

/// When a problem was announced as another one. An access token that has ended is what nobody renews, an hour later: that is
/// news where the advice is new, and not night after night. Where a refresh has failed, that says more.
pub(super) fn told(notices: &Notices, key: &Key, now: i64) -> Option<i64> {
    let login = key.about.source.as_ref().filter(|_| key.code == NOBODY_RENEWS)?;
    let advised = notices.advised.get(login).is_some_and(|at| (0..FORGOTTEN).contains(&now.saturating_sub(*at)));
    let says_enough = |code: &str| advised || code != "expired";
    let of_login =
        notices.problems.iter().filter(|known| known.key.about == key.about && says_enough(&known.key.code));
    of_login.filter_map(|known| known.told).max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::DAY;
    use crate::notify::due::tests::{key, pager};

    #[test]
    fn that_nobody_renews_a_login_is_news_once_a_month_and_else_the_same_as_that_it_has_ended() {
        let (mut pager, expired) = (pager(Some(DAY)), key("expired", "claude", ""));
        let (nobody, of_another) = (key(NOBODY_RENEWS, "claude", ""), key(NOBODY_RENEWS, "claude:work", ""));
        for (day, calls) in [(0, 1), (1, 0), (2, 0), (40, 1)] {
            let hour = |hour: i64| day * 24 + hour;
            assert_eq!(pager.hears(hour(1), "sync", &[(&expired, 2)]), (1, 0), "{day}");
            assert_eq!(pager.hears(hour(2), "sync", &[(&expired, 2), (&nobody, 1)]), (calls, 0), "{day}");
            assert_eq!(pager.hears(hour(3), "sync", &[(&expired, 2), (&nobody, 1)]), (0, 0), "{day}");
            assert_eq!(pager.hears(hour(9), "sync", &[]), (0, 2), "{day}");
        }
        assert_eq!(pager.hears(41 * 24, "sync", &[(&of_another, 1)]), (1, 0));
        assert_eq!(pager.hears(41 * 24 + 1, "sync", &[]), (0, 1));
        assert_eq!(pager.hears(42 * 24, "sync", &[(&nobody, 1)]), (1, 0), "nobody has heard that it has ended");
    }

    #[test]
    fn it_is_no_news_where_a_refresh_has_failed() {
        let mut pager = pager(Some(DAY));
        let of = |code: &str| key(code, "claude", "");
        let (expired, failed, nobody) = (of("expired"), of("not-refreshed"), of(NOBODY_RENEWS));
        assert_eq!(pager.hears(1, "refresh", &[(&expired, 2), (&failed, 1)]), (2, 0));
        assert_eq!(pager.hears(2, "refresh", &[(&expired, 2), (&failed, 1), (&nobody, 1)]), (0, 0));
    }
}
