//! The commands that remedies are made of, with the names of the agent and the profile where they go.

use crate::model::shell::quoted;
use crate::model::source::SourceKind;

/// What helps where a profile must not be written: a link, and an order in which it comes before that profile.
/// OpenClaw would take an `oauth` profile first. Both commands leave the database to OpenClaw. The first one ends with 4
/// as long as the profile is not bound to `"none"`, so the second one must not depend on it.
pub fn link_first(kind: Option<SourceKind>, before: &str) -> String {
    let provider = match kind {
        Some(SourceKind::Claude) => "anthropic",
        Some(SourceKind::Codex) => "openai",
        _ => return String::new(),
    };
    format!(
        "{before}to use a link in its place: ocsync sync --create; \
         openclaw models auth order set --provider {provider} {provider}:ocsync; \
         then set \"bind\" of {PROFILE} to \"none\" in ocsync's config"
    )
}

/// What stands in a remedy for the profile that it is about.
pub const PROFILE: &str = "AGENT/PROFILE";

/// OpenClaw's command that removes a profile.
pub const LOGOUT: &str = "openclaw models auth logout PROFILE --agent AGENT --yes";

/// The command that removes a profile from OpenClaw.
#[must_use]
pub fn logout(profile: &str, agent: &str) -> String {
    format!("openclaw models auth logout {} --agent {} --yes", quoted(profile), quoted(agent))
}

/// A remedy for an agent: where it is not the main one, OpenClaw's order and `--create` name it.
#[must_use]
pub fn for_agent(remedy: String, agent: &str) -> String {
    if agent == "main" {
        return remedy;
    }
    let agent = quoted(agent);
    let create = ("sync --create;", format!("sync --create --agent {agent};"));
    let order = ("auth order set", format!("auth order set --agent {agent}"));
    remedy.replace(create.0, &create.1).replace(order.0, &order.1)
}
