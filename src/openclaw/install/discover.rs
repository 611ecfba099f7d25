//! Finds the agents of an installation, and puts together what is known of the installation.
//!
//! Agents are found on disk and in the configuration, as OpenClaw's own `secrets` commands find them (2026.3.11 to
//! 2026.5.28): the main agent, every directory under `agents`, and the `agentDir` of each configured agent. The main
//! agent is always one of them, also where `agents.list` leaves it out: the others inherit from its store.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::model::installation::{Agent, InstallSettings, SecretProvider, StateDir, StateDirSpec, normalise};
use crate::model::problem::Problem;
use crate::model::version::Version;
use crate::openclaw::install::era::{self, has_database};
use crate::openclaw::install::settings::{self, locate};
use crate::openclaw::install::variables;
use crate::settings::env::Env;
use crate::sys::fs::list::list;
use crate::sys::fs::obstacle::obstacle;
use crate::sys::fs::open::{is_absent, is_no_directory};

/// Finds out what there is in a state directory.
///
/// # Errors
/// What is wrong with the configuration. Without it neither the version nor the agents are known.
pub fn discover(place: &StateDirSpec, env: &Env) -> Result<StateDir, Problem> {
    let named = env.openclaw_config_file().filter(|_| place.default);
    let (with_files, unread) = variables::with_files(place, env);
    let mut settings = settings::read(locate(&place.path, named), &with_files)?;
    settings.problems.extend(unread);
    for provider in settings.secrets.values_mut() {
        if let SecretProvider::File(path) = provider {
            *path = as_its_gateway(place, env, path);
        }
    }
    let version = place.version.or(settings.version);
    let (on_disk, odd) = subdirectories(&place.path.join("agents"))?;
    settings.problems.extend(odd);
    let mut agents = candidates(place, &settings, version, env, &on_disk);
    keep_first_of_each_dir(&mut agents, &place.path.join("agents"));
    // An agent whose directory cannot be looked at does not count here: it is not written, and does not stop the
    // others.
    let database = agents.iter().any(|agent| has_database(agent).unwrap_or(false));
    let state_version = era::state_version(&place.path);
    let era = era::detect(&place.path, &state_version, version, database);
    let state_version = state_version.unwrap_or_else(|problem| {
        settings.problems.push(problem);
        None
    });
    let (path, border) = (place.path.clone(), place.border.clone());
    Ok(StateDir { path, border, settings, version, era, state_version, agents })
}

/// Drops an agent that has the same directory as an earlier one: to OpenClaw they are one agent. Thousands may be in the
/// usual place below `root`. Their names tell them apart.
fn keep_first_of_each_dir(agents: &mut Vec<Agent>, root: &Path) {
    let (mut names, mut dirs) = (HashSet::<Arc<str>>::with_capacity(agents.len()), HashSet::new());
    agents.retain(|agent| match name_below(agent, root) {
        Ok(name) => names.insert(name),
        Err(dir) => dirs.insert(dir),
    });
}

/// The name of the directory below `root` in which an agent has its own, as `main` of `main/agent`; else its directory.
fn name_below(agent: &Agent, root: &Path) -> Result<Arc<str>, PathBuf> {
    if agent.is_usual() {
        return Ok(agent.id.clone());
    }
    let dir = agent.dir();
    let mut names = dir.strip_prefix(root).into_iter().flat_map(Path::iter);
    match (names.next().and_then(OsStr::to_str), names.next(), names.next()) {
        (Some(name), Some(last), None) if last == "agent" => Ok(name.into()),
        _ => Err(dir),
    }
}

fn candidates(
    place: &StateDirSpec,
    settings: &InstallSettings,
    version: Option<Version>,
    env: &Env,
    on_disk: &[String],
) -> Vec<Agent> {
    let root: Arc<Path> = place.path.join("agents").into();
    let default_main = || Agent::usual("main", &root);
    // Up to 2026.5.7 the variable OPENCLAW_AGENT_DIR moves the main store.
    let follows = place.default && version.is_none_or(|version| version <= Version::AGENT_DIR_VARIABLE);
    let moved = env.openclaw_agent_dir().filter(|_| follows);
    let mut found = vec![moved.as_ref().map_or_else(default_main, |dir| Agent::named("main", dir)).main()];
    if moved.is_some() {
        found.push(default_main());
    }
    found.extend(on_disk.iter().map(|name| Agent::usual(name, &root)));
    for (id, dir) in &settings.agents {
        // A gateway in a container writes the path that it sees. Where no pair covers it, the path is all there is.
        let dir = dir.as_ref().map(|dir| as_its_gateway(place, env, dir));
        let dir = dir.map(|dir| place.border.here(&dir).unwrap_or(dir));
        let dir = dir.unwrap_or_else(|| root.join(id).join("agent"));
        found.push(Agent::named(&normalise(id), &dir));
    }
    found
}

