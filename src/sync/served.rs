//! Logins that have served profiles and are not there any more: their file is gone, which is what `claude /logout` and
//! `codex logout` do, or their CLI works without a login in its file by now.
//!
//! A login that no profile was ever served from is nobody's problem when it goes.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::model::inventory::{Inventory, StoreRef};
use crate::model::journal::Journal;
use crate::model::profile::Profile;
use crate::model::secret::fingerprint;
use crate::model::source::{Source, SourceKind, SourceState};
use crate::model::source_id::SourceId;
use crate::settings::options::Options;
use crate::sync::by_cli;
use crate::sync::gather::gather;
use crate::sys::signal;

/// How often a file that is gone is looked for again.
const POLL: Duration = Duration::from_millis(100);

/// Reads everything, with the served logins whose file is gone. `claude /login` removes the file for some seconds, so
/// a run that `acts` and finds one gone for the first time looks again until its time for waiting is over.
pub fn gather_with_gone(options: &Options, journal: &Journal, acts: bool) -> Inventory {
    let mut inventory = gather(options, &journal.stores);
    let mut gone = gone(&inventory, journal, options);
    let is_new = |source: &Source| !journal.gone.contains_key(&*source.path.to_string_lossy());
    if acts && gone.iter().any(is_new) {
        while gone.iter().any(|source| !source.path.exists())
            && Instant::now() < options.deadline
            && !signal::received()
        {
            std::thread::sleep(POLL);
        }
        inventory = gather(options, &journal.stores);
        gone = self::gone(&inventory, journal, options);
    }
    let has_served = |source: &Source| has_served(&inventory, journal, &source.path.to_string_lossy());
    let (served, others) = inventory.out_of_reach.iter().cloned().partition(has_served);
    inventory.out_of_reach = others;
    inventory.sources.extend(gone.into_iter().chain::<Vec<Source>>(served));
    inventory.sources.sort_by_key(Source::id);
    inventory
}

/// The served logins whose file is gone.
fn gone(inventory: &Inventory, journal: &Journal, options: &Options) -> Vec<Source> {
    let found = || inventory.sources.iter().chain(&inventory.out_of_reach);
    let is_there = |id: SourceId| found().any(|source| source.id() == id);
    let absent = options.logins.iter().copied().filter(|id| !is_there(*id));
    let paths = absent.flat_map(|id| options.env.login_files(id).into_iter().map(move |path| (id, path)));
    let is_gone = |path: &Path| path.symlink_metadata().is_err();
    // Agents whose models Claude Code runs depend on its first login without a profile.
    let by_cli = |id: SourceId, path: &str| {
        id == SourceKind::Claude.into() && journal.sources.contains_key(path) && by_cli::any(inventory)
    };
    let is_served = |id, path: &str| has_served(inventory, journal, path) || by_cli(id, path);
    let served = paths.filter(|(id, path)| is_gone(path) && is_served(*id, &path.to_string_lossy()));
    let source = |(id, path): (SourceId, _)| Source {
        name: id.name,
        ..Source::new(id.kind, path, state_without_file(id.kind))
    };
    served.map(source).collect()
}

/// What a served login is whose file is gone. macOS may have taken Claude's into the Keychain, and deletes the file then.
fn state_without_file(kind: SourceKind) -> SourceState {
    if cfg!(target_os = "macos") && kind == SourceKind::Claude {
        return SourceState::OutOfReach("macOS may keep its login in the Keychain".to_owned());
    }
    SourceState::Gone
}

/// Whether a profile that is still there holds, or was given, a token of the login at a path.
fn has_served(inventory: &Inventory, journal: &Journal, path: &str) -> bool {
    let is_of = |at: StoreRef<'_>, profile: &Profile| {
        let held = (fingerprint(profile.refresh.as_ref()), fingerprint(profile.access.as_ref()));
        let record = journal.record(&at.store.key, &profile.id);
        let given =
            record.and_then(|record| record.delivered.as_ref()).map(|of| (of.entry.refresh, Some(of.entry.access)));
        [Some(held), given]
            .into_iter()
            .flatten()
            .any(|(refresh, access)| journal.entry(path, refresh, access).is_some())
    };
    journal.sources.contains_key(path)
        && inventory.stores().any(|at| at.store.profiles.iter().any(|profile| is_of(at, profile)))
}
