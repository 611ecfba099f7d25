//! Finds by which route the models of each agent reach their vendor, as OpenClaw 2026.9.6 does
//! (`model-runtime-policy`, `model-runtime-aliases`).
//!
//! The first of these that names a runtime decides about a model: its own entry under `models` of the agent, then of the
//! defaults; its entry in `models.providers`; the entry `"provider/*"` of the agent, then of the defaults; its provider
//! in `models.providers`. Without one, or with `auto`, the profile decides that `auth.order` of openclaw.json names
//! first, or the only one in `auth.profiles`: its provider may be `claude-cli`. A model that is called `claude-cli/…`
//! needs nothing more. OpenClaw ignores a runtime that is set for a whole agent.
//!
//! A model that is only listed takes over the runtime of the agent's primary model, where that is of the same provider
//! and the listed one names none.

use serde_json::Value;

use crate::model::route::{ProviderRoutes, Route, Routes};
use crate::openclaw::install::config_file::{listed_agents, object};
use crate::openclaw::install::models::{Agent, Model};
use crate::settings::env::Env;

/// The provider whose models Claude Code can run, and the name of Claude Code as a runtime and as a provider.
const ANTHROPIC: &str = "anthropic";
const CLAUDE_CLI: &str = "claude-cli";

/// The routes of all agents.
pub fn of(config: &Value, env: &Env) -> Routes {
    let defaults = config.pointer("/agents/defaults");
    let mut routes = Routes { others: Agent { config, env, scopes: vec![defaults] }.routes(), ..Routes::default() };
    for (_, id, entry) in listed_agents(config) {
        let agent = Agent { config, env, scopes: vec![Some(entry), defaults] };
        routes.agents.entry(id).or_insert_with(|| agent.routes());
    }
    routes
}

impl Agent<'_> {
    /// The routes of the providers of its models; `None` where it names no model.
    fn routes(&self) -> Option<ProviderRoutes> {
        let own = self.own_models();
        let primary = own.first()?;
        let mut routes = ProviderRoutes::new();
        let mut add = |provider: &str, route: Route| {
            let known = routes.entry(provider.to_owned()).or_insert(route);
            if route == Route::Api {
                *known = Route::Api;
            }
        };
        for model in &own {
            let (provider, route) = self.route(model, None);
            add(provider, route);
        }
        for model in self.listed_models() {
            let inherited = (model.provider == primary.provider).then_some(primary);
            let (provider, route) = self.route(&model, inherited);
            add(provider, route);
        }
        Some(routes)
    }

    /// The provider of a model in effect, and its route. `inherited`: the model whose runtime it takes over.
    fn route<'m>(&self, model: &'m Model, inherited: Option<&Model>) -> (&'m str, Route) {
        if model.provider == CLAUDE_CLI {
            return (ANTHROPIC, Route::ClaudeCli);
        }
        if model.provider != ANTHROPIC {
            return (&model.provider, Route::Api);
        }
        let runtime = self.runtime(model).or_else(|| self.runtime(inherited?));
        let by_cli = match runtime.as_deref() {
            None | Some("auto" | "default") => self.profile_is_the_clis(),
            Some(runtime) => runtime == CLAUDE_CLI,
        };
        (ANTHROPIC, if by_cli { Route::ClaudeCli } else { Route::Api })
    }

    /// The runtime that the configuration names for a model.
    fn runtime(&self, model: &Model) -> Option<String> {
        let of_entry = |name: &str| {
            let mut found = self.entries().filter(|(key, _)| {
                Model::parse(key).is_some_and(|of| of.provider == model.provider && of.name == name)
            });
            found.find_map(|(_, entry)| runtime_of(entry))
        };
        let provider = object(self.config.pointer("/models/providers"))
            .find(|(name, _)| name.trim().to_lowercase() == model.provider)
            .map(|(_, provider)| provider);
        let is_it = |id: &str| id == model.name || Model::parse(id).as_ref() == Some(model);
        let of_model = || {
            let mut models = provider?.get("models")?.as_array()?.iter();
            runtime_of(models.find(|entry| entry.get("id").and_then(Value::as_str).is_some_and(is_it))?)
        };
        of_entry(&model.name).or_else(of_model).or_else(|| of_entry("*")).or_else(|| provider.and_then(runtime_of))
    }

    /// Whether the profile that decides about models without a runtime is one of Claude Code's.
    fn profile_is_the_clis(&self) -> bool {
        let provider_of = |id: &str| {
            let provider = self.config.pointer("/auth/profiles")?.get(id)?.get("provider")?.as_str()?;
            Some(provider.trim().to_lowercase()).filter(|of| of == ANTHROPIC || of == CLAUDE_CLI)
        };
        let order = |name| self.config.pointer("/auth/order")?.get(name)?.as_array();
        if let Some(order) = order(ANTHROPIC).or_else(|| order(CLAUDE_CLI)) {
            let mut named = order.iter().filter_map(|id| provider_of(id.as_str()?));
            return named.next().is_some_and(|provider| provider == CLAUDE_CLI);
        }
        let mut all = object(self.config.pointer("/auth/profiles")).filter_map(|(id, _)| provider_of(id));
        matches!((all.next().as_deref(), all.next()), (Some(CLAUDE_CLI), None))
    }
}

