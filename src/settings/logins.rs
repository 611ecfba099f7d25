//! Several logins of one CLI: which there are, and where each is.
//!
//! A further login has a name and a directory, in `logins` of the configuration or with the option that names the
//! first login's directory: `--claude-dir work=DIR`. Wherever else a source is named, the name must be known.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::model::exit::Code;
use crate::model::problem::Problem;
use crate::model::source::SourceKind;
use crate::model::source_id::SourceId;
use crate::settings::cli::Common;
use crate::settings::did_you_mean::nearest;
use crate::settings::env::Env;
use crate::settings::file::ConfigFile;
use crate::settings::login_dir::LoginDir;

/// Notes in the environment the directory of every login: the command line over the configuration. `file` is that of
/// the configuration.
///
/// # Errors
/// A login that has no place of its own, or a name that no login has.
pub fn settle(common: &Common, config: &ConfigFile, file: &Path, env: &mut Env) -> Result<(), Problem> {
    let of_config = |what: String| config_error(file, &what);
    for (name, entry) in &config.logins {
        let key = if plain(name) { format!("logins.{name}") } else { "logins".to_owned() };
        let id = SourceId::named(entry.source, name).map_err(|why| of_config(format!("{key}: {why}")))?;
        let dir = env.expand(&entry.dir);
        env.further.insert(id, dir);
    }
    env.claude_dir = config.claude_dir.as_ref().map(|dir| env.expand(dir));
    env.codex_home = config.codex_home.as_ref().map(|dir| env.expand(dir));
    for (option, given) in [("--claude-dir", &common.claude_dir), ("--codex-home", &common.codex_home)] {
        for (place, LoginDir { id, dir }) in given.iter().enumerate() {
            if given[..place].iter().any(|earlier| earlier.id == *id) {
                let message = format!("{option}: the directory of {} is given twice", id.name);
                let hint = format!("{option} NAME=DIR adds another login, {}:NAME", id.kind.name());
                return Err(Problem::error(Code::Usage, "usage", message, hint));
            }
            let dir = env.expand(dir);
            match id.kind {
                SourceKind::Claude if id.is_first() => env.claude_dir = Some(dir),
                SourceKind::Codex if id.is_first() => env.codex_home = Some(dir),
                _ => drop(env.further.insert(*id, dir)),
            }
        }
    }
    same_place(env, file)?;
    known_names(common, config, env, file)
}

fn config_error(file: &Path, what: &str) -> Problem {
    let message = format!("{}: {what}", file.display());
    Problem::error(Code::Config, "config", message, "correct ocsync's configuration")
}

