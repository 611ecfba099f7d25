//! What has to be announced after a run: what is new, what lasts for long, and what has ended. Pure.

use std::collections::BTreeMap;

use crate::model::time::DAY;
use crate::notify::as_another;
use crate::notify::known::{FORGOTTEN, Key, Known, Notices};

/// What one run brings.
#[derive(Debug)]
pub struct Seen<'a> {
    /// The problems that it has seen, each with its rank.
    pub problems: &'a BTreeMap<Key, usize>,
    /// Problems that it shows to have ended, though it may not look for them.
    pub over: &'a [Key],
    /// The command, and what it looks at.
    pub scope: &'a str,
    /// Whether it has looked at everything that it looks at, so that a problem that it does not see has ended.
    pub whole: bool,
    /// Whether there is a hook to announce a problem with.
    pub tells: bool,
    /// When it began, in milliseconds.
    pub now: i64,
    /// After how long a problem that lasts is announced again, in milliseconds; `None`: never.
    pub every: Option<i64>,
}

/// What has to be announced.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// The problems that have begun, or have lasted for so long that they are announced again, as they were before.
    pub problems: Vec<Known>,
    /// The problems that have ended and were announced.
    pub ended: Vec<Known>,
}

/// Brings the notices up to date. Returns what has to be announced now.
pub fn update(notices: &mut Notices, run: &Seen<'_>) -> Due {
    let mut due = Due::default();
    let (lasting, gone): (Vec<_>, Vec<_>) = std::mem::take(&mut notices.problems)
        .into_iter()
        .partition(|known| run.problems.contains_key(&known.key) || !sees_end(known, run));
    due.ended = gone.into_iter().filter(|known| known.told.is_some() && !is_overtaken(known, run)).collect();
    notices.problems = lasting;
    for (key, rank) in run.problems {
        let told = as_another::told(notices, key, run.now);
        match notices.problems.iter_mut().find(|known| known.key == *key) {
            Some(known) => see(known, *rank, run),
            None => notices.problems.push(Known {
                key: key.clone(),
                rank: *rank,
                since: run.now,
                seen: run.now,
                told,
                retry: None,
                printed: None,
                scopes: [run.scope.to_owned()].into(),
            }),
        }
    }
    notices.problems.retain(|known| run.now.saturating_sub(known.seen) < FORGOTTEN);
    notices.advised.retain(|_, at| run.now.saturating_sub(*at) < FORGOTTEN);
    if run.tells {
        let of_run = |known: &&mut Known| run.problems.contains_key(&known.key) && !waits(known, run);
        let again = notices.problems.iter_mut().filter(of_run).any(|known| is_due(known, run));
        for known in notices.problems.iter_mut().filter(of_run) {
            if known.told.is_none() || again {
                as_another::note(&mut notices.advised, &known.key, run.now);
                due.problems.push(known.clone());
                known.told = Some(run.now);
                known.retry = None;
            }
        }
    }
    due
}

/// Whether a run shows that a problem that it does not see has ended. Where that has to be announced, another run must be
/// able to.
fn sees_end(known: &Known, run: &Seen<'_>) -> bool {
    let can_tell = run.tells && !waits(known, run);
    let looks = run.whole && known.scopes.contains(run.scope);
    (looks || run.over.contains(&known.key)) && (known.told.is_none() || can_tell)
}

/// Whether the hook has failed a moment ago.
fn waits(known: &Known, run: &Seen<'_>) -> bool {
    known.retry.is_some_and(|retry| retry.lasts(run.now))
}

/// Notes that a problem lasts.
fn see(known: &mut Known, rank: usize, run: &Seen<'_>) {
    known.rank = rank;
    if !known.scopes.contains(run.scope) {
        known.scopes.insert(run.scope.to_owned());
    }
    // To the day: a problem that lasts does not need a write at each run.
    if run.now < known.seen || run.now.saturating_sub(known.seen) >= DAY {
        known.seen = run.now;
    }
}

