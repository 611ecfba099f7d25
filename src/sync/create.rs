//! `--create`: the default profile for the main agent, where its provider has none.
//!
//! Only where OpenClaw would use it, and only where writing JSON is known to be right: a JSON
//! file beside a newer OpenClaw takes the agent's authentication down.

use std::path::Path;

use crate::core::binding::region_contradicts;
use crate::core::change;
use crate::core::decide::Decider;
use crate::model::exit::Code;
use crate::model::installation::Era;
use crate::model::installation::StateDir;
use crate::model::inventory::{Inventory, Store, StoreState};
use crate::model::item::{Action, Outcome};
use crate::model::problem::Problem;
use crate::model::profile::{self, ProfileKind};
use crate::model::recent::Tokens;
use crate::model::source::{Source, SourceKind};
use crate::model::verdict::{Shape, Verdict};
use crate::model::version::Version;
use crate::report::{self, rows};
use crate::settings::options::Options;
use crate::sync::items::Item;

/// A profile to be created: index of the store and of the source.
pub type Creation = (usize, usize);

/// What is to be created, and what stands against the rest.
#[must_use]
pub fn plan(inventory: &Inventory, decider: &Decider<'_>, options: &Options) -> (Vec<Creation>, Vec<Problem>) {
    let (mut creations, mut problems) = (Vec::new(), Vec::new());
    if !options.create {
        return (creations, problems);
    }
    for (index, store) in inventory.stores.iter().enumerate() {
        let state_dir = &inventory.state_dirs[store.state_dir];
        let agent = &state_dir.agents[store.agent];
        if !agent.main || !store.selected || !matches!(store.state, StoreState::Read | StoreState::Missing) {
            continue;
        }
        for (source, of) in inventory.sources.iter().enumerate() {
            let [own, others @ ..] = of.kind.providers() else { continue };
            let served = store.profiles.iter().any(|profile| {
                let is_login = matches!(profile.kind, ProfileKind::OAuth | ProfileKind::Token);
                profile.provider == *own || (is_login && others.contains(&profile.provider.as_str()))
            });
            // Qwen's service has ended: a new profile would never work.
            if served || of.kind == SourceKind::Qwen || protected(options, &agent.id, of.kind.ids()[0]) {
                continue;
            }
            // Never a JSON file beside SQLite.
            if state_dir.era != Era::Json {
                // There a login is linked: see `links`.
                continue;
            }
            match obstacle(
                state_dir,
                &agent.dir,
                of,
                decider.may_create(source, change::new_shape(options.share(of.kind))),
                options,
            ) {
                None => creations.push((index, source)),
                Some(problem) => problems.push(problem),
            }
        }
    }
    (creations, problems)
}

/// `bind` says that the profile belongs to nobody.
pub(super) fn protected(options: &Options, agent: &str, id: &str) -> bool {
    let said = options.bind.get(&format!("{agent}/{id}")).or_else(|| options.bind.get(id));
    said == Some(&None)
}

fn obstacle(state_dir: &StateDir, dir: &Path, source: &Source, may: bool, options: &Options) -> Option<Problem> {
    let id = source.kind.ids()[0];
    let shape = change::new_shape(options.share(source.kind));
    let what = format!("{}: {id} is not created", state_dir.path.display());
    let error =
        |why: &str, hint: &str| Some(Problem::error(Code::Incomplete, "not-created", format!("{what}: {why}"), hint));
    let Some(version) = state_dir.version else {
        return error(
            "OpenClaw's version is not known",
            "set \"version\" for this state directory in ocsync's config",
        );
    };
    if source.kind == SourceKind::Codex && shape == Shape::Token && version >= Version::CODEX_OAUTH_ONLY {
        return error("OpenClaw from 2026.5.12 on takes Codex tokens from an oauth profile only", "");
    }
    if !may {
        return error("the source has no usable login", &format!("log in again: {}", source.kind.login_command()));
    }
    if !dir.is_dir() {
        return error(&format!("{} is no directory", dir.display()), "start OpenClaw once");
    }
    if dir.join("auth.json").exists() {
        return error("auth.json waits for its import", "start OpenClaw once, then run ocsync again");
    }
    let warning = |why: &str, hint: &str| Some(Problem::warning("not-created", format!("{what}: {why}"), hint));
    let mode = state_dir.settings.mode(id);
    if mode.is_some_and(|mode| mode != "oauth" && (mode, shape) != ("token", Shape::Token)) {
        return warning(
            "openclaw.json asks for another type of profile",
            "set its mode to oauth, or see --access-only",
        );
    }
    let url = state_dir.settings.minimax_url.as_deref();
    if source.region.as_deref().is_some_and(|region| region_contradicts(region, url)) {
        return warning(
            "the login's region is not that of the provider's base URL",
            "correct models.providers there",
        );
    }
    if !state_dir.settings.would_use(source.kind.providers()[0], id) {
        let why = "openclaw.json names other profiles for this provider, which it would use instead";
        return warning(why, "add it to auth.profiles there");
    }
    None
}

/// The item of a profile that is to be created.
#[must_use]
pub fn item<'a>(inventory: &Inventory, (store, source): Creation, options: &Options) -> Item<'a> {
    let view: &Store = &inventory.stores[store];
    let of = &inventory.sources[source];
    let mut shown = rows::store_row(inventory, view);
    if let Some(login) = of.login() {
        let entry = change::new_entry(of.kind, login, change::new_shape(options.share(of.kind)));
        shown.refreshable = Some(login.can_refresh(options.now));
        if let Ok(Some(profile)) = profile::parse(of.kind.ids()[0], &entry, &mut Tokens::default()) {
            rows::note_values(&mut shown, &profile, options.now, report::Thresholds::default().within);
        }
    }
    shown.source = Some(of.kind.name());
    shown.verdict = Some(Verdict::SourceNewer);
    shown.action = Action::Create;
    shown.result = Outcome::Planned;
    "the provider has no profile".clone_into(&mut shown.reason);
    Item { store, decided: None, row: shown }
}
