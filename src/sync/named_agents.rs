//! What `--create` says about an agent that `--agent` names, or the main agent and a login that `--source` names, where
//! nothing is added: never 0 without a word.
//!
//! Where agents have no store in common, an agent inherits the main agent's profiles (OpenClaw up to 2026.7.35). In JSON
//! nothing is created for such an agent, nor in SQLite where it has no database of its own. So what it uses is the main
//! agent's, which the run may have left out.

use crate::core::decide::Decider;
use crate::model::agent::Agent;
use crate::model::decision::Decision;
use crate::model::exit::Code;
use crate::model::installation::{Era, normalise};
use crate::model::inventory::{Installation, Inventory, StoreRef, StoreState};
use crate::model::problem::{About, Problem, clean};
use crate::model::profile::Profile;
use crate::model::route::Route;
use crate::model::source::{Source, SourceKind};
use crate::model::verdict::Verdict;
use crate::openclaw::link::plan;
use crate::settings::options::Options;
use crate::sync::create::obstacle_of;
use crate::sync::creates::{creates, is_in_place_of};
use crate::sync::link;

/// An agent that the command line names, and a login that it may lack.
struct Named<'a> {
    of: &'a Installation,
    agent: &'a Agent,
    /// Its store, where it has one.
    store: Option<StoreRef<'a>>,
    source: &'a Source,
    /// The index of the login.
    index: usize,
    /// The id of the profile that `--create` would add, and its provider.
    id: &'static str,
    provider: &'static str,
}

/// Why the agents that the command line names get no profile.
#[must_use]
pub fn unserved(inventory: &Inventory, decider: &Decider<'_>, options: &Options) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !options.create {
        return problems;
    }
    for of in inventory.installations.iter().filter(|of| of.dir.era != Era::Unclear) {
        let all = options.agents.is_empty();
        let is_named = |agent: &&Agent| if all { agent.main } else { options.agents.contains(&normalise(&agent.id)) };
        for (place, agent) in of.dir.agents.iter().enumerate().filter(|(_, agent)| is_named(agent)) {
            let store = of.stores().find(|at| at.store.agent == place);
            // The one main agent counts, where a variable has moved its directory.
            let is_second = !agent.main && of.dir.agents.iter().any(|main| main.main && main.id == agent.id);
            let is_open = |at: StoreRef<'_>| matches!(at.store.state, StoreState::Read | StoreState::Missing);
            if is_second || !store.is_none_or(is_open) {
                continue;
            }
            let is_asked = |source: &Source| options.asked.iter().any(|id| id.covers(source.id()));
            for (index, source) in inventory.sources.iter().enumerate().filter(|(_, of)| !all || is_asked(of)) {
                let Some((id, provider)) = wanted(of.dir.era, source.kind) else { continue };
                let named = Named { of, agent, store, source, index, id, provider };
                problems.extend(named.why(decider, options));
            }
        }
    }
    problems
}

/// The profile that `--create` adds for a login, and its provider; `None` where it never adds one.
fn wanted(era: Era, kind: SourceKind) -> Option<(&'static str, &'static str)> {
    match era {
        Era::Sqlite => plan::target(kind).map(|(id, provider, _)| (id, provider)),
        _ => (kind != SourceKind::Qwen).then(|| (kind.ids()[0], kind.providers()[0])),
    }
}

