//! `--create` in JSON: adds the default profile to the main agent, where its provider has no profile.
//!
//! It adds one only if OpenClaw would use it. It also needs to know that OpenClaw reads JSON: a JSON file beside a
//! newer OpenClaw makes the agent's authentication fail.

use std::path::Path;
use std::sync::Arc;

use crate::core::binding::region_contradicts;
use crate::core::change;
use crate::core::decide::Decider;
use crate::model::because::Because;
use crate::model::exit::Code;
use crate::model::installation::{Era, StateDir};
use crate::model::inventory::{Inventory, StoreRef, StoreState};
use crate::model::item::{Action, Item, Outcome, Subject};
use crate::model::problem::Problem;
use crate::model::profile::{self, Profile};
use crate::model::reason::Reason;
use crate::model::recent::Tokens;
use crate::model::source::{Source, SourceKind};
use crate::model::verdict::{Shape, Verdict};
use crate::model::version::Version;
use crate::settings::options::Options;
use crate::sync::by_cli;
use crate::sync::creates::{creates, has_profile};

/// A profile to be created.
#[derive(Clone, Copy, Debug)]
pub struct Creation<'a> {
    /// The store that it is added to.
    pub at: StoreRef<'a>,
    /// Its source, as an index into the sources of the inventory.
    pub source: usize,
}

/// The profiles to create, and why others are not created.
#[must_use]
pub fn plan<'a>(
    inventory: &'a Inventory,
    decider: &Decider<'_>,
    options: &Options,
) -> (Vec<Creation<'a>>, Vec<Problem>) {
    let (mut creations, mut problems) = (Vec::new(), Vec::new());
    if !options.create {
        return (creations, problems);
    }
    // Never a JSON file beside SQLite. There `link` links the login.
    for at in inventory.selected().filter(|at| at.dir().era == Era::Json) {
        let agent = at.agent();
        if !agent.main || !matches!(at.store.state, StoreState::Read | StoreState::Missing) {
            continue;
        }
        for (source, of) in inventory.sources.iter().enumerate() {
            // Qwen's service has ended, so a new profile would never work.
            let id = of.kind.ids()[0];
            let is_there = has_profile(at.store, of.kind) || !creates(of, &agent.id, id, options);
            // The other agents inherit it.
            if is_there || of.kind == SourceKind::Qwen || !by_cli::any_needs(at.installation, of.kind) {
                continue;
            }
            match obstacle_of(at, source, of, decider, options) {
                None => creations.push(Creation { at, source }),
                Some(problem) => problems.push(problem),
            }
        }
    }
    (creations, problems)
}

/// What is in the way of the default profile of a login, an index and its source, in the main agent's store.
pub fn obstacle_of(
    at: StoreRef<'_>,
    index: usize,
    source: &Source,
    decider: &Decider<'_>,
    options: &Options,
) -> Option<Problem> {
    let shape = change::new_shape(options.policy.share(source.id()));
    let why = obstacle(at.dir(), &at.agent().dir(), source, shape, decider.obstacle_to_creating(index, shape))?;
    Some(not_created(at.dir(), source, &why))
}

/// Why a profile is not created; `None` where it is.
fn obstacle(
    dir: &StateDir,
    agent_dir: &Path,
    source: &Source,
    shape: Shape,
    of_login: Option<Reason>,
) -> Option<Because> {
    let id = source.kind.ids()[0];
    let Some(version) = dir.version else { return Some(Reason::VersionUnknown.into()) };
    if source.kind == SourceKind::Codex && shape == Shape::Token && version >= Version::CODEX_OAUTH_ONLY {
        return Some(Reason::CodexOauthOnly.into());
    }
    if let Some(reason) = of_login {
        return Some(reason.into());
    }
    if !agent_dir.is_dir() {
        return Some(Because::of(Reason::NoDirectory, agent_dir.to_string_lossy()));
    }
    if agent_dir.join("auth.json").exists() {
        return Some(Reason::ImportPending.into());
    }
    if !shape.is_accepted(dir.settings.mode(id)) {
        return Some(Reason::OtherType.into());
    }
    let url = dir.settings.minimax_url.as_deref();
    if source.region.as_deref().is_some_and(|region| region_contradicts(region, url)) {
        return Some(Reason::OtherRegion.into());
    }
    let is_used = dir.settings.would_use(source.kind.providers()[0], id);
    (!is_used).then(|| Reason::OthersConfigured.into())
}

/// The problem of a profile that is not created. It is a note where OpenClaw's configuration decides so, and an error
/// where something else is in the way.
fn not_created(dir: &StateDir, source: &Source, why: &Because) -> Problem {
    let message = format!("{}: {} is not created: {}", dir.path.display(), source.kind.ids()[0], why.text());
    let hint = match why.reason {
        Reason::OtherRegion => "correct models.providers there".into(),
        // The remedy of the table, `share` in the configuration, does not help a new profile.
        Reason::CodexOauthOnly => "".into(),
        reason => reason.remedy_of(Some(source)),
    };
    match why.reason {
        Reason::OtherType | Reason::OtherRegion | Reason::OthersConfigured => {
            Problem::note("not-created", message, hint)
        }
        _ => Problem::error(Code::Incomplete, "not-created", message, hint),
    }
}

/// The item of a profile to create.
pub fn item<'a>(inventory: &'a Inventory, creation: &Creation<'a>, options: &Options) -> Item<'a> {
    let source = &inventory.sources[creation.source];
    Item {
        at: creation.at,
        subject: new_profile(source, options).map_or(Subject::Store, |profile| Subject::New(Arc::new(profile))),
        source: Some(source),
        verdict: Some(Verdict::SourceNewer),
        action: Action::Create,
        outcome: Outcome::Planned,
        because: Reason::ProviderHasNone.into(),
        cooldown_lifted: false,
        after: None,
    }
}

/// The profile as it will be in the store.
fn new_profile(source: &Source, options: &Options) -> Option<Profile> {
    let entry = change::new_entry(source.kind, source.login()?, change::new_shape(options.policy.share(source.id())));
    profile::parse(source.kind.ids()[0], &entry, &mut Tokens::default()).ok().flatten()
}
