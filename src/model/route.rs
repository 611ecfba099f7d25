//! By which route an agent's models reach their vendor.
//!
//! OpenClaw may call the vendor's API itself: then it needs a profile. Or it may have the official CLI run the model:
//! then the CLI uses its own login, and renews it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::source::SourceKind;

/// The way from a model to its vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Route {
    /// OpenClaw's own API client, with a profile.
    Api,
    /// Claude Code as runtime, with its own login.
    ClaudeCli,
}

impl Route {
    /// Its name in the output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::ClaudeCli => "claude-cli",
        }
    }
}

/// The route of each provider that an agent's models are of. A provider of which one model goes by the API is of route
/// [`Route::Api`], whatever its other models do.
pub type ProviderRoutes = BTreeMap<String, Route>;

/// The routes of all agents of an installation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routes {
    /// Those of the configured agents, by normalised id; `None` for an agent whose models are not known.
    pub agents: BTreeMap<String, Option<ProviderRoutes>>,
    /// Those of every other agent.
    pub others: Option<ProviderRoutes>,
}

impl Routes {
    /// How an agent reaches the vendor of a login; `None` where none of its models is of that vendor. Where its models
    /// are not known, OpenClaw calls the API.
    pub fn of(&self, agent: &str, kind: SourceKind) -> Option<Route> {
        let known = self.agents.get(agent).unwrap_or(&self.others);
        let Some(known) = known else { return Some(Route::Api) };
        let routes = || kind.providers().iter().filter_map(|provider| known.get(*provider).copied());
        if routes().any(|route| route == Route::Api) { Some(Route::Api) } else { routes().next() }
    }
}
