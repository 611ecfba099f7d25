//! Reads every source and every store, and notes what could not be read.

use std::collections::HashSet;

use crate::model::exit::Code;
use crate::model::inventory::Inventory;
use crate::model::problem::{About, Problem};
use crate::model::record::Stores as Known;
use crate::model::source::{Source, SourceState};
use crate::openclaw::install::discover::discover;
use crate::refresh::http;
use crate::settings::options::Options;
use crate::source::{self, LastReads};
use crate::sync::gather_stores::add;
use crate::sync::warn;
use crate::sys::fs::dir_of;
use crate::sys::fs::obstacle::obstacle;
use crate::sys::fs::open::is_absent;

/// How often everything is read again because a source has changed meanwhile.
const TRIES: u32 = 3;

/// Reads everything. It writes nothing and starts no program, except for macOS's `security` where the Keychain is
/// turned on.
///
/// While it reads the stores, a CLI may rotate its tokens and another run may deliver them. Then a profile would seem
/// to hold a token that its source never had. So it reads the sources once more at the end. If they have changed, it
/// reads everything again. `known` is what the journal knows of stores: they share its names.
pub fn gather(options: &Options, known: &Known) -> Inventory {
    let mut last = LastReads::default();
    let mut sources = sources(options, &mut last);
    for _ in 0..TRIES {
        let inventory = with(sources, options, known);
        if options.env.keychain {
            return inventory;
        }
        sources = self::sources(options, &mut last);
        let same = |(a, b): (&Source, &Source)| a.path == b.path && a.login() == b.login();
        let before = &inventory.sources;
        let now = || sources.iter().filter(|source| !is_out_of_reach(source));
        if before.len() == now().count() && before.iter().zip(now()).all(same) {
            return inventory;
        }
    }
    with(sources, options, known)
}

/// Reads the sources. Dates that cannot be right are unknown.
pub fn sources(options: &Options, last: &mut LastReads) -> Vec<Source> {
    let mut sources = source::read_all(&options.env, &options.logins, last);
    for source in &mut sources {
        let (id, state_dir) = (source.id(), dir_of(&options.state_file));
        let SourceState::Live(login) = &mut source.state else { continue };
        *login = login.clone().as_of(options.policy.now);
        // To deliver it would log the agents out.
        if let Some(problem) = http::why_spent(id, &source.path, login, state_dir) {
            source.state = SourceState::Unreadable(problem);
        }
    }
    sources
}

fn is_out_of_reach(source: &Source) -> bool {
    matches!(source.state, SourceState::OutOfReach(_))
}

/// Reads the stores, and makes an inventory of them and `sources`.
fn with(sources: Vec<Source>, options: &Options, known: &Known) -> Inventory {
    let (out_of_reach, sources) = sources.into_iter().partition(is_out_of_reach);
    let mut inventory = Inventory {
        sources,
        out_of_reach,
        login_files: options.env.logins().into_iter().flat_map(|id| options.env.login_files(id)).collect(),
        installations: Vec::with_capacity(options.state_dirs.len()),
        problems: warn::clock::unset(options.policy.now).into_iter().chain(options.env.problems()).collect(),
    };
    for source in &inventory.sources {
        inventory.problems.extend(source.problems.iter().cloned());
        if let SourceState::Unreadable(problem) = &source.state {
            inventory.problems.push(problem.clone().about(About::login(source.name)));
        }
    }
    let mut seen = HashSet::new();
    for spec in &options.state_dirs {
        let meta = std::fs::metadata(&spec.path);
        if let Some(error) = meta.as_ref().err().filter(|error| !is_absent(error)) {
            inventory.problems.push(obstacle("cannot look at", &spec.path, error));
            continue;
        }
        if !meta.is_ok_and(|meta| meta.is_dir()) {
            let why =
                if std::fs::exists(&spec.path).unwrap_or(true) { "is not a directory" } else { "does not exist" };
            let message = format!("{} {why}", spec.path.display());
            let hint = "name OpenClaw's state directory with --state-dir, or in \"state_dirs\" of ocsync's config";
            inventory.problems.push(Problem::error(Code::NoInput, "no-state-dir", message, hint));
            continue;
        }
        match discover(spec, &options.env) {
            Ok(dir) => add(&mut inventory, dir, options, &mut seen, known),
            Err(problem) => inventory.problems.push(problem),
        }
    }
    inventory
}
