//! `--restore` and `--adopt`: the profiles that the command line names.
//!
//! A login that is put back is protected: the journal notes it before the store is written, so that a run after a kill
//! does not replace the login again. `--adopt` ends the protection.

use std::sync::Arc;

use crate::core::adopt::Key;
use crate::core::decide::Decider;
use crate::model::exit::Code;
use crate::model::inventory::{Inventory, StoreRef, StoreState};
use crate::model::item::{Action, Item, Outcome};
use crate::model::journal::Journal;
use crate::model::kept::Kept;
use crate::model::problem::{Problem, clean};
use crate::model::profile::ProfileKind;
use crate::model::reason::Reason;
use crate::model::record::Record;
use crate::model::target::Target;
use crate::model::verdict::Verdict;
use crate::settings::options::Options;
use crate::sync::replaced::Place;

/// A login that this run puts back.
#[derive(Clone, Debug)]
pub struct Restoration {
    /// The profile, for every agent that sees it.
    pub keys: Vec<Key>,
    /// The agent that the login was kept for.
    pub agent: Arc<str>,
    /// The profile's id.
    pub id: String,
    /// The login.
    pub login: Arc<Kept>,
}

/// What the command line asks for.
#[derive(Debug, Default)]
pub struct Asked {
    /// The logins to put back.
    pub restorations: Vec<Restoration>,
    /// The names of profiles that are not there, and of which nothing is kept. Then the run writes nothing.
    pub absent: Vec<Problem>,
    /// Files that cannot be read.
    pub problems: Vec<Problem>,
}

/// Finds the profiles that `--restore` and `--adopt` name.
pub fn asked(inventory: &Inventory, options: &Options) -> Asked {
    let mut asked = Asked::default();
    let adoptions = options.policy.adopt.iter().map(|adoption| &adoption.target);
    for target in adoptions.chain(&options.restore) {
        if !is_there(inventory, target) {
            let message = format!("no profile \"{}\" found", clean(&target.0));
            asked.absent.push(missing("no-profile", message, "to see the profiles: ocsync status"));
        }
    }
    for target in &options.restore {
        let before = (asked.restorations.len(), asked.problems.len());
        find(inventory, target, options, &mut asked);
        let found = (asked.restorations.len(), asked.problems.len()) != before;
        if !found && is_read(inventory, target) {
            let message = format!("nothing that \"{}\" held before is kept", clean(&target.0));
            asked.absent.push(missing("nothing-kept", message, "to see what is kept: ocsync status"));
        }
    }
    let adoptions = &options.policy.adopt;
    let is_adopted = |of: &&Restoration| adoptions.iter().any(|adoption| adoption.target.names(&of.agent, &of.id));
    if let Some(both) = asked.restorations.iter().find(is_adopted) {
        let message = format!("\"{}\" is named by --adopt and by --restore", clean(&both.id));
        asked.absent.push(Problem::error(Code::Usage, "usage", message, "use one of the two options"));
    }
    asked
}

/// A name of something that is not there.
fn missing(code: &'static str, message: String, hint: &str) -> Problem {
    Problem::error(Code::NoInput, code, message, hint)
}

/// Whether a target names a profile. It may where a store is not read, and a problem of its own says why.
fn is_there(inventory: &Inventory, target: &Target) -> bool {
    let mut unread =
        inventory.selected().filter(|at| !matches!(at.store.state, StoreState::Read | StoreState::Missing));
    is_read(inventory, target) || unread.any(|at| target.may_be_of(&at.agent().id))
}

/// Whether a profile that was read has this name.
fn is_read(inventory: &Inventory, target: &Target) -> bool {
    let has = |at: StoreRef<'_>| at.store.profiles.iter().any(|of| target.names(&at.agent().id, &of.id));
    inventory.selected().any(has)
}

