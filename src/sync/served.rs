//! Logins that have served profiles and whose file is gone: what `claude /logout` and `codex logout` do.
//!
//! A login that no profile was ever served from is nobody's problem when it goes.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::model::inventory::{Inventory, StoreRef};
use crate::model::journal::Journal;
use crate::model::profile::Profile;
use crate::model::secret::fingerprint;
use crate::model::source::{Source, SourceKind, SourceState};
use crate::settings::options::Options;
use crate::sync::gather::gather;
use crate::sys::signal;

/// How often a file that is gone is looked for again.
const POLL: Duration = Duration::from_millis(100);

/// Reads everything, with the served logins whose file is gone. `claude /login` removes the file for some seconds, so
/// a run that `acts` and finds one gone for the first time looks again until its time for waiting is over.
pub fn gather_with_gone(options: &Options, journal: &Journal, acts: bool) -> Inventory {
    let mut inventory = gather(options);
    let mut gone = gone(&inventory, journal, options);
    let is_new = |source: &Source| !journal.gone.contains_key(&*source.path.to_string_lossy());
    if acts && gone.iter().any(is_new) {
        while gone.iter().any(|source| !source.path.exists())
            && Instant::now() < options.deadline
            && !signal::received()
        {
            std::thread::sleep(POLL);
        }
        inventory = gather(options);
        gone = self::gone(&inventory, journal, options);
    }
    inventory.sources.extend(gone);
    inventory.sources.sort_by_key(|source| source.kind);
    inventory
}

/// The served logins whose file is gone.
fn gone(inventory: &Inventory, journal: &Journal, options: &Options) -> Vec<Source> {
    let is_there = |kind: SourceKind| inventory.sources.iter().any(|source| source.kind == kind);
    let absent = options.kinds.iter().copied().filter(|kind| !is_there(*kind));
    // What macOS keeps in the Keychain may only be out of reach.
    let absent = absent.filter(|kind| !(cfg!(target_os = "macos") && *kind == SourceKind::Claude));
    let paths = absent.flat_map(|kind| options.env.login_files(kind).into_iter().map(move |path| (kind, path)));
    let is_gone = |path: &Path| path.symlink_metadata().is_err();
    let served = paths.filter(|(_, path)| is_gone(path) && has_served(inventory, journal, &path.to_string_lossy()));
    served.map(|(kind, path)| Source::new(kind, path, SourceState::Gone)).collect()
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
