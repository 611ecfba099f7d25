//! Reads what ocsync needs to know of OpenClaw's configuration.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::model::exit::Code;
use crate::model::installation::{InstallSettings, SecretProvider};
use crate::model::problem::{Problem, clean};
use crate::model::version::Version;
use crate::openclaw::install::config_file::{listed_agents, object, read_config, substitute};
use crate::openclaw::install::{routes, variables};
use crate::settings::env::Env;

/// The configuration file of a state directory: `named` by a variable, else the first of the known names that exists.
pub fn locate(state_dir: &Path, named: Option<PathBuf>) -> Option<PathBuf> {
    let names = ["openclaw.json", "clawdbot.json", "moltbot.json", "moldbot.json"];
    // A link that leads nowhere was meant to be the configuration.
    let is_there = |path: &PathBuf| path.symlink_metadata().is_ok();
    named.or_else(|| names.map(|name| state_dir.join(name)).into_iter().find(is_there))
}

/// Reads the settings; the defaults where there is no file.
///
/// # Errors
/// What is wrong with the file.
pub fn read(file: Option<PathBuf>, env: &Env) -> Result<InstallSettings, Problem> {
    let Some(path) = file else { return Ok(InstallSettings::default()) };
    let config = read_config(&path);
    if !matches!(config, Ok(Some(_))) && path.is_symlink() && !path.exists() {
        return Err(dangling(&path));
    }
    let Some(config) = config? else { return Ok(InstallSettings::default()) };
    Ok(InstallSettings { file: Some(path), ..of(&config, env) })
}

fn dangling(path: &Path) -> Problem {
    let target = std::fs::read_link(path).map_or_else(|_| "nothing".to_owned(), |to| clean(&to.to_string_lossy()));
    let message = format!("{} is a link to {target}, which does not exist", path.display());
    Problem::error(Code::Config, "config", message, "restore the file, or remove the link")
}

/// The settings in the value of a configuration.
pub fn of(config: &Value, env: &Env) -> InstallSettings {
    let env = &variables::with_config(config, env);
    let version = string(config.pointer("/meta/lastTouchedVersion")).and_then(|text| Version::parse(&text));
    let mut settings = InstallSettings { version, ..InstallSettings::default() };
    read_agents(&mut settings, config, env);
    for (id, profile) in object(config.pointer("/auth/profiles")) {
        let provider = string(profile.get("provider")).unwrap_or_default().to_lowercase();
        settings.profiles.insert(id.clone(), (provider, string(profile.get("mode"))));
    }
    for (provider, ids) in object(config.pointer("/auth/order")) {
        let ids = ids.as_array().map(|ids| ids.iter().filter_map(Value::as_str).map(str::to_owned).collect());
        settings.order.insert(provider.to_lowercase(), ids.unwrap_or_default());
    }
    settings.routes = routes::of(config, env);
    settings.own_anthropic = config.pointer("/models/providers/anthropic").is_some();
    let url = string(config.pointer("/models/providers/minimax-portal/baseUrl"));
    settings.minimax_url = url.and_then(|url| substitute(&url, env).ok());
    for (name, provider) in object(config.pointer("/secrets/providers")) {
        let path = |key: &str| env.openclaw_path(&substitute(&string(provider.get(key))?, env).ok()?);
        let known = match provider.get("source").and_then(Value::as_str) {
            Some("file") => path("path").map(SecretProvider::File),
            Some("exec") => path("command").map(SecretProvider::Exec),
            _ => None,
        };
        settings.secrets.extend(known.map(|known| (name.clone(), known)));
    }
    settings
}

fn read_agents(settings: &mut InstallSettings, config: &Value, env: &Env) {
    for (key, id, agent) in listed_agents(config) {
        let mut problem = |why: String, hint: String| {
            let message = format!("{key}.agentDir of agent \"{id}\" {why}");
            settings.problems.push(Problem::error(Code::Config, "config", message, hint));
        };
        let dir = match string(agent.get("agentDir")).map(|dir| substitute(dir.trim(), env)) {
            None => None,
            Some(Ok(dir)) => {
                let Some(dir) = env.openclaw_path(&dir) else {
                    let why = "is relative: it depends on the working directory of the gateway";
                    problem(why.to_owned(), "write it from / or from ~ on".to_owned());
                    continue;
                };
                Some(dir)
            }
            Some(Err(name)) => {
                let hint = format!("set {name} for ocsync as it is set for the gateway");
                problem(format!("needs the variable {name}, which is not set"), hint);
                continue;
            }
        };
        if !settings.agents.iter().any(|(known, _)| *known == id) {
            settings.agents.push((id, dir));
        }
    }
}

