//! Reads the login of a CLI by its kind: which module reads which CLI is said here and nowhere else.

use std::collections::BTreeMap;

use crate::model::source::{Source, SourceKind, SourceState};
use crate::model::source_id::SourceId;
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

/// What was read last of the account file of each login.
pub type LastReads = BTreeMap<SourceId, LastRead>;

/// Reads every one of these logins that is present. A run that reads the sources more than once streams Claude Code's
/// account file again only if that file has changed: `last`.
pub fn read_all(env: &Env, logins: &[SourceId], last: &mut LastReads) -> Vec<Source> {
    let read = |id: &SourceId| match id.kind {
        SourceKind::Claude => called(*id, claude::read(&env.of_login(*id), last.entry(*id).or_default())),
        _ => read_login(env, *id),
    };
    logins.iter().filter_map(read).collect()
}

/// Reads one login for its tokens alone: the account in Claude Code's `.claude.json` is not read.
pub fn read_login(env: &Env, id: SourceId) -> Option<Source> {
    let env = env.of_login(id);
    let read = match id.kind {
        SourceKind::Claude => claude::read_login(&env),
        SourceKind::Codex => codex::read(&env),
        SourceKind::MiniMax => minimax::read(&env),
        SourceKind::Qwen => qwen::read(&env),
    };
    called(id, read)
}

/// The source with the name of its login.
fn called(id: SourceId, read: Option<Source>) -> Option<Source> {
    read.map(|source| Source { name: id.name, ..source })
}