/// Finds what is kept of the profiles that a target names.
fn find(inventory: &Inventory, target: &Target, options: &Options, asked: &mut Asked) {
    for at in inventory.selected() {
        for (place, profile) in at.store.profiles.iter().enumerate() {
            let is_known = |of: &Restoration| of.keys.contains(&(at.store.key.clone(), profile.id.clone()));
            if !target.names(&at.agent().id, &profile.id) || asked.restorations.iter().any(is_known) {
                continue;
            }
            // A row that several agents see was kept for one of them.
            let home = at.store.homes.get(place);
            let seers: Vec<StoreRef<'_>> =
                home.into_iter().flat_map(|home| at.seers(home, &profile.id)).map(|(other, _)| other).collect();
            let id = &profile.id;
            for agent in [at].iter().chain(&seers).map(|of| &of.agent().id) {
                let of = Place { state_file: &options.state_file, state_dir: &at.dir().path, agent, profile: id };
                match of.newest() {
                    Ok(None) => continue,
                    Ok(Some(login)) => {
                        let stores = seers.iter().chain([&at]).map(|of| (of.store.key.clone(), id.clone()));
                        let keys = stores.collect();
                        let login = Arc::new(login);
                        let (agent, id) = (agent.clone(), id.clone());
                        asked.restorations.push(Restoration { keys, agent, id, login });
                    }
                    Err(problem) => asked.problems.push(problem),
                }
                break;
            }
        }
    }
}

/// The keys of all profiles whose login is put back.
pub fn keys(asked: &Asked) -> Vec<Key> {
    asked.restorations.iter().flat_map(|of| of.keys.clone()).collect()
}

/// The login to put back into a profile.
pub fn of<'a>(restorations: &'a [Restoration], at: StoreRef<'_>, id: &str) -> Option<&'a Restoration> {
    restorations.iter().find(|of| of.keys.iter().any(|(store, profile)| *store == at.store.key && profile == id))
}

/// Notes in the journal, before anything is written, which profiles are protected from now on. Returns what it noted
/// before of those that will be written.
pub fn announce(journal: &mut Journal, items: &[Item<'_>], decider: &Decider<'_>) -> Vec<(Key, bool)> {
    let mut before = Vec::new();
    for item in items.iter().filter(|item| item.outcome == Outcome::Planned) {
        let Some((key, protects)) = named(item, decider) else { continue };
        let known = journal.protects(&key.0, &key.1);
        if known != protects {
            journal.record_mut(&key.0, &key.1).protected = protects;
        }
        before.push((key, known));
    }
    before
}

/// Notes in the journal what came of it: what was adopted or put back is a new beginning, and what failed is as it was.
pub fn settle(journal: &mut Journal, items: &[Item<'_>], decider: &Decider<'_>, before: &[(Key, bool)]) {
    for item in items {
        let Some((key, protected)) = named(item, decider) else { continue };
        let is_done = item.outcome == Outcome::Done;
        let is_in_step = !protected && item.verdict == Some(Verdict::InSync);
        if is_done || (is_in_step && journal.record(&key.0, &key.1).is_some()) {
            *journal.record_mut(&key.0, &key.1) = Record { protected, ..Record::default() };
        } else if let Some((_, known)) = before.iter().find(|(of, _)| *of == key) {
            journal.record_mut(&key.0, &key.1).protected = *known;
        }
    }
}

/// The key of a profile that the command line names, and whether it is protected afterwards.
fn named(item: &Item<'_>, decider: &Decider<'_>) -> Option<(Key, bool)> {
    let (store, id) = (&item.at.store.key, item.id()?);
    let protects = decider.is_put_back(store, id);
    (protects || decider.adoption(store, id).is_some()).then(|| ((store.clone(), id.to_owned()), protects))
}

/// The profiles that `--adopt` names and that were not adopted although their verdict does not say that something is
/// wrong.
pub fn not_adopted(items: &[Item<'_>], decider: &Decider<'_>, options: &Options) -> Vec<Problem> {
    let is_named = |item: &&Item<'_>| {
        item.id().is_some_and(|id| decider.adoption(&item.at.store.key, id).is_some())
            && item.action == Action::None
            && item.verdict != Some(Verdict::InSync)
    };
    let problem = |item: &Item<'_>| {
        let (agent, id) = (&item.at.agent().id, item.id().unwrap_or_default());
        let why = match item.kind() {
            Some(ProfileKind::ApiKey | ProfileKind::Other) => "it is no login".to_owned(),
            _ if options.policy.protects(agent, id) => "\"bind\" protects it".to_owned(),
            _ if item.because.reason == Reason::NoSource => "ocsync finds no such login of its provider".to_owned(),
            _ => item.because.text().into_owned(),
        };
        let message = format!("{} {} is not adopted: {why}", clean(agent), clean(id));
        Problem::error(Code::Incomplete, "not-adopted", message, "")
    };
    items.iter().filter(is_named).map(problem).collect()
}