/// The runtime of an entry.
fn runtime_of(entry: &Value) -> Option<String> {
    let id = entry.pointer("/agentRuntime/id").and_then(Value::as_str)?.trim().to_lowercase();
    (!id.is_empty()).then_some(id)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::model::source::SourceKind;
    use crate::sys::json5;

    /// How the main agent and the agent `x` reach Anthropic: `a` by the API, `c` by the CLI, `-` not at all.
    fn routes(text: &str) -> String {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("openclaw.json");
        std::fs::write(&file, text).unwrap();
        let config = json5::read_json5(&file).unwrap().unwrap();
        let routes = of(&config, &Env::of(Path::new("/h"), &[("MODEL", "claude-cli/opus")]));
        let letter = |agent| match routes.of(agent, SourceKind::Claude) {
            Some(Route::Api) => 'a',
            Some(Route::ClaudeCli) => 'c',
            None => '-',
        };
        ["main", "x"].map(letter).iter().collect()
    }

    #[test]
    fn the_first_entry_that_names_a_runtime_decides() {
        const CLI: &str = "agentRuntime: { id: ' Claude-CLI ' }";
        const API: &str = "agentRuntime: { id: 'openclaw' }";
        for (config, expected) in [
            // No model, another vendor's, an alias that nobody knows.
            ("{}", "aa"),
            ("{ agents: { defaults: { model: 'openai/gpt-5.5' } } }", "--"),
            ("{ agents: { defaults: { model: 'opus' } } }", "aa"),
            ("{ agents: { defaults: { model: 'anthropic/o' } } }", "aa"),
            // The exact model goes before its provider, the agent before the defaults.
            ("{ agents: { defaults: { model: 'anthropic/o', models: { 'anthropic/o': { CLI } } } } }", "cc"),
            ("{ agents: { defaults: { model: 'Anthropic/o@me', models: { 'anthropic/o': { CLI } } } } }", "cc"),
            ("{ agents: { defaults: { model: 'anthropic/o', models: { 'anthropic/*': { CLI } } } } }", "cc"),
            (
                "{ agents: { defaults: { model: { primary: 'anthropic/o' },
                   models: { 'anthropic/*': { CLI }, 'anthropic/o': { API } } } } }",
                "aa",
            ),
            (
                "{ agents: { defaults: { model: 'anthropic/o', models: { 'anthropic/o': { CLI } } },
                   entries: { main: {}, x: { models: { 'anthropic/o': { API } } } } } }",
                "ca",
            ),
            (
                "{ agents: { defaults: { model: 'anthropic/o', models: { 'anthropic/o': { API } } },
                   list: [{ id: 'X', models: { 'anthropic/*': { CLI } } }] } }",
                "aa",
            ),
            ("{ agents: { defaults: { model: 'anthropic/o' }, list: [{ id: 'x', model: 'claude-cli/o' }] } }", "ac"),
            ("{ agents: { defaults: { model: '${MODEL}' }, list: [{ id: 'x', model: 'openai/g' }] } }", "c-"),
            ("{ agents: { defaults: { model: 'best', models: { 'anthropic/o': { alias: 'Best', CLI } } } } }", "cc"),
            // Runtimes of the providers.
            (
                "{ agents: { defaults: { model: 'anthropic/o' } },
                   models: { providers: { anthropic: { CLI, models: [{ id: 'p', API }] } } } }",
                "cc",
            ),
            (
                "{ agents: { defaults: { model: 'anthropic/o', models: { 'anthropic/*': { API } } } },
                   models: { providers: { anthropic: { models: [{ id: 'anthropic/o', CLI }] } } } }",
                "cc",
            ),
            // A whole agent has no runtime, and another vendor's says nothing.
            ("{ agents: { defaults: { model: 'anthropic/o', CLI }, list: [{ id: 'x', CLI }] } }", "aa"),
            ("{ agents: { defaults: { model: 'anthropic/o', models: { 'openai/g': { CLI } } } } }", "aa"),
        ] {
            assert_eq!(routes(&config.replace("CLI", CLI).replace("API", API)), expected, "{config}");
        }
    }

    #[test]
    fn one_model_by_the_api_makes_the_route_that_of_the_api() {
        let config = |model: &str, more: &str| {
            let cli = "{ agentRuntime: { id: 'claude-cli' } }";
            format!("{{ agents: {{ defaults: {{ model: {model}, models: {{ 'anthropic/o': {cli} }}, {more} }} }} }}")
        };
        for (model, more, expected) in [
            ("{ primary: 'anthropic/o', fallbacks: ['anthropic/s'] }", "", "aa"),
            ("{ primary: 'anthropic/o', fallbacks: ['openai/g', 'claude-cli/s'] }", "", "cc"),
            ("'anthropic/o'", "heartbeat: { model: 'anthropic/h' }", "aa"),
            ("'anthropic/o'", "imageModel: { primary: 'openai/i' }", "cc"),
            ("'openai/g'", "subagents: { model: 'anthropic/o' }", "cc"),
        ] {
            assert_eq!(routes(&config(model, more)), expected, "{model} {more}");
        }
    }

    #[test]
    fn a_listed_model_takes_over_the_runtime_of_the_primary_one() {
        let config = |model: &str, listed: &str| {
            let cli = "{ agentRuntime: { id: 'claude-cli' } }";
            format!(
                "{{ agents: {{ defaults: {{ model: '{model}', models: {{ 'anthropic/o': {cli}, {listed} }} }} }} }}"
            )
        };
        for (model, listed, expected) in [
            ("anthropic/o", "'anthropic/s': {}", "cc"),
            ("anthropic/o", "'anthropic/s': { agentRuntime: { id: 'pi' } }", "aa"),
            ("openai/g", "'anthropic/s': {}", "aa"),
            ("openai/g", "'openai/h': {}", "cc"),
        ] {
            assert_eq!(routes(&config(model, listed)), expected, "{model} {listed}");
        }
    }

    #[test]
    fn without_a_runtime_the_profile_decides() {
        let config = |auth: &str, runtime: &str| {
            let models = format!("models: {{ 'anthropic/o': {{ agentRuntime: {{ id: '{runtime}' }} }} }}");
            format!("{{ auth: {{ {auth} }}, agents: {{ defaults: {{ model: 'anthropic/o', {models} }} }} }}")
        };
        let cli = "'a:cli': { provider: 'claude-cli', mode: 'oauth' }";
        let both = format!("{cli}, 'a:key': {{ provider: 'anthropic', mode: 'api_key' }}");
        for (auth, runtime, expected) in [
            (format!("profiles: {{ {cli} }}"), "", "cc"),
            (format!("profiles: {{ {cli} }}"), "auto", "cc"),
            (format!("profiles: {{ {cli} }}"), "openclaw", "aa"),
            (format!("profiles: {{ {both} }}"), "", "aa"),
            (format!("profiles: {{ {both} }}, order: {{ anthropic: ['gone', 'a:cli', 'a:key'] }}"), "", "cc"),
            (format!("profiles: {{ {both} }}, order: {{ anthropic: ['a:key', 'a:cli'] }}"), "", "aa"),
            (format!("profiles: {{ {cli} }}, order: {{ anthropic: [] }}"), "", "aa"),
        ] {
            assert_eq!(routes(&config(&auth, runtime)), expected, "{auth} {runtime}");
        }
    }
}
