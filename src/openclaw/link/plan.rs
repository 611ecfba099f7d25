//! The plan for `openclaw secrets apply` that links a profile in SQLite to a CLI's login.
//!
//! OpenClaw's own command writes a reference in place of a token. OpenClaw resolves the reference by itself: from the
//! CLI's file, or through `ocsync provide`. The plan holds no token. 2026.6.10 and 2026.9.6 accept it; the schema and
//! the checks of paths here are theirs. Each form has its own name of a secret provider: a name that changed from a
//! file to a program would break the profiles that use it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::model::installation::SecretProvider;
use crate::model::profile::{Profile, ProfileKind, Reference};
use crate::model::source::SourceKind;
use crate::model::source_id::SourceId;
use crate::openclaw::link::exec_protocol;

/// The secret provider of the form `exec`, for all sources.
const EXEC: &str = "ocsync";
/// How long OpenClaw waits for `ocsync provide`. The command takes 4 s at most; the rest is for a slow machine.
const TIMEOUT_MS: u64 = 10_000;

/// The permission bits of the group and of others.
const OTHERS: u32 = 0o077;

/// How OpenClaw gets the token, with all that it needs for that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// From the CLI's file.
    File(PathBuf),
    /// From `ocsync provide`.
    Exec(Command),
}

/// `ocsync provide`, as OpenClaw starts it. The environment holds nothing but `env`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The absolute path of the program.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Its variables.
    pub env: BTreeMap<String, String>,
}

/// The profile and the provider that a source is linked to, and the place of the token in the source's file. `None`
/// for `MiniMax`, whose login OpenClaw imports by itself, and for Qwen, whose service has ended.
pub fn target(kind: SourceKind) -> Option<(&'static str, &'static str, &'static str)> {
    match kind {
        SourceKind::Claude => Some(("anthropic:ocsync", "anthropic", "/claudeAiOauth/accessToken")),
        SourceKind::Codex => Some(("openai:ocsync", "openai", "/tokens/access_token")),
        SourceKind::MiniMax | SourceKind::Qwen => None,
    }
}

/// The reference in a linked profile: its form, the secret provider and the id.
fn reference(source: SourceId, route: &Route) -> Option<(&'static str, String, String)> {
    let (_, _, pointer) = target(source.kind)?;
    Some(match route {
        Route::File(_) => ("file", alias(source), pointer.to_owned()),
        Route::Exec(_) => ("exec", EXEC.to_owned(), exec_protocol::id(source)),
    })
}

/// The name of the secret provider that reads a login's file. OpenClaw's names have no colon (2026.9.6).
fn alias(source: SourceId) -> String {
    format!("{EXEC}-{}", source.name.replace(':', "-"))
}

/// The plan that links an agent's profile. `None` where the source cannot be linked, or a path cannot be written in
/// JSON.
pub fn plan(login: SourceId, agent: &str, route: &Route) -> Option<Value> {
    let (profile, provider, _) = target(login.kind)?;
    let (source, alias, id) = reference(login, route)?;
    let secrets = match route {
        Route::File(path) => json!({ "source": "file", "path": path.to_str()?, "mode": "json" }),
        Route::Exec(command) => {
            let mut secrets = json!({ "source": "exec", "command": command.program.to_str()?, "args": command.args,
                                      "timeoutMs": TIMEOUT_MS, "jsonOnly": true });
            if !command.env.is_empty() {
                secrets["env"] = json!(command.env);
            }
            secrets
        }
    };
    let target = json!({ "type": "auth-profiles.token.token", "path": format!("profiles.{profile}.token"),
                         "pathSegments": ["profiles", profile, "token"], "agentId": agent,
                         "authProfileProvider": provider,
                         "ref": { "source": source, "provider": alias, "id": id } });
    // By default OpenClaw would also look for equal values elsewhere, and remove them.
    let options = json!({ "scrubEnv": false, "scrubAuthProfilesForProviderTargets": false,
                          "scrubLegacyAuthJson": false });
    Some(json!({ "version": 1, "protocolVersion": 1, "providerUpserts": { alias: secrets },
                 "targets": [target], "options": options }))
}

/// How an existing profile compares with the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// It is already as the plan would make it.
    Linked,
    /// The plan may change it.
    Open,
    /// It is something else that belongs to somebody.
    Foreign,
}

/// How the profile that is to be linked compares with the plan. `secrets` are the secret providers of openclaw.json.
pub fn link_state(
    profile: Option<&Profile>,
    secrets: &BTreeMap<String, SecretProvider>,
    login: SourceId,
    route: &Route,
) -> LinkState {
    let (Some(profile), Some((form, alias, secret_id))) = (profile, reference(login, route)) else {
        return LinkState::Open;
    };
    if profile.kind != ProfileKind::Token {
        // OpenClaw refuses to turn another type of profile into a token.
        return LinkState::Foreign;
    }
    match &profile.reference {
        Reference::None => LinkState::Open,
        Reference::Secret { source, provider, id } => {
            let configured = match (secrets.get(&alias), route) {
                (Some(SecretProvider::File(path)), Route::File(wanted)) => path == wanted,
                (Some(SecretProvider::Exec(program)), Route::Exec(command)) => *program == command.program,
                _ => false,
            };
            let own = provider == EXEC || *provider == alias || *provider == self::alias(login.kind.into());
            if configured && source == form && *provider == alias && *id == secret_id {
                LinkState::Linked
            } else if own {
                LinkState::Open
            } else {
                LinkState::Foreign
            }
        }
        Reference::Sealed | Reference::Fence(_) => LinkState::Foreign,
    }
}

