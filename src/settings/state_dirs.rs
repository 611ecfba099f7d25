//! Which state directories of OpenClaw are looked at: those of the command line, else those of the configuration, else
//! the one that OpenClaw itself would use.
//!
//! Two paths may lead to one directory. So directories are compared by where their paths lead to. A directory counts
//! once, and the default one stays the default one also where it is named: OpenClaw's variables speak of it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::model::border::Border;
use crate::model::exit::Code;
use crate::model::installation::StateDirSpec;
use crate::model::problem::Problem;
use crate::model::version::Version;
use crate::settings::env::Env;
use crate::settings::file::ConfigFile;
use crate::settings::state_dir_entry::StateDirEntry;

/// The state directories of a run. `named` are those of the command line.
///
/// # Errors
/// A version in the configuration that is none, or a path of a gateway's that is relative.
pub fn state_dirs(named: &[PathBuf], config: &ConfigFile, env: &Env) -> Result<Vec<StateDirSpec>, Problem> {
    let known: Result<Vec<_>, _> =
        config.state_dirs.iter().enumerate().map(|(place, entry)| of_entry(place, entry, env)).collect();
    let known = known?;
    let default = env.openclaw_state_dir();
    let chosen: Vec<StateDirSpec> = if !named.is_empty() {
        named.iter().map(|path| of_command_line(&env.expand(path), &known)).collect()
    } else if known.is_empty() {
        default.iter().cloned().map(plain).collect()
    } else {
        known
    };
    if let ([only], Some(default)) = (chosen.as_slice(), &default)
        && only.path == *default
    {
        return Ok(chosen.into_iter().map(|spec| StateDirSpec { default: true, ..spec }).collect());
    }
    let default = default.as_deref().map(real);
    let mut found: Vec<(PathBuf, StateDirSpec)> = Vec::with_capacity(chosen.len());
    for spec in chosen {
        let at = real(&spec.path);
        match found.iter_mut().find(|(known, _)| *known == at) {
            Some((_, first)) => add_facts(first, &spec),
            None => found.push((at.clone(), StateDirSpec { default: default.as_ref() == Some(&at), ..spec })),
        }
    }
    Ok(found.into_iter().map(|(_, spec)| spec).collect())
}

fn plain(path: PathBuf) -> StateDirSpec {
    StateDirSpec { path, border: Border::default(), version: None, default: false }
}

fn of_entry(place: usize, entry: &StateDirEntry, env: &Env) -> Result<StateDirSpec, Problem> {
    let full = match entry {
        StateDirEntry::Path(path) => return Ok(plain(env.expand(path))),
        StateDirEntry::Full(full) => full,
    };
    let version = full.version.as_deref().map(|text| {
        Version::parse(text).ok_or_else(|| {
            let wrong = format!("ocsync's configuration: state_dirs[{place}].version is not a version of OpenClaw");
            Problem::error(Code::Config, "config", wrong, "write it as 2026.5.28")
        })
    });
    let mut border = Border::new(full.container);
    for (here, there) in &full.paths {
        if !there.is_absolute() {
            let wrong = format!("ocsync's configuration: state_dirs[{place}].paths: {} is relative", there.display());
            return Err(Problem::error(Code::Config, "config", wrong, "write the path in the container from / on"));
        }
        let here = env.expand(here);
        // Other paths of the run may be spelt either way.
        border.add(real(&here), there.clone());
        border.add(here, there.clone());
    }
    Ok(StateDirSpec { border, version: version.transpose()?, ..plain(env.expand(&full.path)) })
}

/// A directory of the command line, with what the configuration says of it.
fn of_command_line(path: &Path, known: &[StateDirSpec]) -> StateDirSpec {
    let mut spec = plain(path.to_owned());
    let at = real(path);
    known.iter().filter(|of| real(&of.path) == at).for_each(|of| add_facts(&mut spec, of));
    spec
}

/// Adds what another entry says of the same directory.
fn add_facts(spec: &mut StateDirSpec, other: &StateDirSpec) {
    spec.border.merge(&other.border);
    spec.version = spec.version.or(other.version);
}

/// Where a path leads to; the path itself where that cannot be found out.
fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn home() -> tempfile::TempDir {
        let home = crate::sys::fs::test_dir();
        for name in [".openclaw", "other", "variable"] {
            fs::create_dir(home.path().join(name)).unwrap();
        }
        std::os::unix::fs::symlink(".openclaw", home.path().join("link")).unwrap();
        home
    }

    /// Each directory by its name in the home, with whether it is the default one and in a container.
    fn dirs(home: &Path, named: &[&str], config: &Value, vars: &[(&str, &str)]) -> Vec<(String, bool, bool)> {
        let named: Vec<PathBuf> = named.iter().map(PathBuf::from).collect();
        let config = ConfigFile::of(json!({ "state_dirs": config })).unwrap();
        let found = state_dirs(&named, &config, &Env::of(home, vars)).unwrap();
        let name = |spec: &StateDirSpec| spec.path.strip_prefix(home).unwrap().to_str().unwrap().to_owned();
        found.iter().map(|spec| (name(spec), spec.default, spec.border.container)).collect()
    }

    #[test]
    fn the_default_directory_stays_the_default_one_where_it_is_named() {
        let dir = home();
        let home = dir.path();
        let one = |name: &str, default, container| vec![(name.to_owned(), default, container)];
        assert_eq!(dirs(home, &[], &json!([]), &[]), one(".openclaw", true, false));
        assert_eq!(dirs(home, &[], &json!(["~/.openclaw"]), &[]), one(".openclaw", true, false));
        assert_eq!(dirs(home, &["~/link/"], &json!([]), &[]), one("link", true, false));
        assert_eq!(dirs(home, &["~/other"], &json!([]), &[]), one("other", false, false));
        let moved = [("OPENCLAW_STATE_DIR", "~/variable")];
        assert_eq!(dirs(home, &["~/variable"], &json!([]), &moved), one("variable", true, false));
        assert_eq!(dirs(home, &[], &json!(["~/.openclaw"]), &moved), one(".openclaw", false, false));
        let full = json!([{ "path": "~/link", "container": true }]);
        assert_eq!(dirs(home, &["~/.openclaw"], &full, &[]), one(".openclaw", true, true));
    }

    #[test]
    fn a_directory_that_two_paths_lead_to_counts_once_with_all_that_is_said_of_it() {
        let dir = home();
        let home = dir.path();
        let twice = json!(["~/.openclaw", { "path": "~/link", "container": true }, "~/other"]);
        let expected = [(".openclaw".to_owned(), true, true), ("other".to_owned(), false, false)];
        assert_eq!(dirs(home, &[], &twice, &[]), expected);
        assert_eq!(dirs(home, &["~/link", "~/.openclaw", "~/link"], &json!([]), &[]).len(), 1);
        assert_eq!(dirs(home, &["~/gone", "~/gone"], &json!([]), &[]).len(), 1);
    }

    #[test]
    fn a_version_that_is_none_is_named_by_its_key_and_not_quoted() {
        let config = json!({ "state_dirs": ["/a", { "path": "/b", "version": "secret" }] });
        let config = ConfigFile::of(config).unwrap();
        let problem = state_dirs(&[], &config, &Env::of(Path::new("/h"), &[])).unwrap_err();
        assert!(problem.message.contains("state_dirs[1].version") && !problem.message.contains("secret"));
    }
}
