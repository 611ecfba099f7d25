//! Profiles that OpenClaw gives to Claude Code in place of its own login.

use std::path::PathBuf;

use crate::core::shadow;
use crate::model::inventory::RowHome;
use crate::model::item::Item;
use crate::model::problem::{About, Problem};
use crate::model::profile::ProfileKind;
use crate::model::remedy_command::logout;
use crate::model::verdict::Verdict;
use crate::sync::warn::name;

/// One line for each row with the verdict `shadows`, and the command that removes it.
#[must_use]
pub fn removable(items: &[Item<'_>]) -> Vec<Problem> {
    let shadows = |item: &&Item<'_>| item.verdict == Some(Verdict::Shadows);
    let problem = |(item, names): (&Item<'_>, String)| {
        Problem::drift("shadows", format!("{names} (claude): {}", item.because.text()), cure(item)).about(about(item))
    };
    rows(items.iter().filter(shadows)).into_iter().map(problem).collect()
}

/// `oauth` profiles that Claude Code gets. ocsync keeps them in step, so they work; without them there is nothing to
/// keep.
#[must_use]
pub fn kept_in_step(items: &[Item<'_>], now: i64) -> Vec<Problem> {
    let problem = |(item, names): (&Item<'_>, String)| {
        let message = format!("{names}: Claude Code gets it in place of its own login, which needs no profile");
        Problem::warning("shadows", message, cure(item)).about(about(item))
    };
    rows(items.iter().filter(|item| is_kept_in_step(item, now))).into_iter().map(problem).collect()
}

/// Whether an `oauth` profile is bound to a live login of Claude Code's and shadows it.
pub(super) fn is_kept_in_step(item: &Item<'_>, now: i64) -> bool {
    let (Some((profile, _)), Some(source)) = (item.decided(), item.source) else { return false };
    let left_alone = matches!(
        item.verdict,
        Some(Verdict::OtherAccount | Verdict::OwnLogin | Verdict::Unbound | Verdict::Elsewhere)
    );
    profile.kind == ProfileKind::OAuth && !left_alone && shadow::is_live(source, now) && is_handed_over(item)
}

/// Whether Claude Code gets the profile of an item.
pub(super) fn is_handed_over(item: &Item<'_>) -> bool {
    let profile = item.decided().map(|(profile, _)| profile);
    profile.zip(home(item)).is_some_and(|(profile, home)| shadow::is_handed_over(item.at, home, profile))
}

/// The command that removes a profile, where OpenClaw has one.
pub(super) fn cure(item: &Item<'_>) -> String {
    match item.id() {
        Some(id) if item.at.dir().has_logout() => logout(id, &item.at.agent().id),
        _ => "OpenClaw from 2026.8.1 on can remove it: openclaw models auth logout".to_owned(),
    }
}

/// What the problem of an item is about.
fn about(item: &Item<'_>) -> About {
    About::profile(item.source.map(|source| source.name), &item.at.agent().id, item.id())
}

/// The row that an item's profile is in.
fn home<'i>(item: &Item<'i>) -> Option<&'i RowHome> {
    item.at.store.row(item.id()?).map(|(_, home)| home)
}

/// The database that an item's profile is in.
fn database(item: &Item<'_>) -> Option<PathBuf> {
    home(item).map(|home| item.at.database(home))
}

/// The rows that items are in, each with its first item and the names of its agents.
fn rows<'a, 'i: 'a>(items: impl Iterator<Item = &'a Item<'i>>) -> Vec<(&'a Item<'i>, String)> {
    let mut rows: Vec<(&Item<'_>, usize)> = Vec::new();
    for item in items {
        let same = |first: &Item<'i>| first.id() == item.id() && database(first) == database(item);
        match rows.iter_mut().find(|(first, _)| same(first)) {
            Some((_, more)) => *more += 1,
            None => rows.push((item, 0)),
        }
    }
    let named = |(first, more): (&'a Item<'i>, usize)| match more {
        0 => (first, name(first)),
        _ => (first, format!("{} and {more} more", name(first))),
    };
    rows.into_iter().map(named).collect()
}
