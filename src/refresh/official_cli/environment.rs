//! The variables that a CLI gets. They lead it to its own login and to no other.
//!
//! A key or token in a variable goes before the login in the file, and then the file is not refreshed. A
//! cloud provider in a variable has the same effect (Claude Code 2.1.328, Codex 0.169.0). Such variables are
//! removed for every child. Proxies and certificates stay.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use crate::model::source::SourceKind;
use crate::refresh::official_cli::cli_call::Call;
use crate::settings::env::Env;
use crate::sys::fs::dir_of;

/// The variables that Claude Code's call sets. The model's address leads nowhere. The address of the token
/// endpoint does not follow it.
pub(super) const CLAUDE_SET: [(&str, &str); 3] = [
    ("ANTHROPIC_BASE_URL", "http://127.0.0.1:9"),
    ("CLAUDE_CODE_MAX_RETRIES", "0"),
    ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
];

/// Claude Code's variables that are removed, in addition to those with a prefix.
pub(super) const CLAUDE_REMOVED: [&str; 5] =
    ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_UNIX_SOCKET", "CLAUDE_CODE_SIMPLE", "CLAUDECODE"];
const CLAUDE_PREFIXES: [&str; 2] = ["CLAUDE_CODE_USE_", "CLAUDE_CODE_OAUTH_"];
/// These choose a login as well. 2.1.328 may not take an empty one as unset, so a container does not get
/// them empty.
const CLAUDE_REMOVED_HERE: [&str; 4] = [
    "ANTHROPIC_PROFILE",
    "ANTHROPIC_IDENTITY_TOKEN",
    "ANTHROPIC_IDENTITY_TOKEN_FILE",
    "CLAUDE_CODE_API_KEY_FILE_DESCRIPTOR",
];

/// Codex's variables that are removed.
pub(super) const CODEX_REMOVED: [&str; 3] = ["CODEX_API_KEY", "CODEX_ACCESS_TOKEN", "OPENAI_API_KEY"];

/// mmx' variable that is removed: 1.0.27 offers to log in with it.
pub(super) const MINIMAX_REMOVED: [&str; 1] = ["MINIMAX_API_KEY"];

/// Variables that name the directory in which ocsync was started. They are removed.
const PLACE: [&str; 2] = ["PWD", "OLDPWD"];

/// Variables that choose a directory. The CLI has to find it where ocsync found it.
const DIRECTORIES: [&str; 4] =
    ["CLAUDE_CONFIG_DIR", "CLAUDE_SECURESTORAGE_CONFIG_DIR", "CODEX_HOME", "MMX_CONFIG_DIR"];

/// Variables by name.
pub(super) type Variables = BTreeMap<OsString, OsString>;

/// The variables for a CLI on this machine, which was found in `program_dir`.
pub(super) fn of_cli(call: &Call<'_>, program_dir: &Path) -> Variables {
    let env = call.env;
    let mut variables = inherited(env);
    for name in DIRECTORIES {
        settle_directory(&mut variables, name, env);
    }
    variables.insert("HOME".into(), env.home().into());
    variables.insert("PATH".into(), env.search_path(program_dir));
    match call.kind {
        SourceKind::Claude => {
            variables.extend(CLAUDE_SET.map(|(name, value)| (name.into(), value.into())));
            exempt_loopback(&mut variables);
            choose_claude_dir(&mut variables, env);
        }
        SourceKind::Codex => {
            let dir = dir_of(call.file);
            variables.insert("CODEX_HOME".into(), dir.into());
        }
        SourceKind::MiniMax | SourceKind::Qwen => {}
    }
    variables
}

/// The variables for docker. Its own configuration is that of ocsync's user.
pub(super) fn of_docker(env: &Env, program_dir: &Path) -> Variables {
    let mut variables = inherited(env);
    variables.entry("HOME".into()).or_insert_with(|| env.home().into());
    variables.insert("PATH".into(), env.search_path(program_dir));
    variables
}