/// Whether the OpenClaw of user `uid` reads secrets from a file: it is a regular file of that user's, nobody else may
/// read or write it, and it has no second hard link.
#[must_use]
pub fn is_private_file(path: &Path, uid: u32) -> bool {
    fs::symlink_metadata(path)
        .is_ok_and(|meta| meta.is_file() && meta.uid() == uid && meta.nlink() == 1 && meta.mode() & OTHERS == 0)
}

/// Whether the OpenClaw of user `uid` starts a program for secrets: it is a regular file and no link, it belongs to
/// that user, and nobody else may change it. A program from a package belongs to root, and is refused.
#[must_use]
pub fn is_own_program(path: &Path, uid: u32) -> bool {
    path.is_absolute()
        && fs::symlink_metadata(path)
            .is_ok_and(|meta| meta.is_file() && meta.uid() == uid && meta.mode() & 0o022 == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::profile::parse;

    fn exec() -> Route {
        Route::Exec(Command {
            program: "/h/bin/ocsync".into(),
            args: ["provide", "--home", "/h"].map(str::to_owned).to_vec(),
            env: BTreeMap::new(),
        })
    }

    #[test]
    fn the_plan_for_a_file_is_exactly_this() {
        let plan =
            plan(SourceKind::Claude.into(), "main", &Route::File("/h/.claude/.credentials.json".into())).unwrap();
        let expected = r#"{"version":1,"protocolVersion":1,
            "providerUpserts":{"ocsync-claude":{"source":"file","path":"/h/.claude/.credentials.json","mode":"json"}},
            "targets":[{"type":"auth-profiles.token.token","path":"profiles.anthropic:ocsync.token",
              "pathSegments":["profiles","anthropic:ocsync","token"],"agentId":"main","authProfileProvider":"anthropic",
              "ref":{"source":"file","provider":"ocsync-claude","id":"/claudeAiOauth/accessToken"}}],
            "options":{"scrubEnv":false,"scrubAuthProfilesForProviderTargets":false,"scrubLegacyAuthJson":false}}"#;
        assert_eq!(plan, serde_json::from_str::<Value>(expected).unwrap());
    }

    #[test]
    fn the_plan_for_a_program_is_exactly_this() {
        let plan_of = |route: &Route| plan(SourceKind::Codex.into(), "ops", route).unwrap();
        let plan = plan_of(&exec());
        let upserts = r#"{"ocsync":{"source":"exec","command":"/h/bin/ocsync","args":["provide","--home","/h"],
            "timeoutMs":10000,"jsonOnly":true}}"#;
        assert_eq!(plan["providerUpserts"], serde_json::from_str::<Value>(upserts).unwrap());
        let target = r#"{"type":"auth-profiles.token.token","path":"profiles.openai:ocsync.token",
            "pathSegments":["profiles","openai:ocsync","token"],"agentId":"ops","authProfileProvider":"openai",
            "ref":{"source":"exec","provider":"ocsync","id":"codex/access"}}"#;
        assert_eq!(plan["targets"][0], serde_json::from_str::<Value>(target).unwrap());
        let Route::Exec(mut command) = exec() else { panic!() };
        command.env.insert("CLAUDE_CONFIG_DIR".into(), "/c".into());
        let plan = plan_of(&Route::Exec(command));
        assert_eq!(plan["providerUpserts"]["ocsync"]["env"], json!({ "CLAUDE_CONFIG_DIR": "/c" }));
        assert_eq!(super::plan(SourceKind::MiniMax.into(), "main", &exec()), None);
    }

    #[test]
    fn what_is_linked_stays_and_what_is_foreign_is_left_alone() {
        let file = Route::File("/f".into());
        let secrets = BTreeMap::from([("ocsync-claude".to_owned(), SecretProvider::File("/f".into()))]);
        let of = |text: &str, route: &Route| {
            let profile = parse("anthropic:ocsync", text, &mut crate::model::recent::Tokens::default()).unwrap();
            link_state(profile.as_ref(), &secrets, SourceKind::Claude.into(), route)
        };
        let token = |fields: &str| format!(r#"{{"type":"token","provider":"anthropic",{fields}}}"#);
        let by = |provider: &str, id: &str| {
            token(&format!(r#""tokenRef":{{"source":"file","provider":"{provider}","id":"{id}"}}"#))
        };
        let linked = by("ocsync-claude", "/claudeAiOauth/accessToken");
        assert_eq!(of(&linked, &file), LinkState::Linked);
        assert_eq!(of(&linked, &Route::File("/moved".into())), LinkState::Open);
        assert_eq!(of(&linked, &exec()), LinkState::Open);
        assert_eq!(of(&by("ocsync-claude", "/other"), &file), LinkState::Open);
        assert_eq!(of(&by("vault", "/claudeAiOauth/accessToken"), &file), LinkState::Foreign);
        assert_eq!(of(&token(r#""token":"FAKE""#), &file), LinkState::Open);
        assert_eq!(of(r#"{"type":"oauth","provider":"anthropic","access":"FAKE"}"#, &file), LinkState::Foreign);
        assert_eq!(link_state(None, &secrets, SourceKind::Claude.into(), &file), LinkState::Open);
    }
}
