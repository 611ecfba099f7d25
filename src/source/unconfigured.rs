//! Logins of Claude Code and Codex beside the first ones, `~/.claude-work` or `~/.codex-work`, that no setting names.
//!
//! A CLI makes such a directory where `CLAUDE_CONFIG_DIR` or `CODEX_HOME` names one. Nothing serves the login in it
//! until it has a name in the configuration.

use std::fs;
use std::path::PathBuf;

use crate::model::login::Login;
use crate::model::source::{SourceKind, SourceState};
use crate::settings::env::Env;
use crate::source::{by_kind, document};
use crate::sys::fs::list::list;

/// How many directories are looked into.
const DIRECTORIES: usize = 50;

/// A directory that holds a login.
#[derive(Debug)]
pub struct Unconfigured {
    /// Whose login it is.
    pub kind: SourceKind,
    /// What its name has behind `.claude-` or `.codex-`.
    pub suffix: String,
    /// The login.
    pub login: Login,
}

impl Unconfigured {
    /// The directory as a person writes it, from the home.
    pub fn dir(&self) -> String {
        format!("~/{}{}", prefix(self.kind), self.suffix)
    }
}

/// The directories in the home that hold a live login and are none of the configured ones, in the order of their names.
pub fn unconfigured(env: &Env) -> Vec<Unconfigured> {
    let real = |dir: PathBuf| fs::canonicalize(&dir).unwrap_or(dir);
    let known: Vec<PathBuf> =
        env.logins().into_iter().filter_map(|id| Some(real(env.login_file(id).parent()?.to_owned()))).collect();
    let names = list(env.home()).unwrap_or_default().into_iter();
    let mut names: Vec<String> = names.filter_map(|(name, _)| name.into_string().ok()).collect();
    names.sort();
    let of_name = |name: String| {
        let kind =
            [SourceKind::Claude, SourceKind::Codex].into_iter().find(|kind| name.starts_with(prefix(*kind)))?;
        Some((kind, name.strip_prefix(prefix(kind)).filter(|suffix| !suffix.is_empty())?.to_owned()))
    };
    let read = |(kind, suffix): (SourceKind, String)| {
        let dir = env.home().join(format!("{}{suffix}", prefix(kind)));
        if known.contains(&real(dir.clone())) {
            return None;
        }
        let file = if kind == SourceKind::Codex { "auth.json" } else { ".credentials.json" };
        let document = document::once(&dir.join(file))?.ok()?;
        match by_kind::state(kind, &document) {
            Some(SourceState::Live(login)) => Some(Unconfigured { kind, suffix, login }),
            _ => None,
        }
    };
    names.into_iter().filter_map(of_name).take(DIRECTORIES).filter_map(read).collect()
}

/// How the names of a CLI's further directories begin.
fn prefix(kind: SourceKind) -> &'static str {
    if kind == SourceKind::Codex { ".codex-" } else { ".claude-" }
}
