//! Logins that end soon or have ended. Then no refresh helps: a person has to log in again.

use crate::model::inventory::Inventory;
use crate::model::item::Item;
use crate::model::journal::Journal;
use crate::model::problem::{About, NOBODY_RENEWS, Problem};
use crate::model::source::{Source, SourceKind, SourceState};
use crate::model::time;
use crate::model::time::{left, utc};
use crate::model::verdict::Verdict;

/// The logins that end within `within` milliseconds, or have ended.
pub(super) fn ending(sources: &[Source], now: i64, within: i64) -> Vec<Problem> {
    let deadlines = sources.iter().filter_map(|source| Some((source, source.login()?.deadline?)));
    let soon = deadlines.filter(|(_, at)| at.saturating_sub(now) < within);
    let problem = |(source, at): (&Source, i64)| {
        let name = source.name;
        let date = utc(at).map_or_else(|| time::iso(at), |date| format!("{date} UTC"));
        let problem = if at <= now {
            let message = format!("{name}'s login has ended ({date}, {})", left(at, now));
            Problem::warning("login-ended", message, source.login_command())
        } else {
            let message = format!("{name}'s login ends soon ({date}, {})", left(at, now));
            Problem::warning("login-expiring", message, format!("before that: {}", source.login_command()))
        };
        problem.about(About::login(name))
    };
    soon.map(problem).collect()
}

/// The logins that have served profiles, and that are out of reach now.
pub(super) fn out_of_reach(sources: &[Source]) -> Vec<Problem> {
    let note = |source: &Source| {
        let SourceState::OutOfReach(how) = &source.state else { return None };
        let name = source.name;
        let message = format!("{name}: {how}: whether it is logged in is unknown, and nothing is delivered");
        Some(Problem::note("out-of-reach", message, ""))
    };
    sources.iter().filter_map(note).collect()
}

/// The logins whose access token has ended and that nobody has renewed for an hour, while profiles without a refresh
/// token are bound to them, with the number of these profiles.
pub fn nobody_renews<'a>(
    items: &'a [Item<'_>],
    inventory: &'a Inventory,
    journal: &'a Journal,
    now: i64,
) -> impl Iterator<Item = (&'a Source, usize)> {
    let is_left = move |source: &&Source| {
        let known = journal.unrenewed.get(&*source.path.to_string_lossy());
        let could = source.login().is_some_and(|login| login.can_refresh(now));
        could && source.kind != SourceKind::Qwen && known.is_some_and(|known| known.lasts(now))
    };
    let depends = |item: &Item<'_>, source: &Source| {
        let is_own = matches!(item.verdict, Some(Verdict::OtherAccount | Verdict::OwnLogin));
        let has_none = item.profile().is_some_and(|profile| profile.refresh.is_none());
        item.source.is_some_and(|of| of.kind == source.kind && of.path == source.path) && has_none && !is_own
    };
    let count = move |source: &'a Source| (source, items.iter().filter(|item| depends(item, source)).count());
    inventory.sources.iter().filter(is_left).map(count).filter(|(_, count)| *count > 0)
}

/// One problem for each login that nobody renews. Where a refresh was tried, its own problem says what to do.
#[must_use]
pub fn unrenewed(items: &[Item<'_>], inventory: &Inventory, journal: &Journal, now: i64) -> Vec<Problem> {
    let problem = |(source, count): (&Source, usize)| {
        let ended =
            source.login().and_then(|login| login.expires.known()).map_or_else(String::new, |at| left(at, now));
        let profiles = if count == 1 { "1 profile".to_owned() } else { format!("{count} profiles") };
        let message = format!(
            "{}'s access token ended {ended}, and nobody renews it: {profiles} of OpenClaw cannot do so",
            source.name
        );
        let is_tried = journal.refreshes.contains_key(&*source.path.to_string_lossy());
        let hint = if is_tried { "" } else { "systemctl --user enable --now ocsync-refresh.timer" };
        Problem::lasting(NOBODY_RENEWS, message, hint).about(About::login(source.name))
    };
    nobody_renews(items, inventory, journal, now).map(problem).collect()
}
