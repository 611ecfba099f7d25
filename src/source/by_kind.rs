//! Reads the login of a CLI by its kind: which module reads which CLI is said here and nowhere else.

use crate::model::source::{Source, SourceKind, SourceState};
use crate::settings::env::Env;
use crate::source::claude_account::LastRead;
use crate::source::document::Document;
use crate::source::{claude, codex, minimax, qwen};

/// The state of the login in a document in the form of Claude Code's or Codex's file. `None` where it is not a login
/// that ocsync can refresh.
pub fn state(kind: SourceKind, document: &Document) -> Option<SourceState> {
    match kind {
        SourceKind::Claude => Some(claude::state(document)),
        SourceKind::Codex => codex::state(document),
        SourceKind::MiniMax | SourceKind::Qwen => None,
    }
}

/// Reads every source of `kinds` that is present. A run that reads the sources more than once streams Claude Code's
/// account file again only if that file has changed: `last`.
pub fn read_all(env: &Env, kinds: &[SourceKind], last: &mut LastRead) -> Vec<Source> {
    let read = |kind: &SourceKind| match kind {
        SourceKind::Claude => claude::read(env, last),
        other => read_login(env, *other),
    };
    kinds.iter().filter_map(read).collect()
}

/// Reads one source for its tokens alone: the account in Claude Code's `.claude.json` is not read.
pub fn read_login(env: &Env, kind: SourceKind) -> Option<Source> {
    match kind {
        SourceKind::Claude => claude::read_login(env),
        SourceKind::Codex => codex::read(env),
        SourceKind::MiniMax => minimax::read(env),
        SourceKind::Qwen => qwen::read(env),
    }
}