impl Named<'_> {
    fn why(&self, decider: &Decider<'_>, options: &Options) -> Option<Problem> {
        let (id, provider) = (self.id, self.provider);
        if decider.protects(&self.agent.id, id) {
            return Some(self.note(&format!("\"bind\" protects {id}: nothing is added")));
        }
        if !creates(self.source, &self.agent.id, id, options) {
            return None;
        }
        match self.of.dir.settings.routes.of(&self.agent.id, self.source.kind) {
            Some(Route::Api) => {}
            // An agent with a store has its note already.
            _ if self.store.is_some() => return None,
            Some(Route::ClaudeCli) => {
                return Some(self.note(&format!("Claude Code runs the {provider} models with its own login")));
            }
            None => return Some(self.note(&format!("no model of {provider}: nothing is added for it"))),
        }
        let own = self.store.and_then(|at| self.serving(at, decider));
        match own {
            Some((_, decision)) if decision.source == Some(self.index) => None,
            Some((profile, _)) => {
                Some(self.note(&format!("it has {} already: nothing is added", clean(&profile.id))))
            }
            None if self.agent.main || self.is_linked() => None,
            None => self.inherited(decider, options),
        }
    }

    /// Whether `--create` links a profile to this agent itself.
    fn is_linked(&self) -> bool {
        self.of.dir.era == Era::Sqlite && self.store.is_some()
    }

    /// The profile of a store by which `--create` has nothing to add, and the decision about it: of several, the one that
    /// the login is bound to.
    fn serving<'s>(&self, at: StoreRef<'s>, decider: &'s Decider<'_>) -> Option<(&'s Profile, &'s Decision)> {
        let pairs = || at.store.profiles.iter().zip(decider.decisions(at.store)).map(|(of, by)| (&**of, &**by));
        let is_bound = |(_, decision): &(&Profile, &Decision)| decision.source == Some(self.index);
        let is_free = at.is_sqlite() && link::lacks(at, self.index, self.source.kind, decider, true);
        let mut found = pairs().filter(|(profile, _)| is_in_place_of(profile, self.source.kind));
        if is_free { None } else { pairs().find(is_bound).or_else(|| found.next()) }
    }

    /// What is said of an agent that inherits.
    fn inherited(&self, decider: &Decider<'_>, options: &Options) -> Option<Problem> {
        let main = self.of.stores().find(|at| at.agent().main)?;
        let is_left_out = !main.store.selected;
        let what = self.provider;
        if let Some((profile, decision)) = self.serving(main, decider) {
            let id = clean(&profile.id);
            let is_stale = decision.source == Some(self.index) && is_stale(decision.judgement.verdict);
            let inherits = format!("it inherits {id} of the main agent");
            return Some(if is_stale && is_left_out {
                self.error(&format!("{inherits}, which is not in step"), "ocsync sync --agent main")
            } else {
                self.note(&format!("{inherits}: nothing is added"))
            });
        }
        // A run that serves the main agent has said what comes of that.
        if !is_left_out {
            return None;
        }
        match &main.store.state {
            StoreState::Read | StoreState::Missing => {}
            StoreState::Refused(_) | StoreState::Failed => {
                return Some(self.error(
                    "it inherits from the main agent, whose store is not served",
                    "ocsync sync --agent main",
                ));
            }
        }
        let obstacle = if main.is_sqlite() {
            link::obstacle(main, self.source, options)
        } else {
            obstacle_of(main, self.index, self.source, decider, options)
        };
        obstacle.or_else(|| {
            let why = format!("it inherits from the main agent, which has no profile of {what}");
            Some(self.error(&why, "ocsync sync --create --agent main"))
        })
    }

    fn text(&self, why: &str) -> String {
        format!("{}: agent {}: {why}", self.of.dir.path.display(), clean(&self.agent.id))
    }

    fn about(&self) -> About {
        About::profile(Some(self.source.name), &self.agent.id, Some(self.id))
    }

    fn note(&self, why: &str) -> Problem {
        Problem::note("not-created", self.text(why), "").about(self.about())
    }

    fn error(&self, why: &str, hint: &str) -> Problem {
        Problem::error(Code::Incomplete, "not-created", self.text(why), hint).about(self.about())
    }
}

/// Whether a profile with this verdict may serve nobody.
fn is_stale(verdict: Verdict) -> bool {
    !matches!(
        verdict,
        Verdict::InSync
            | Verdict::Metadata
            | Verdict::Linked
            | Verdict::OwnLogin
            | Verdict::OtherAccount
            | Verdict::Unbound
    )
}
