//! Sources: the credential stores of the CLIs that own the logins. Here they are only read; what writes
//! Claude Code's and Codex's is `refresh/save.rs`.

pub mod claude;
pub mod codex;
pub mod document;
pub mod keychain;
pub mod minimax;
pub mod qwen;

use crate::model::source::{Source, SourceKind, SourceState};
use crate::settings::env::Env;

/// What a document in the form of Claude Code's or Codex's file says; `None` where that is no login
/// which could be refreshed.
#[must_use]
pub fn state(kind: SourceKind, document: &document::Document) -> Option<SourceState> {
    match kind {
        SourceKind::Claude => Some(claude::state(document)),
        SourceKind::Codex => codex::state(document),
        SourceKind::MiniMax | SourceKind::Qwen => None,
    }
}

/// Reads every source of `kinds` that is present.
#[must_use]
pub fn read_all(env: &Env, kinds: &[SourceKind]) -> Vec<Source> {
    let read = |kind: &SourceKind| match kind {
        SourceKind::Claude => claude::read(env),
        other => read_login(env, *other),
    };
    kinds.iter().filter_map(read).collect()
}

/// Reads one source for its tokens alone, where whose they are does not matter.
#[must_use]
pub fn read_login(env: &Env, kind: SourceKind) -> Option<Source> {
    match kind {
        SourceKind::Claude => claude::read_login(env),
        SourceKind::Codex => codex::read(env),
        SourceKind::MiniMax => minimax::read(env),
        SourceKind::Qwen => qwen::read(env),
    }
}
