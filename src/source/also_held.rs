//! Other programs that keep copies of the CLIs' logins. Their files are read for fingerprints alone, and never written.
//!
//! A refresh token can be spent once. So a second program that holds one ends the login of the first when it refreshes.
//! Where each program keeps its logins, by its own source:
//!
//! - hermes-agent 0.19.0: `auth.json` and `.anthropic_oauth.json` in `HERMES_HOME`, else `~/.hermes`, and in each
//!   directory of `profiles/` there;
//! - Pi 0.73.1 to 1.6.0: `auth.json` in `PI_CODING_AGENT_DIR`, else `~/.pi/agent`;
//! - OpenCode 1.18: `opencode/auth.json` in `XDG_DATA_HOME`, else `~/.local/share`;
//! - CLIProxyAPI 7: every `.json` of `~/.cli-proxy-api`, its default `auth-dir`.
//!
//! They differ in how the objects nest, and call a refresh token by one of three names. So each text under one of these
//! names counts, wherever it is.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::model::secret::Fingerprint;
use crate::settings::env::Env;
use crate::source::document;
use crate::sys::fs::list::list;

/// What these programs call a refresh token.
const NAMES: [&str; 3] = ["refresh", "refresh_token", "refreshToken"];
/// How many files of one directory are read.
const FILES: usize = 200;

/// A file of another program that holds refresh tokens.
#[derive(Debug)]
pub struct Copy {
    /// The program's name.
    pub program: &'static str,
    /// Its file.
    pub path: PathBuf,
    /// The refresh tokens in it.
    pub tokens: Vec<Fingerprint>,
}

/// The files of the other programs that hold a refresh token. What is absent, unreadable or no JSON holds none.
pub fn read_all(env: &Env) -> Vec<Copy> {
    let read = |(program, path): (&'static str, PathBuf)| {
        let document = document::once(&path)?.ok()?;
        let mut tokens = Vec::new();
        collect(&document.value, &mut tokens);
        (!tokens.is_empty()).then_some(Copy { program, path, tokens })
    };
    places(env).into_iter().filter_map(read).collect()
}

/// Every file that may hold a login of another program.
fn places(env: &Env) -> Vec<(&'static str, PathBuf)> {
    let home = env.home();
    let dir = |variable, default: &str| env.path(variable).unwrap_or_else(|| home.join(default));
    let hermes = dir("HERMES_HOME", ".hermes");
    let mut of_hermes = entries(&hermes.join("profiles"));
    of_hermes.insert(0, hermes);
    let of_hermes = of_hermes.into_iter().flat_map(|dir| [dir.join("auth.json"), dir.join(".anthropic_oauth.json")]);
    let proxy = entries(&home.join(".cli-proxy-api"));
    let of_proxy = proxy.into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    let mut places: Vec<_> = of_hermes.map(|path| ("hermes-agent", path)).collect();
    places.push(("Pi", dir("PI_CODING_AGENT_DIR", ".pi/agent").join("auth.json")));
    places.push(("OpenCode", dir("XDG_DATA_HOME", ".local/share").join("opencode/auth.json")));
    places.extend(of_proxy.map(|path| ("CLIProxyAPI", path)));
    places
}

/// What a directory holds, in the order of the names.
fn entries(dir: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> = list(dir).unwrap_or_default().into_iter().map(|(name, _)| dir.join(name)).collect();
    entries.sort();
    entries.truncate(FILES);
    entries
}

/// Adds the fingerprint of every refresh token in `value`.
fn collect(value: &Value, into: &mut Vec<Fingerprint>) {
    match value {
        Value::Array(all) => all.iter().for_each(|value| collect(value, into)),
        Value::Object(object) => {
            for (name, value) in object {
                match value.as_str().filter(|_| NAMES.contains(&name.as_str())) {
                    Some(token) if !token.is_empty() => into.push(Fingerprint::of(token)),
                    _ => collect(value, into),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_refresh_token_is_found_and_nothing_else() {
        let home = crate::sys::fs::test_dir();
        let put = |path: &str, text: &str| {
            let path = home.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        put(
            ".hermes/auth.json",
            r#"{"version":1,"providers":{"openai-codex":{"tokens":{"access_token":"a","refresh_token":"rt-1"}}},
                "credential_pool":{"openai-codex":[{"refresh_token":"rt-2"},{"refresh_token":null}]}}"#,
        );
        put(".hermes/profiles/coder/.anthropic_oauth.json", r#"{"accessToken":"a","refreshToken":"rt-3"}"#);
        put(".pi/agent/auth.json", r#"{"anthropic":{"type":"oauth","access":"a","refresh":"rt-4","expires":1}}"#);
        put(
            "data/opencode/auth.json",
            r#"{"openai":{"type":"oauth","refresh":"rt-5"},"x":{"type":"api","key":"k"}}"#,
        );
        put(".cli-proxy-api/claude-me.json", r#"{"type":"claude","refresh_token":"rt-6"}"#);
        put(".cli-proxy-api/codex-me.json", "{");
        put(".cli-proxy-api/empty.json", r#"{"type":"codex","refresh_token":""}"#);
        put(".cli-proxy-api/config.yaml", r#"{"refresh_token":"rt-7"}"#);
        let env = Env::of(home.path(), &[("XDG_DATA_HOME", home.path().join("data").to_str().unwrap())]);
        let found: Vec<_> = read_all(&env).into_iter().map(|copy| (copy.program, copy.tokens)).collect();
        let tokens = |names: &[&str]| names.iter().map(|name| Fingerprint::of(name)).collect::<Vec<_>>();
        let mut first = found[0].1.clone();
        first.sort();
        let mut expected = tokens(&["rt-1", "rt-2"]);
        expected.sort();
        assert_eq!((found[0].0, first), ("hermes-agent", expected));
        let rest = [("hermes-agent", "rt-3"), ("Pi", "rt-4"), ("OpenCode", "rt-5"), ("CLIProxyAPI", "rt-6")];
        assert_eq!(found[1..], rest.map(|(program, token)| (program, tokens(&[token]))));
    }
}
