//! A login's refresh token that profiles of OpenClaw hold as well. It works once: the first program that uses it logs the
//! others out.

use crate::core::change::{refusal, shape};
use crate::model::inventory::Inventory;
use crate::model::item::{Action, Item, Outcome};
use crate::model::journal::Journal;
use crate::model::policy::{Policy, Share};
use crate::model::problem::{About, Problem};
use crate::model::profile::{Profile, ProfileKind};
use crate::model::secret::{Fingerprint, fingerprint};
use crate::model::source::Source;
use crate::model::verdict::{Shape, Verdict};
use crate::sync::remember::shares_refresh;

/// The run that takes the refresh token out of a profile.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// `--access-only`, in JSON.
    AccessOnly,
    /// Any run, in SQLite.
    Sync,
    /// `--sqlite-write auto`, where the configuration says `never`.
    SqliteWrite,
}

/// The warning about a source whose refresh token profiles hold.
pub(super) fn of(source: &Source, items: &[Item<'_>], inventory: &Inventory, policy: &Policy) -> Option<Problem> {
    let refresh = fingerprint(source.login()?.refresh.as_ref())?;
    let sharing: Vec<&Item<'_>> = items.iter().filter(|item| shares(item, source, refresh)).collect();
    let profiles = match sharing.len() {
        0 => return None,
        1 => "1 profile".to_owned(),
        count => format!("{count} profiles"),
    };
    let name = source.name;
    let message = format!(
        "{name}'s refresh token is shared with {profiles} of OpenClaw: the first to use it logs the others out"
    );
    let hint = remedy(source, &sharing, inventory, policy);
    Some(Problem::warning("shared-lineage", message, hint).about(About::login(name)))
}

/// A note for each source whose refresh token this run gave to a profile for the first time.
#[must_use]
pub fn first_deliveries(
    journal: &Journal,
    items: &[Item<'_>],
    inventory: &Inventory,
    policy: &Policy,
) -> Vec<Problem> {
    let is_first = |item: &&&Item<'_>| {
        let record = journal.record(&item.at.store.key, item.id().unwrap_or_default());
        item.outcome == Outcome::Done
            && item.action != Action::None
            && record.is_none_or(|record| record.delivered.is_none())
    };
    let mut notes = Vec::new();
    for source in inventory.sources.iter().filter(|source| source.login().is_some_and(|of| of.refresh.is_some())) {
        let holds = |item: &&Item<'_>| {
            let given = item.outcome == Outcome::Done && item.verdict != Some(Verdict::Metadata);
            let held = item.verdict == Some(Verdict::InSync);
            item.source.is_some_and(|of| of.id() == source.id()) && shares_refresh(item) && (given || held)
        };
        let sharing: Vec<&Item<'_>> = items.iter().filter(holds).collect();
        let first = sharing.iter().filter(is_first).count();
        if first > 0 {
            let profiles =
                if sharing.len() == 1 { "1 profile".to_owned() } else { format!("{} profiles", sharing.len()) };
            let message = format!(
                "{profiles} of OpenClaw ({first} new) and the CLI share {}'s refresh token: \
                 the first to use it logs the others out",
                source.name
            );
            notes.push(Problem::note("shared-lineage", message, remedy(source, &sharing, inventory, policy)));
        }
    }
    notes
}

/// The run that takes the refresh token out of one of the profiles at least, and what it leaves.
fn remedy(source: &Source, sharing: &[&Item<'_>], inventory: &Inventory, policy: &Policy) -> String {
    let ways: Vec<Way> = sharing.iter().filter_map(|item| way(item, source, policy)).collect();
    // With another login beside it, the run is about this one alone.
    let several = inventory.sources.iter().filter(|source| source.login().is_some()).count() > 1;
    let only = if several { format!(" --source {}", source.name) } else { String::new() };
    if ways.contains(&Way::AccessOnly) {
        format!("to deliver the access token alone: ocsync sync --access-only{only}")
    } else if ways.contains(&Way::SqliteWrite) {
        format!("to take it out of SQLite, and leave the access token: ocsync sync --sqlite-write auto{only}")
    } else if ways.contains(&Way::Sync) {
        "to take it out of SQLite, and leave the access token: ocsync sync".to_owned()
    } else {
        String::new()
    }
}

fn shares(item: &Item<'_>, source: &Source, refresh: Fingerprint) -> bool {
    let holds = |profile: &Profile| {
        profile.kind == ProfileKind::OAuth && fingerprint(profile.refresh.as_ref()) == Some(refresh)
    };
    item.source.is_some_and(|of| of.id() == source.id()) && item.profile().is_some_and(holds)
}

/// How the refresh token gets out of a profile; `None` where no run takes it out.
fn way(item: &Item<'_>, source: &Source, policy: &Policy) -> Option<Way> {
    let follows =
        matches!(item.verdict, Some(Verdict::InSync | Verdict::Metadata | Verdict::Reverted | Verdict::SourceNewer));
    if !follows || source.shortfall(policy.now, false).is_some() {
        return None;
    }
    if item.at.is_sqlite() {
        let is_planned = (item.action, item.outcome) == (Action::Update, Outcome::Planned);
        return if policy.sqlite_write.is_auto() { is_planned.then_some(Way::Sync) } else { Some(Way::SqliteWrite) };
    }
    let (profile, dir) = (item.profile()?, item.at.dir());
    let mode = dir.settings.mode(&profile.id);
    let shape = shape(profile, Share::Access, mode, policy.force_type);
    let may = shape == Shape::Token && shape.is_accepted(mode);
    (may && refusal(source.kind, shape, profile, dir.version).is_none()).then_some(Way::AccessOnly)
}
