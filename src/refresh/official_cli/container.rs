//! A CLI that lives in a docker container. `docker exec` runs it, with arguments and without a shell.
//!
//! ocsync's user needs the right to use docker. When `docker exec` ends, the program in the container does not
//! end. So a CLI that hangs there goes on, and nothing is killed early.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::model::problem::Problem;
use crate::model::source::SourceKind;
use crate::refresh::official_cli::cli_call::{Call, failed, usual_program};
use crate::refresh::official_cli::environment::{CLAUDE_REMOVED, CLAUDE_SET, CODEX_REMOVED, MINIMAX_REMOVED};
use crate::sys::process::run::Output;

/// The variables with the prefixes that `environment` removes, as far as Claude Code 2.1.328 knows them. To
/// list those that a container really has would show their values as well. 2.1.328 takes an empty one as
/// unset.
const CLAUDE_PROVIDERS: [&str; 9] = [
    "CLAUDE_CODE_OAUTH_TOKEN",
    "CLAUDE_CODE_OAUTH_CLIENT_ID",
    "CLAUDE_CODE_USE_BEDROCK",
    "CLAUDE_CODE_USE_VERTEX",
    "CLAUDE_CODE_USE_FOUNDRY",
    "CLAUDE_CODE_USE_GATEWAY",
    "CLAUDE_CODE_USE_MANTLE",
    "CLAUDE_CODE_USE_ANTHROPIC_AWS",
    "CLAUDE_CODE_USE_ANTHROPIC_GOOGLE_CLOUD",
];

/// The arguments of docker, up to the CLI's own arguments.
///
/// # Errors
/// The name is none that docker gives, `[a-zA-Z0-9][a-zA-Z0-9_.-]*`. Docker could read it as an option.
pub(super) fn arguments(call: &Call<'_>, name: &str) -> Result<Vec<OsString>, Problem> {
    let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    if !first || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte)) {
        let shown: String = name.chars().take(64).flat_map(char::escape_default).collect();
        return Err(failed("cli", format!("\"{shown}\" is not the name of a container"), "see: docker ps"));
    }
    let mut arguments: Vec<OsString> = vec!["exec".into()];
    if call.kind == SourceKind::Codex {
        arguments.push("-i".into());
    }
    for variable in variables(call.kind) {
        arguments.extend(["-e".into(), variable.into()]);
    }
    arguments.extend(["-w", "/", name].map(OsString::from));
    let usual = [PathBuf::from(usual_program(call.kind))];
    let program = if call.program.is_empty() { &usual[..] } else { call.program };
    arguments.extend(program.iter().map(|word| word.clone().into_os_string()));
    Ok(arguments)
}

/// The variables to set. Some are set to nothing, because `docker exec` cannot remove a variable.
fn variables(kind: SourceKind) -> Vec<String> {
    let empty = |names: &[&str]| names.iter().map(|name| format!("{name}=")).collect::<Vec<_>>();
    match kind {
        SourceKind::Claude => {
            let set = CLAUDE_SET.iter().map(|(name, value)| format!("{name}={value}"));
            // The proxies of the container are unknown, and the address that leads nowhere needs none.
            let direct = ["NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1"].map(str::to_owned);
            set.chain(direct).chain(empty(&CLAUDE_REMOVED)).chain(empty(&CLAUDE_PROVIDERS)).collect()
        }
        SourceKind::Codex => empty(&CODEX_REMOVED),
        SourceKind::MiniMax => empty(&MINIMAX_REMOVED),
        SourceKind::Qwen => Vec::new(),
    }
}

/// Why docker did not get as far as the CLI.
pub(super) fn not_run(output: &Output, name: &str, program: &str) -> Option<Problem> {
    let code = output.code.filter(|code| *code != 0)?;
    if code == 126 || code == 127 {
        let message = format!("{program} is not found in the container {name}");
        return Some(failed("no-program", message, "write the full path that it has in there"));
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    let of_docker = [
        "Error response from daemon",
        "No such container",
        "Cannot connect to the Docker daemon",
        "permission denied while trying to connect",
    ];
    (code == 125 || of_docker.iter().any(|words| complaint.contains(words))).then(|| {
        let message = format!("docker cannot run a program in the container {name}: it exited with {code}");
        failed("cli", message, format!("try it by hand: docker exec {name} true"))
    })
}