fn inherited(env: &Env) -> Variables {
    let kept = env.vars().filter(|(name, _)| !is_removed(name));
    kept.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn is_removed(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let lists = [&CLAUDE_REMOVED[..], &CLAUDE_REMOVED_HERE, &CODEX_REMOVED, &MINIMAX_REMOVED, &PLACE];
    let exact = lists.concat().contains(&&*name);
    exact || CLAUDE_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Makes a directory mean for the CLI what it means for ocsync. An empty one is unset, `~` is the home, and a
/// relative one starts where ocsync was started. Any other keeps its bytes, because Claude Code's Keychain
/// item is named after them.
fn settle_directory(variables: &mut Variables, name: &str, env: &Env) {
    let Some(value) = variables.get(OsStr::new(name)) else { return };
    if value.is_empty() {
        variables.remove(OsStr::new(name));
    } else if Path::new(value).is_relative() {
        let settled = env.expand(Path::new(value));
        variables.insert(name.into(), settled.into());
    }
}

/// `--claude-dir` goes before the variables. The default directory is not set as a variable: on macOS that
/// would choose another Keychain item than no variable does.
fn choose_claude_dir(variables: &mut Variables, env: &Env) {
    let Some(dir) = &env.claude_dir else { return };
    variables.remove(OsStr::new("CLAUDE_SECURESTORAGE_CONFIG_DIR"));
    variables.remove(OsStr::new("CLAUDE_CONFIG_DIR"));
    let dir = env.expand(dir);
    if dir != env.home().join(".claude") {
        variables.insert("CLAUDE_CONFIG_DIR".into(), dir.into());
    }
}

/// The request to the address that leads nowhere carries the login. So it must not go through a proxy.
fn exempt_loopback(variables: &mut Variables) {
    const HOST: &str = "127.0.0.1";
    let value = |name: &str| variables.get(OsStr::new(name)).filter(|value| !value.is_empty()).cloned();
    let (lower, upper) = (value("no_proxy"), value("NO_PROXY"));
    for (name, set) in
        [("no_proxy", lower.as_ref().or(upper.as_ref())), ("NO_PROXY", upper.as_ref().or(lower.as_ref()))]
    {
        let mut list = set.cloned().unwrap_or_default();
        let text = list.to_string_lossy().into_owned();
        if !text.split(',').any(|host| [HOST, "*"].contains(&host.trim())) {
            list.push(if list.is_empty() { "" } else { "," });
            list.push(HOST);
        }
        variables.insert(name.into(), list);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claude(env: &Env) -> Variables {
        let limit = std::time::Duration::from_secs(1);
        let file = Path::new("/h/.claude/.credentials.json");
        let call = Call { kind: SourceKind::Claude, file, program: &[], container: None, env, forced: true, limit };
        of_cli(&call, Path::new("/bin"))
    }

    #[test]
    fn loopback_is_exempt_once_and_what_was_exempt_stays() {
        let exempt = |vars: &[(&str, &str)]| {
            let variables = claude(&Env::of(Path::new("/h"), vars));
            ["no_proxy", "NO_PROXY"].map(|name| variables[OsStr::new(name)].to_str().unwrap().to_owned())
        };
        assert_eq!(exempt(&[]), ["127.0.0.1", "127.0.0.1"]);
        assert_eq!(exempt(&[("NO_PROXY", "a")]), ["a,127.0.0.1", "a,127.0.0.1"]);
        assert_eq!(exempt(&[("NO_PROXY", "*"), ("no_proxy", "b, 127.0.0.1")]), ["b, 127.0.0.1", "*"]);
    }

    #[test]
    fn claude_gets_the_directory_that_ocsync_uses_and_never_the_default() {
        let both = [("CLAUDE_CONFIG_DIR", "~/c"), ("CLAUDE_SECURESTORAGE_CONFIG_DIR", "")];
        let mut env = Env::of(Path::new("/h"), &both);
        let dirs = |env: &Env| {
            let variables = claude(env);
            let value = |name: &str| variables.get(OsStr::new(name)).map(|value| value.to_str().unwrap().to_owned());
            (value("CLAUDE_CONFIG_DIR"), value("CLAUDE_SECURESTORAGE_CONFIG_DIR"))
        };
        assert_eq!(dirs(&env), (Some("/h/c".into()), None));
        env.claude_dir = Some("/other".into());
        assert_eq!(dirs(&env), (Some("/other".into()), None));
        env.claude_dir = Some("/h/.claude/".into());
        assert_eq!(dirs(&env), (None, None));
    }
}