/// A path of the configuration as the gateway takes it. In a container `~` is another home: that in which the gateway has
/// its state directory.
fn as_its_gateway(place: &StateDirSpec, env: &Env, path: &Path) -> PathBuf {
    let border = &place.border;
    let state = border.there(&place.path).filter(|dir| border.container && dir.ends_with(".openclaw"));
    let below_home = path.strip_prefix(env.openclaw_home()).ok().filter(|_| border.here(path).is_none());
    match (state.as_deref().and_then(Path::parent), below_home) {
        (Some(home), Some(rest)) => home.join(rest),
        _ => path.to_owned(),
    }
}

/// The names of the directories below `root`, in order, and what to say of those that cannot be an agent's.
fn subdirectories(root: &Path) -> Result<(Vec<String>, Option<Problem>), Problem> {
    let entries = match list(root) {
        Ok(entries) => entries,
        Err(error) if is_absent(&error) && !is_no_directory(root) => return Ok(Default::default()),
        Err(error) => return Err(obstacle("cannot list", root, &error)),
    };
    // A link to a directory is an agent as well.
    let others = entries.into_iter().filter(|(_, kind)| *kind != rustix::fs::FileType::RegularFile);
    let (mut names, mut odd) = (Vec::new(), Vec::new());
    for (name, _) in others {
        match name.into_string() {
            Ok(name) => names.push(name),
            Err(name) => odd.push(root.join(name)),
        }
    }
    names.sort();
    odd.sort();
    Ok((names, not_utf8(&odd)))
}

/// The warning about directories whose names are not UTF-8. Node.js, and so OpenClaw, reads such a name as another one,
/// below which there is nothing: no gateway uses a store there.
fn not_utf8(dirs: &[PathBuf]) -> Option<Problem> {
    let (first, more) = dirs.split_first()?;
    let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
    let message = format!("{}{more}: no agent, because OpenClaw reads no name that is not UTF-8", first.display());
    Some(Problem::warning("not-utf-8", message, "rename the directory as the agent's id is written in openclaw.json"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::border::Border;
    use crate::model::installation::Era;

    fn ids(state_dir: &StateDir) -> Vec<(&str, bool)> {
        state_dir.agents.iter().map(|agent| (&*agent.id, agent.main)).collect()
    }

    #[test]
    fn agents_come_from_disk_and_from_the_configuration_once() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["main", "zoe", "abe"] {
            std::fs::create_dir_all(dir.path().join("agents").join(name).join("agent")).unwrap();
        }
        std::fs::write(dir.path().join("agents/.DS_Store"), "").unwrap();
        let elsewhere = dir.path().join("elsewhere");
        let config = format!(
            "{{agents:{{list:[{{id:'abe'}},{{id:'out',agentDir:'{}'}},{{id:'unborn'}}]}}}}",
            elsewhere.display()
        );
        std::fs::write(dir.path().join("openclaw.json"), config).unwrap();
        let place =
            StateDirSpec { path: dir.path().to_owned(), border: Border::default(), version: None, default: true };
        let env = Env::of(dir.path(), &[]);
        let state_dir = discover(&place, &env).unwrap();
        assert_eq!(
            ids(&state_dir),
            [("main", true), ("abe", false), ("zoe", false), ("out", false), ("unborn", false)]
        );
        assert_eq!(state_dir.agents[3].dir(), elsewhere);
        assert_eq!(state_dir.era, Era::Json);

        let elsewhere = dir.path().join("moved");
        let env = Env::of(dir.path(), &[("OPENCLAW_AGENT_DIR", elsewhere.to_str().unwrap())]);
        let moved = discover(&place, &env).unwrap();
        assert_eq!((moved.agents[0].dir(), moved.agents[0].main), (elsewhere, true));
        assert_eq!((&*moved.agents[1].id, moved.agents[1].main), ("main", false));
        std::fs::write(dir.path().join("agents/zoe/agent/openclaw-agent.sqlite"), "").unwrap();
        assert_eq!(discover(&place, &env).unwrap().era, Era::Sqlite);
    }
}