fn string(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::installation::normalise;

    fn settings(text: &str) -> InstallSettings {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("openclaw.json");
        std::fs::write(&file, text).unwrap();
        read(Some(file), &Env::of(Path::new("/h"), &[("DIR", "/d")])).unwrap()
    }

    #[test]
    fn agents_come_with_their_directories() {
        let settings = settings(
            "{ meta: { lastTouchedVersion: '2026.5.28' },
               agents: { list: [{ id: 'Ops Team!' }, { id: 'x', agentDir: '~/a' }, { id: 'y', agentDir: '${DIR}/y' },
                                { id: 'z', agentDir: '${GONE}' }, { id: 'x' }] } }",
        );
        assert_eq!(settings.version, Some(Version(2026, 5, 28)));
        let dirs: Vec<_> = settings.agents.iter().map(|(id, dir)| (id.as_str(), dir.as_deref())).collect();
        let expected = [("ops-team", None), ("x", Some(Path::new("/h/a"))), ("y", Some(Path::new("/d/y")))];
        assert_eq!(dirs, expected);
        assert!(settings.problems[0].message.contains("GONE"));
    }

    #[test]
    fn a_relative_directory_is_named_by_its_key_and_its_agent_left_out() {
        let listed = settings(
            "{ agents: { list: [{ id: 'a', agentDir: 'rel/a' }, { id: 'b', agentDir: '~b/agent' },
                                { id: 'c', agentDir: './c' }, { id: 'd', agentDir: ' /d ' }] } }",
        );
        let entries = settings("{ agents: { entries: { 'a b': { agentDir: '${NAME}/x' } } }, env: { NAME: 'rel' } }");
        let ids = |settings: &InstallSettings| settings.agents.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>();
        assert_eq!((ids(&listed), ids(&entries)), (vec!["d".to_owned()], Vec::new()));
        let keys = ["agents.list[0].agentDir", "agents.list[1].agentDir", "agents.list[2].agentDir"];
        for (problem, key) in listed.problems.iter().zip(keys) {
            assert!(problem.message.starts_with(key) && problem.failure == Some(Code::Config), "{problem:?}");
        }
        assert_eq!(listed.problems.len(), keys.len());
        assert!(entries.problems[0].message.starts_with("agents.entries.a b.agentDir of agent \"a-b\" is relative"));
    }

    #[test]
    fn a_directory_below_the_home_is_below_the_one_that_openclaw_uses() {
        let env = Env::of(Path::new("/h"), &[("OPENCLAW_HOME", "/oc")]);
        assert_eq!(env.openclaw_path("~/a"), Some("/oc/a".into()));
        assert_eq!(env.openclaw_path(" ~ "), Some("/oc".into()));
        assert_eq!((env.openclaw_path(""), env.openclaw_path("~a/b"), env.openclaw_path("a")), (None, None, None));
    }

    #[test]
    fn variables_of_the_configuration_itself_count() {
        let settings = settings(
            "{ env: { vars: { ROOT: '/vars', DIR: '/ignored' }, OWN: '/own' },
               agents: { list: [{ id: 'a', agentDir: '${ROOT}/a' }, { id: 'b', agentDir: '${OWN}/b' },
                                { id: 'c', agentDir: '${DIR}/c' }] },
               secrets: { providers: { f: { source: 'file', path: '${OWN}/auth.json' },
                                       r: { source: 'file', path: 'rel.json' } } } }",
        );
        let dirs: Vec<_> = settings.agents.iter().filter_map(|(_, dir)| dir.as_deref()).collect();
        assert_eq!(dirs, [Path::new("/vars/a"), Path::new("/own/b"), Path::new("/d/c")]);
        assert_eq!(settings.secrets["f"], SecretProvider::File("/own/auth.json".into()));
        assert!(!settings.secrets.contains_key("r") && settings.problems.is_empty());
    }

    #[test]
    fn agents_of_2026_9_are_entries_and_not_a_list() {
        let settings = settings(
            "{ agents: { ownership: 'explicit', entries: { main: {}, 'ops team!': { agentDir: '~/a' } },
                         list: [{ id: 'gone' }] } }",
        );
        let dirs: Vec<_> = settings.agents.iter().map(|(id, dir)| (id.as_str(), dir.as_deref())).collect();
        assert_eq!(dirs, [("main", None), ("ops-team", Some(Path::new("/h/a")))]);
    }

    #[test]
    fn a_new_profile_is_of_use_unless_the_configuration_names_others() {
        let named =
            settings("{ auth: { profiles: { 'a:x': { provider: 'a', mode: 'token' } }, order: { b: ['b:x'] } } }");
        assert!(!named.would_use("a", "a:default"));
        assert!(named.would_use("a", "a:x"));
        assert!(!named.would_use("b", "b:default"));
        assert!(named.would_use("c", "c:default"));
        assert_eq!(named.mode("a:x"), Some("token"));
        // It falls back on what is stored only if it knows the names from auth.profiles.
        assert!(named.falls_back("a", |_| false) && !named.falls_back("a", |id| id == "a:x"));
        assert!(!named.falls_back("b", |_| false) && !named.falls_back("c", |_| false));
    }

    #[test]
    fn ids_are_normalised_as_openclaw_does() {
        for (id, expected) in [("Main", "main"), (" a b!!c ", "a-b-c"), ("--x--", "x"), ("", "main"), ("é", "main")]
        {
            assert_eq!(normalise(id), expected, "{id}");
        }
    }
}
