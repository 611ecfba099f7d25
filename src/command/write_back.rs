//! `--write-back`: where OpenClaw is proven to have spent the CLI's refresh token, what it got for it
//! goes into the CLI's file, so that both have the living tokens.
//!
//! Only a proof will do (the profile was last seen with the CLI's token, and holds one that nobody
//! has ever held): otherwise an older copy could end the login. What cannot be done is said.

use super::before::Before;
use super::{observe, refresh};
use crate::dates::{Dates, is_newer};
use crate::decide::Decider;
use crate::exit::Code;
use crate::inventory::{Inventory, StoreView};
use crate::openclaw::profile::Profile;
use crate::options::Options;
use crate::plan::Outcome;
use crate::problem::{Problem, Severity};
use crate::refresh::{Came, telling, write_back};
use crate::source::{Kind, Source};
use crate::state_file::Loaded;

/// A profile whose tokens went into the CLI's file, or should have.
#[derive(Clone, Debug)]
pub struct WroteBack {
    /// Its store, as the journal knows it.
    pub store: String,
    /// Its id.
    pub profile: String,
    /// What came of it.
    pub result: Outcome,
}

/// Writes back what is proven.
pub fn run(options: &Options, loaded: &mut Loaded, before: &mut Before) {
    let inventory = Inventory::gather(options);
    observe(&mut loaded.journal, &inventory, options.prefer_source);
    let known = loaded.journal.clone();
    let decider = Decider::new(&inventory, &known, options);
    for (index, source) in inventory.sources.iter().enumerate() {
        let Some((store, profile)) = proof(index, &inventory, &decider) else { continue };
        let came = one(source, profile, options, loaded);
        let result = match &came {
            Ok(Came::Refreshed) => Outcome::Done,
            Ok(_) => Outcome::Failed,
            Err(_) => Outcome::Refused,
        };
        before.unsaved = true;
        before.problems.extend(match came {
            Ok(came) => telling::problem(source.kind, &came),
            Err(why) => Some(refused(source.kind, &why)),
        });
        before.wrote_back.push(WroteBack { store: store.key.clone(), profile: profile.id.clone(), result });
    }
    before.problems.extend(without_login(&inventory, loaded, options));
}

/// The profile that proves that a source's token is spent; of several, the newest.
fn proof<'a>(source: usize, inventory: &'a Inventory, decider: &Decider<'_>) -> Option<(&'a StoreView, &'a Profile)> {
    let of = |(index, store): (usize, &'a StoreView)| {
        let decided = store
            .profiles
            .iter()
            .zip(decider.decisions(index))
            .map(move |(profile, decision)| (store, profile, decision));
        decided
            .filter(|(.., decision)| decision.judgement.proven && decision.source == Some(source))
            .collect::<Vec<_>>()
    };
    let proving = inventory.stores.iter().enumerate().flat_map(of).map(|(store, profile, _)| (store, profile));
    proving.reduce(|best, other| {
        let newer = is_newer(&Dates::of_profile(other.1), &Dates::of_profile(best.1));
        if newer { other } else { best }
    })
}

/// Writes one back, or says why that is not done.
fn one(source: &Source, profile: &Profile, options: &Options, loaded: &mut Loaded) -> Result<Came, String> {
    if !matches!(source.kind, Kind::Claude | Kind::Codex) {
        return Err(format!("{} has no lock, and holds an API key as well", source.path.display()));
    }
    let fresh = write_back::of_profile(profile).ok_or("the profile lacks a token or its expiry")?;
    let Some(login) = source.login() else { return Ok(Came::Adopted) };
    refresh::note_in_flight(&source.path, options, loaded);
    if let Err(problem) = loaded.save(&options.state_file) {
        return Ok(Came::Failed(problem));
    }
    let target = (source.kind, source.path.as_path());
    let came = write_back::run(target, login, &fresh, options.deadline, options.moment());
    loaded.journal.in_flight.clear();
    Ok(came)
}

fn refused(kind: Kind, why: &str) -> Problem {
    let message = format!("{}: not written back: {why}", kind.name());
    Problem { severity: Severity::Error, ..Problem::drift("write-back", message, kind.login_command()) }
}

/// The CLIs that have no login any more, while a profile went on from the one they had: a login that
/// is gone is never brought back.
fn without_login(inventory: &Inventory, loaded: &Loaded, options: &Options) -> Vec<Problem> {
    let journal = &loaded.journal;
    let went_on = |path: &str| {
        let newest = journal.sources.get(path).and_then(|entries| entries.last()).and_then(|entry| entry.refresh);
        let profiles = inventory.stores.iter().flat_map(|store| store.profiles.iter().map(move |of| (store, of)));
        newest.is_some()
            && profiles.into_iter().any(|(store, profile)| {
                let seen = journal.record(&store.key, &profile.id).and_then(|record| record.seen);
                let held = profile.refresh.as_ref().map(|token| token.fingerprint);
                seen == newest && held.is_some_and(|held| Some(held) != newest && !journal.has_seen(held))
            })
    };
    let gone = |kind: &&Kind| {
        let path = options.env.login_file(**kind);
        let source = inventory.sources.iter().find(|source| source.kind == **kind);
        source.is_none_or(|source| source.login().is_none()) && went_on(&path.to_string_lossy())
    };
    let kinds = [Kind::Claude, Kind::Codex];
    let kinds = kinds.iter().filter(|kind| options.kinds.contains(kind)).filter(gone);
    let problem = |kind: &Kind| {
        let why = "the CLI has no login any more, and a login that is gone is not brought back";
        Problem { failure: Some(Code::Incomplete), ..refused(*kind, why) }
    };
    kinds.map(problem).collect()
}