fn plain(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// Two logins in one directory would be one login under two names.
fn same_place(env: &Env, file: &Path) -> Result<(), Problem> {
    let real = |dir: PathBuf| fs::canonicalize(&dir).unwrap_or(dir);
    let mut places: BTreeMap<PathBuf, SourceId> = BTreeMap::new();
    let logins = env.logins();
    let is_one_of_several = |id: &&SourceId| logins.iter().any(|other| other.kind == id.kind && other != *id);
    let with_dir = |id: &&SourceId| matches!(id.kind, SourceKind::Claude | SourceKind::Codex);
    for id in logins.iter().filter(with_dir).filter(is_one_of_several).copied() {
        let dir = env.login_file(id).parent().map(Path::to_owned).unwrap_or_default();
        if let Some(other) = places.insert(real(dir.clone()), id).filter(|other| other.kind == id.kind) {
            let key = format!("logins.{}.dir", id.own_name().unwrap_or_default());
            return Err(config_error(
                file,
                &format!("{key}: {} is the directory of {} as well", dir.display(), other.name),
            ));
        }
    }
    Ok(())
}

/// Every source that is named somewhere must be a login.
fn known_names(common: &Common, config: &ConfigFile, env: &Env, file: &Path) -> Result<(), Problem> {
    let known = env.logins();
    let refresh = &config.refresh;
    let keys = [
        ("sources", config.sources.clone()),
        ("share", config.share.named()),
        ("export.source", config.export.source.into_iter().collect()),
        ("refresh.via", refresh.via.named()),
        ("refresh.within", refresh.within.named()),
        ("refresh.container", refresh.container.named()),
        ("refresh.programs", refresh.programs.keys().copied().collect()),
        ("refresh.token_url", refresh.token_url.named()),
    ];
    let bind = config.bind.iter().map(|(id, to)| (format!("bind[\"{id}\"]"), to.source().into_iter().collect()));
    for (key, ids) in keys.into_iter().map(|(key, ids)| (key.to_owned(), ids)).chain(bind) {
        if let Some(id) = ids.into_iter().find(|id| !known.contains(id)) {
            return Err(config_error(file, &format!("{key}: {}", unknown(id, &known))));
        }
    }
    if config.export.source.is_some_and(|id| id.kind != SourceKind::Claude) {
        return Err(config_error(file, "export.source: the file gets a token of Claude Code's"));
    }
    check("--source", common.source.iter().copied(), env)?;
    check("--bind", common.bind.iter().filter_map(|(_, to)| to.source()), env)?;
    check("--share", common.share.iter().filter_map(|(id, _)| *id), env)
}

/// Checks the sources that an option names.
///
/// # Errors
/// One of them is no login.
pub fn check(option: &str, mut ids: impl Iterator<Item = SourceId>, env: &Env) -> Result<(), Problem> {
    let known = env.logins();
    match ids.find(|id| !known.contains(id)) {
        None => Ok(()),
        Some(id) => {
            let message = format!("{option}: {}", unknown(id, &known));
            Err(Problem::error(Code::Usage, "usage", message, "ocsync --help"))
        }
    }
}

/// What is said of a name that no login has.
fn unknown(id: SourceId, known: &[SourceId]) -> String {
    let names: Vec<&str> = known.iter().map(|known| known.name).collect();
    let advice = match nearest(id.name, &names) {
        Some(name) => format!("did you mean \"{name}\"?"),
        None => "\"logins\" or the option for its directory names one".to_owned(),
    };
    format!("no login \"{}\": {advice}", id.name)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::settings::cli::Cli;

    fn settled(line: &str, config: serde_json::Value) -> Result<Env, Problem> {
        let cli = Cli::try_parse_from(format!("ocsync status {line}").split_whitespace()).unwrap();
        let mut env = Env::of(Path::new("/h"), &[("CLAUDE_CONFIG_DIR", "/v"), ("CODEX_HOME", "/c")]);
        let config = ConfigFile::of(config).unwrap();
        settle(&cli.common, &config, Path::new("/f"), &mut env).map(|()| env)
    }

    #[test]
    fn a_login_is_where_the_command_line_or_else_the_configuration_says() {
        let config = || serde_json::json!({ "logins": { "work": { "source": "claude", "dir": "~/w" } } });
        let env = settled("--codex-home b=/b", config()).unwrap();
        let names: Vec<&str> = env.logins().iter().map(|id| id.name).collect();
        assert_eq!(names, ["claude", "claude:work", "codex", "codex:b", "minimax", "qwen"]);
        let file = |env: &Env, id: &str| env.login_file(id.parse::<SourceId>().unwrap());
        assert_eq!(file(&env, "claude"), Path::new("/v/.credentials.json"));
        assert_eq!(file(&env, "claude:work"), Path::new("/h/w/.credentials.json"));
        assert_eq!(file(&env, "codex:b"), Path::new("/b/auth.json"));
        let env = settled("--claude-dir work=/x --claude-dir /y", config()).unwrap();
        assert_eq!(file(&env, "claude:work"), Path::new("/x/.credentials.json"));
        assert_eq!(file(&env, "claude"), Path::new("/y/.credentials.json"));
        assert_eq!(settled("--claude-dir ./a=b", config()).unwrap().claude_dir.unwrap().file_name().unwrap(), "a=b");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_key() {
        let work = |dir: &str| serde_json::json!({ "logins": { "work": { "source": "codex", "dir": dir } } });
        let wrong = |line: &str, config| {
            let problem = settled(line, config).unwrap_err();
            (problem.failure.unwrap(), problem.message)
        };
        for (line, config, code, message) in [
            ("", work("/c"), Code::Config, "logins.work.dir: /c is the directory of codex as well"),
            ("--claude-dir /a --claude-dir /b", work("/w"), Code::Usage, "the directory of claude is given twice"),
            ("--source codex:wrok", work("/w"), Code::Usage, "did you mean \"codex:work\"?"),
            ("--bind p=claude:work", work("/w"), Code::Usage, "--bind: no login \"claude:work\""),
            (
                "",
                serde_json::json!({ "logins": { "q": { "source": "qwen", "dir": "/q" } } }),
                Code::Config,
                "logins.q: only claude and codex",
            ),
            (
                "",
                serde_json::json!({ "bind": { "a/p": "codex:x" } }),
                Code::Config,
                "bind[\"a/p\"]: no login \"codex:x\"",
            ),
            ("", serde_json::json!({ "share": { "codex:x": "access" } }), Code::Config, "share: no login"),
        ] {
            let (found, said) = wrong(line, config);
            assert!(found == code && said.contains(message), "{said}");
        }
    }
}
