//! The variables that `${NAME}` in `openclaw.json` may name, as OpenClaw 2026.5.28 resolves them.
//!
//! 1. The environment of the process.
//! 2. `.env` in the state directory. For the default state directory alone: `.env` beside the configuration where
//!    `OPENCLAW_CONFIG_PATH` is set and `OPENCLAW_STATE_DIR` is not, and `~/.config/openclaw/gateway.env`. OpenClaw
//!    reads these files before the configuration, so they go before what the configuration says.
//! 3. `env` of the configuration: an entry of its own (`env: { NAME: "…" }`), then one of `env.vars`. A blank value,
//!    a value with a `${NAME}` of its own, and a name that no shell takes do not count.
//!
//! Not followed: `.env` in the gateway's working directory, which is not known here, and `env.shellEnv`, for which
//! OpenClaw starts a shell. OpenClaw takes no variable from the configuration that changes how programs run, `PATH` for
//! one. Such a variable is set in the environment anyway.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::model::installation::StateDirSpec;
use crate::model::problem::{Problem, plain};
use crate::openclaw::install::dotenv;
use crate::settings::env::Env;
use crate::sys::fs::read::read;

/// The environment, with the variables of the `.env` files of a state directory behind it. A file that cannot be read
/// is a warning: OpenClaw passes over it.
pub fn with_files(place: &StateDirSpec, env: &Env) -> (Env, Vec<Problem>) {
    let (mut env, mut problems) = (env.clone(), Vec::new());
    for path in files(place, &env) {
        match read(&path) {
            Ok(Some((text, _))) => env = env.with_more(dotenv::parse(&String::from_utf8_lossy(&text))),
            Ok(None) => {}
            Err(error) => {
                let message =
                    format!("cannot read {}: {}; its variables do not count", path.display(), plain(&error));
                problems.push(Problem::warning("env-file", message, "make it readable, if openclaw.json needs it"));
            }
        }
    }
    (env, problems)
}

fn files(place: &StateDirSpec, env: &Env) -> Vec<PathBuf> {
    let mut files = Vec::new();
    if place.default && !env.names_state_dir() {
        let beside = env.openclaw_config_file().and_then(|file| file.parent().map(Path::to_owned));
        files.extend(beside.map(|dir| dir.join(".env")));
    }
    files.push(place.path.join(".env"));
    if place.default {
        files.push(env.openclaw_home().join(".config/openclaw/gateway.env"));
    }
    files
}

/// The environment, with the variables of a configuration behind it.
pub fn with_config(config: &Value, env: &Env) -> Env {
    let block = config.get("env").and_then(Value::as_object);
    let vars = config.pointer("/env/vars").and_then(Value::as_object);
    let own = block.into_iter().flatten().filter(|(name, _)| !matches!(name.as_str(), "vars" | "shellEnv"));
    let all = vars.into_iter().flatten().chain(own);
    let usable = all.filter_map(|(name, value)| {
        let (name, value) = (name.trim(), value.as_str()?);
        (is_portable(name) && !value.contains("${")).then(|| (name.to_owned(), value.to_owned()))
    });
    env.clone().with_more(usable.collect::<BTreeMap<_, _>>())
}

fn is_portable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::border::Border;

    fn value(env: &Env, name: &str) -> Option<String> {
        env.var(name).map(|value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn the_environment_goes_before_the_file_and_the_file_before_the_configuration() {
        let dir = crate::sys::fs::test_dir();
        std::fs::write(dir.path().join(".env"), "A=file\nB=file\nC=file\n").unwrap();
        let place =
            StateDirSpec { path: dir.path().to_owned(), border: Border::default(), version: None, default: false };
        let env = Env::of(Path::new("/h"), &[("A", "set"), ("B", " ")]);
        let (env, problems) = with_files(&place, &env);
        assert!(problems.is_empty());
        let config = json!({ "env": { "vars": { "A": "vars", "C": "vars", "D": "vars", "E": "vars" }, "D": "own" } });
        let env = with_config(&config, &env);
        let values = ["A", "B", "C", "D", "E", "F"].map(|name| value(&env, name));
        let expected = [Some("set"), Some("file"), Some("file"), Some("own"), Some("vars"), None];
        assert_eq!(values, expected.map(|value| value.map(str::to_owned)));
    }

    #[test]
    fn only_texts_under_names_that_a_shell_takes_count() {
        let config = json!({ "env": {
            "shellEnv": { "enabled": true }, "N": 7, " P ": "padded", "1X": "x", "A-B": "x",
            "vars": { "BLANK": "  ", "REF": "${HOME}/x", "GOOD_1": "y" },
        } });
        let env = with_config(&config, &Env::of(Path::new("/h"), &[]));
        assert_eq!((value(&env, "P").as_deref(), value(&env, "GOOD_1").as_deref()), (Some("padded"), Some("y")));
        for name in ["shellEnv", "N", "1X", "A-B", "BLANK", "REF"] {
            assert_eq!(value(&env, name), None, "{name}");
        }
        for odd in [json!({ "env": [] }), json!({ "env": { "vars": "x" } }), json!([])] {
            with_config(&odd, &Env::of(Path::new("/h"), &[]));
        }
    }

    #[test]
    fn the_default_directory_has_more_files() {
        let home = crate::sys::fs::test_dir();
        let files = |default, vars: &[(&str, &str)]| {
            let path = home.path().join(".openclaw");
            let place = StateDirSpec { path, border: Border::default(), version: None, default };
            let files = files(&place, &Env::of(home.path(), vars));
            files.iter().map(|file| file.strip_prefix(home.path()).unwrap().to_owned()).collect::<Vec<_>>()
        };
        let own = Path::new(".openclaw/.env");
        let gateway = Path::new(".config/openclaw/gateway.env");
        assert_eq!(files(false, &[("OPENCLAW_CONFIG_PATH", "~/nix/oc.json")]), [own]);
        assert_eq!(files(true, &[]), [own, gateway]);
        let moved = [("OPENCLAW_CONFIG_PATH", "~/nix/oc.json")];
        assert_eq!(files(true, &moved), [Path::new("nix/.env"), own, gateway]);
        let both = [moved[0], ("OPENCLAW_STATE_DIR", "~/.openclaw")];
        assert_eq!(files(true, &both), [own, gateway]);
    }
}
