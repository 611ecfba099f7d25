//! What becomes of a notice that the hook could not announce: a later run tries again, ever more seldom. Pure.

use crate::notify::due::Due;
use crate::notify::known::{Known, Notices};
use crate::notify::retry::Retry;

/// Notes that the hook could not announce these: a later run tries again.
pub fn put_back(notices: &mut Notices, due: &Due, now: i64) {
    for missed in due.problems.iter().chain(&due.ended) {
        let retry = Some(Retry::after(missed.retry, now));
        let tried = Known { retry, ..missed.clone() };
        match notices.problems.iter_mut().find(|known| known.key == missed.key) {
            Some(known) => (known.told, known.retry) = (tried.told, retry),
            None => notices.problems.push(tried),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::problem::About;
    use crate::model::time::{DAY, HOUR};
    use crate::notify::due::{Seen, update};
    use crate::notify::known::Key;

    const MINUTE: i64 = HOUR / 60;

    #[test]
    fn what_the_hook_could_not_announce_is_announced_later_and_ever_more_seldom() {
        let drift = Key { code: "drift".to_owned(), about: About::login("claude") };
        let mut notices = Notices::default();
        let mut run = |minute: i64, lasts: bool, fails: bool| {
            let problems: BTreeMap<Key, usize> = lasts.then(|| (drift.clone(), 2)).into_iter().collect();
            let now = minute * MINUTE;
            let run = Seen {
                problems: &problems,
                over: &[],
                scope: "sync",
                whole: true,
                tells: true,
                now,
                every: Some(DAY),
            };
            let due = update(&mut notices, &run);
            if fails {
                put_back(&mut notices, &due, now);
            }
            (due.problems.len(), due.ended.len())
        };
        // The first calls fail: after 5 minutes the next, then after 10, 20, 40 and so on.
        let calls: Vec<i64> = (0..1440).filter(|minute| run(*minute, true, true) != (0, 0)).collect();
        assert_eq!(calls, [0, 5, 15, 35, 75, 155, 315, 635, 1275]);
        assert_eq!(run(3000, true, false), (1, 0));
        assert_eq!(run(3001, true, false), (0, 0));
        // Nor is an end swallowed, but it is not announced if the problem is back before anybody has heard of that.
        assert_eq!(run(3010, false, true), (0, 1));
        assert_eq!(run(3011, false, false), (0, 0));
        assert_eq!(run(3012, true, false), (0, 0));
        assert_eq!(run(3020, false, false), (0, 1));
        assert_eq!(run(3021, false, false), (0, 0));
        // What has ended before anybody has heard of it is no news.
        assert_eq!(run(4000, true, true), (1, 0));
        assert_eq!(run(4001, false, false), (0, 0));
        assert_eq!(notices, Notices::default());
    }
}