/// Whether a problem has lasted so long that it is announced again. A clock that was set back must not suppress that.
fn is_due(known: &Known, run: &Seen<'_>) -> bool {
    let last = |told: i64| run.every.is_some_and(|every| run.now < told || run.now.saturating_sub(told) >= every);
    known.told.is_some_and(last)
}

/// Whether a problem has given way to one that is at least as bad, of the same login or agent. That is no recovery. So
/// it is where nobody can say what the other problem is about.
fn is_overtaken(known: &Known, run: &Seen<'_>) -> bool {
    let shares = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
    run.problems.iter().any(|(key, rank)| {
        let (is, was) = (&key.about, &known.key.about);
        let unclear = is.source.is_none() && is.agent.is_none();
        *rank <= known.rank && (unclear || shares(&is.source, &was.source) || shares(&is.agent, &was.agent))
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::problem::About;
    use crate::model::time::HOUR;

    pub(in crate::notify) fn key(code: &str, source: &str, agent: &str) -> Key {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Key { code: code.to_owned(), about: About { source: some(source), agent: some(agent), profile: None } }
    }

    /// Somebody with a pager, who hears of runs.
    pub(in crate::notify) struct Pager {
        pub(in crate::notify) notices: Notices,
        every: Option<i64>,
    }

    impl Pager {
        /// How many problems and how many ends a run announces that looked at everything.
        pub(in crate::notify) fn hears(
            &mut self,
            hour: i64,
            scope: &str,
            problems: &[(&Key, usize)],
        ) -> (usize, usize) {
            self.hears_of(true, hour, scope, problems)
        }

        fn hears_of(&mut self, whole: bool, hour: i64, scope: &str, problems: &[(&Key, usize)]) -> (usize, usize) {
            let problems = problems.iter().map(|(key, rank)| ((*key).clone(), *rank)).collect();
            let now = hour * HOUR;
            let run = Seen { problems: &problems, over: &[], scope, whole, tells: true, now, every: self.every };
            let due = update(&mut self.notices, &run);
            (due.problems.len(), due.ended.len())
        }
    }

    pub(in crate::notify) fn pager(every: Option<i64>) -> Pager {
        Pager { notices: Notices::default(), every }
    }

    #[test]
    fn a_problem_is_announced_at_once_then_once_a_day_and_its_end_once() {
        let (mut pager, drift) = (pager(Some(DAY)), key("drift", "claude", "main"));
        assert_eq!(pager.hears(0, "sync", &[]), (0, 0));
        assert_eq!(pager.hears(1, "sync", &[(&drift, 2)]), (1, 0));
        assert!((2..25).all(|hour| pager.hears(hour, "sync", &[(&drift, 2)]) == (0, 0)));
        assert_eq!(pager.hears(25, "sync", &[(&drift, 2)]), (1, 0));
        assert_eq!(pager.hears(26, "sync", &[]), (0, 1));
        assert_eq!(pager.hears(27, "sync", &[]), (0, 0));
        assert_eq!(pager.notices, Notices::default());
    }

    #[test]
    fn once_means_once_and_a_clock_that_is_set_back_suppresses_nothing() {
        let drift = key("drift", "claude", "main");
        let mut once = pager(None);
        assert_eq!(once.hears(0, "sync", &[(&drift, 2)]), (1, 0));
        assert!((1..1000).all(|hour| once.hears(hour, "sync", &[(&drift, 2)]) == (0, 0)));
        let mut daily = pager(Some(DAY));
        daily.hears(10, "sync", &[(&drift, 2)]);
        assert_eq!(daily.hears(1, "sync", &[(&drift, 2)]), (1, 0));
    }

    #[test]
    fn a_new_problem_is_announced_although_another_lasts_and_a_worse_one_is_no_recovery() {
        let (mut pager, expired) = (pager(Some(DAY)), key("expired", "claude", ""));
        let (dead, drift) = (key("login-needed", "claude", ""), key("drift", "codex", "main"));
        assert_eq!(pager.hears(0, "sync", &[(&expired, 2)]), (1, 0));
        assert_eq!(pager.hears(1, "sync", &[(&expired, 2), (&drift, 2)]), (1, 0));
        assert_eq!(pager.hears(2, "sync", &[(&dead, 0), (&drift, 2)]), (1, 0));
        // The login is back while another problem lasts.
        assert_eq!(pager.hears(3, "sync", &[(&drift, 2)]), (0, 1));
        assert_eq!(pager.hears(4, "sync", &[(&dead, 0), (&drift, 2)]), (1, 0));
        // A partial recovery brings a lesser problem.
        assert_eq!(pager.hears(5, "sync", &[(&expired, 2), (&drift, 2)]), (1, 1));
    }

    #[test]
    fn an_outage_is_announced_once_whichever_command_sees_it() {
        let (mut pager, dead) = (pager(Some(DAY)), key("login-needed", "claude", ""));
        assert_eq!(pager.hears(0, "sync", &[(&dead, 0)]), (1, 0));
        assert_eq!(pager.hears(0, "check-expiry", &[(&dead, 0)]), (0, 0));
        assert_eq!(pager.hears(1, "refresh", &[(&dead, 0)]), (0, 0));
        assert_eq!(pager.hears(2, "check-expiry", &[]), (0, 1));
        assert_eq!(pager.hears(2, "sync", &[]), (0, 0));
    }

    #[test]
    fn a_run_without_a_hook_notes_what_it_sees_and_leaves_each_end_to_one_with_a_hook() {
        let (mut pager, drift) = (pager(None), key("drift", "claude", "main"));
        let silent = |pager: &mut Pager, hour: i64, lasts: bool| {
            let problems: BTreeMap<Key, usize> = lasts.then(|| (drift.clone(), 2)).into_iter().collect();
            let now = hour * HOUR;
            let run =
                Seen { problems: &problems, over: &[], scope: "sync", whole: true, tells: false, now, every: None };
            assert_eq!(update(&mut pager.notices, &run), Due::default());
        };
        silent(&mut pager, 0, true);
        assert_eq!(pager.notices.since(&drift), Some(0));
        assert_eq!(pager.hears(1, "sync", &[(&drift, 2)]), (1, 0));
        silent(&mut pager, 2, false);
        assert_eq!(pager.hears(3, "sync", &[]), (0, 1));
        silent(&mut pager, 4, true);
        silent(&mut pager, 5, false);
        assert_eq!(pager.notices, Notices::default());
    }

    #[test]
    fn only_a_run_that_could_see_a_problem_sees_its_end() {
        let (mut pager, drift) = (pager(Some(DAY)), key("drift", "claude", "main"));
        let (broken, unclear) = (key("malformed", "", "main"), key("io", "", ""));
        pager.hears(0, "sync", &[(&drift, 2)]);
        assert_eq!(pager.hears(1, "check-expiry", &[]), (0, 0), "it does not look for drift");
        assert_eq!(pager.hears_of(false, 1, "sync", &[]), (0, 0), "it reached nothing");
        assert_eq!(pager.hears(2, "sync", &[(&broken, 1)]), (1, 0), "the store cannot be read");
        assert_eq!(pager.hears(3, "sync", &[(&drift, 2)]), (1, 1));
        assert_eq!(pager.hears(4, "sync", &[(&unclear, 1)]), (1, 0), "nobody can say what it is about");
    }

    #[test]
    fn what_nobody_has_seen_for_a_month_is_forgotten_in_silence() {
        let (mut pager, drift) = (pager(Some(DAY)), key("drift", "claude", "main"));
        pager.hears(0, "refresh", &[(&drift, 2)]);
        assert_eq!(pager.hears(31 * 24, "sync", &[]), (0, 0));
        assert_eq!(pager.notices, Notices::default());
    }
}
