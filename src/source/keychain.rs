//! Reads Claude Code's login in the macOS Keychain, through the program `security`.
//!
//! macOS asks for a password at every read by another program. So this happens only on a terminal, or where the
//! configuration asks for it. A query by service alone can return an item that holds MCP logins only, so the query
//! always names the account. This is compiled on every system: the tests replace `security`.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::model::exit::Code;
use crate::model::problem::Problem;
use crate::settings::env::Env;
use crate::source::document::Document;
use crate::sys::process::run::{self, Output};

/// Reads the item; `None` where there is none. The path that comes with it is its name in output.
#[must_use]
pub fn read(env: &Env) -> Option<(PathBuf, Result<Document, Problem>)> {
    let service = service(env);
    let path = PathBuf::from(format!("keychain:{service}"));
    let problem = |code, message: &str, hint: &str| {
        let message = format!("Keychain item \"{service}\": {message}");
        Some(Err(Problem::error(code, "keychain", message, hint)))
    };
    let answer = match ask(env, &service) {
        None => problem(Code::Unavailable, "security is not found", "set \"keychain\" to \"never\" outside macOS"),
        Some(Err(error)) => problem(Code::Unavailable, &error.to_string(), "run ocsync once on a terminal"),
        Some(Ok(output)) => match output.code {
            Some(0) => Some(Document::parse(&path, output.stdout.trim_ascii().to_vec())),
            Some(44) => None,
            Some(36) => problem(Code::Permission, "is locked", "run: security unlock-keychain"),
            Some(128) => problem(Code::Permission, "access was denied", "allow it, or set \"keychain\" to \"never\""),
            _ => problem(Code::Unavailable, "security failed", "run ocsync once on a terminal"),
        },
    };
    answer.map(|answer| (path, answer))
}

/// Runs `security`; `None` where there is no such program.
fn ask(env: &Env, service: &str) -> Option<io::Result<Output>> {
    let mut command = Command::new(env.program(Path::new("security"))?);
    command.args(["find-generic-password", "-a"]).arg(account(env)).args(["-w", "-s", service]);
    Some(run::run(command, env.keychain_limit))
}

/// The name of the item. Where a configuration directory was chosen, its hash is part of the name (Claude Code
/// 2.1.112, 2.1.328).
fn service(env: &Env) -> String {
    match env.claude_chosen_dir() {
        None => "Claude Code-credentials".to_owned(),
        Some(dir) => {
            let digest = Sha256::digest(dir.as_encoded_bytes());
            let suffix = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
            format!("Claude Code-credentials-{suffix:08x}")
        }
    }
}

/// The account of the item: the user's name, or the one that 2.1.328 uses in place of an unusual name.
fn account(env: &Env) -> OsString {
    let usual = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    match env.user().and_then(|user| user.to_str()) {
        Some(user) if usual(user) => user.into(),
        _ => "claude-code-user".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_item_is_named_after_a_chosen_directory() {
        let home = Path::new("/h");
        assert_eq!(service(&Env::of(home, &[])), "Claude Code-credentials");
        let chosen = service(&Env::of(home, &[("CLAUDE_CONFIG_DIR", "abc")]));
        assert_eq!(chosen, "Claude Code-credentials-ba7816bf");
        assert_eq!(account(&Env::of(home, &[("USER", "a b")])), "claude-code-user");
        assert_eq!(account(&Env::of(home, &[("USER", "a.b")])), "a.b");
    }
}
