//! The models of each agent, as `openclaw.json` names them.
//!
//! An agent's models are those that it runs by itself, and those that `models` lists for a person to switch to.

use serde_json::Value;

use crate::openclaw::install::config_file::{object, substitute};
use crate::settings::env::Env;

/// Where a configuration names the models that an agent runs by itself.
const SLOTS: [&str; 7] = [
    "/model",
    "/imageModel",
    "/pdfModel",
    "/utilityModel",
    "/heartbeat/model",
    "/subagents/model",
    "/compaction/model",
];

/// A model: its provider and its name there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Model {
    pub(super) provider: String,
    pub(super) name: String,
}

impl Model {
    /// Reads `provider/name`, perhaps with `@profile` behind it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (provider, name) = text.trim().split_once('/')?;
        let name = name.rsplit_once('@').map_or(name, |(name, _)| name).trim();
        let provider = provider.trim().to_lowercase();
        (!provider.is_empty() && !name.is_empty()).then(|| Self { provider, name: name.to_owned() })
    }
}

/// One agent, and where its settings are: its entry goes before the defaults.
pub(super) struct Agent<'a> {
    pub(super) config: &'a Value,
    pub(super) env: &'a Env,
    pub(super) scopes: Vec<Option<&'a Value>>,
}

impl Agent<'_> {
    /// The models that the agent runs by itself, its primary one first.
    pub(super) fn own_models(&self) -> Vec<Model> {
        let mut models = Vec::new();
        for slot in SLOTS {
            let set = self.scopes.iter().flatten().filter_map(|scope| scope.pointer(slot));
            let found = set.into_iter().find(|value| self.names(value).next().is_some());
            let found: Vec<Model> =
                found.into_iter().flat_map(|value| self.names(value)).filter_map(|name| self.model(&name)).collect();
            // Without the primary model nothing is known for certain.
            if slot == SLOTS[0] && found.is_empty() {
                return found;
            }
            models.extend(found);
        }
        models
    }

    /// The names in a value `"name"` or `{ primary, fallbacks }`.
    fn names<'v>(&self, value: &'v Value) -> impl Iterator<Item = String> + use<'v, '_> {
        let fallbacks = value.get("fallbacks").and_then(Value::as_array).into_iter().flatten();
        let names = value.as_str().into_iter().chain(value.get("primary").and_then(Value::as_str));
        let names = names.chain(fallbacks.filter_map(Value::as_str)).filter(|name| !name.trim().is_empty());
        names.map(|name| substitute(name, self.env).unwrap_or_else(|_| name.to_owned()))
    }

    /// The model of a name, which may be an alias.
    fn model(&self, name: &str) -> Option<Model> {
        Model::parse(name).or_else(|| {
            let is = |alias: &Value| alias.as_str().is_some_and(|of| of.eq_ignore_ascii_case(name.trim()));
            let aliased = self.entries().find(|(_, entry)| entry.get("alias").is_some_and(is));
            aliased.and_then(|(key, _)| Model::parse(key))
        })
    }

    /// The entries of `models`, those of the agent first.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.scopes.iter().flatten().flat_map(|scope| object(scope.get("models")))
    }

    pub(super) fn listed_models(&self) -> Vec<Model> {
        let named = self.entries().filter_map(|(key, _)| Model::parse(key));
        named.filter(|model| model.name != "*").collect()
    }
}
