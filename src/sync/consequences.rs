//! What a dry run foresees: refresh tokens that would be shared, cooldowns that would be lifted, gateways that would be
//! told. It reads what a run would read, and writes nothing.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::model::consequence::Consequence;
use crate::model::installation::{Era, StateDir};
use crate::model::inventory::Inventory;
use crate::model::item::{Action, Item, Outcome, Subject};
use crate::model::journal::Journal;
use crate::model::policy::When;
use crate::model::profile::Profile;
use crate::model::secret::fingerprint;
use crate::model::source::Source;
use crate::model::verdict::{Shape, Verdict};
use crate::openclaw::gateway::find;
use crate::openclaw::json::{cooldown, store_text};
use crate::settings::options::Options;
use crate::sync::reloads;
use crate::sys::fs::read;
use crate::sys::wiped::wipe;

/// Notes on the planned items which cooldowns they would lift, and returns what else the run would bring about.
pub fn foresee(
    items: &mut [Item<'_>],
    inventory: &Inventory,
    journal: &Journal,
    options: &Options,
) -> Vec<Consequence> {
    for item in items.iter_mut() {
        item.cooldown_lifted = lifts(item, options);
    }
    let mut all = shared(items, inventory);
    all.extend(inventory.installations.iter().filter_map(|of| reload(&of.dir, items, journal, options)));
    all
}

fn is_planned(item: &Item<'_>) -> bool {
    item.outcome == Outcome::Planned && item.action != Action::WriteBack
}

/// Whether the cooldown of a profile would be lifted: with an update, or of one that is in step where that is asked for.
fn lifts(item: &Item<'_>, options: &Options) -> bool {
    let gets_new = item.action == Action::Update && is_planned(item) && item.verdict != Some(Verdict::Metadata);
    let is_in_step = item.verdict == Some(Verdict::InSync) && options.clear_cooldown == When::Always;
    let (Some(id), false) = (item.id(), item.at.is_sqlite() || options.clear_cooldown == When::Never) else {
        return false;
    };
    let is_lifted_in = |path: &Path| {
        let mut bytes = Vec::new();
        let found = read::read_into(path, &mut bytes).is_ok()
            && store_text::text(&bytes).is_ok_and(|text| cooldown::lift(text, id).is_ok_and(|of| !of.is_empty()));
        wipe(&mut bytes);
        found
    };
    (gets_new || is_in_step)
        && (is_lifted_in(&item.at.agent().path("auth-state.json")) || is_lifted_in(Path::new(&*item.at.store.key)))
}

/// The profiles that would hold a login's refresh token for the first time.
fn shared(items: &[Item<'_>], inventory: &Inventory) -> Vec<Consequence> {
    let of_login = |source: &Source| {
        let refresh = fingerprint(source.login().and_then(|login| login.refresh.as_ref()));
        let gets = |item: &&Item<'_>| {
            let holds = |profile: &Profile| fingerprint(profile.refresh.as_ref()) == refresh;
            let is_its = item.source.is_some_and(|of| of.id() == source.id());
            is_its
                && is_planned(item)
                && item.verdict != Some(Verdict::Metadata)
                && match &item.subject {
                    Subject::Read(profile, decision) => decision.shape == Shape::OAuth && !holds(profile),
                    Subject::New(profile) => holds(profile),
                    Subject::Store | Subject::Link(_) => false,
                }
        };
        let profiles = if refresh.is_some() { items.iter().filter(gets).count() } else { 0 };
        (profiles > 0).then_some(Consequence::Share { source: source.name, profiles })
    };
    inventory.sources.iter().filter_map(of_login).collect()
}

/// The gateway that would be told.
fn reload(dir: &StateDir, items: &[Item<'_>], journal: &Journal, options: &Options) -> Option<Consequence> {
    let is_owed = journal.reloads.contains_key(&*dir.path.to_string_lossy());
    let is_written = || {
        let here = |item: &&Item<'_>| is_planned(item) && std::ptr::eq(item.at.dir(), dir);
        items.iter().filter(here).any(|item| match item.action {
            Action::Update | Action::Create => dir.era == Era::Json || dir.has_shared_store(),
            Action::None | Action::WriteBack | Action::Link => false,
        })
    };
    let is_written = reloads::is_needed(dir) && is_written();
    if options.reload == When::Never || !(is_owed || is_written) {
        return None;
    }
    let owner = std::fs::metadata(&dir.path).map_or(0, |meta| meta.uid());
    let config = dir.settings.file.as_deref();
    let find = || find::find(&dir.path, config, owner, &options.env, options.moment()).is_some();
    let running = match (options.reload, dir.border.container) {
        (_, true) => None,
        (When::Auto, false) if dir.era != Era::Sqlite => Some(find()),
        _ => Some(find()).filter(|running| *running),
    };
    // What is owed to a gateway that does not run is no news.
    let is_news = is_written || running != Some(false);
    is_news.then(|| Consequence::Reload { state_dir: dir.path.to_string_lossy().into_owned(), running })
}
