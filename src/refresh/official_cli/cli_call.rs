//! One call of an official CLI: what it is made of, and how it ended.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::model::exit::Code;
use crate::model::problem::Problem;
use crate::model::source::SourceKind;
use crate::settings::env::Env;

/// Which CLI to call, and for which login.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Whose login it is. Qwen Code has none that could be refreshed.
    pub kind: SourceKind,
    /// The credential file on this machine. It need not exist, because a login may be in the Keychain.
    pub file: &'a Path,
    /// The command with its first arguments. Empty means `claude`, `codex` or `mmx`, searched by
    /// [`Env::program`].
    pub program: &'a [PathBuf],
    /// The docker container that the CLI lives in.
    pub container: Option<&'a str>,
    /// Variables and home.
    pub env: &'a Env,
    /// Whether the CLI has to be asked for a refresh, because it would not refresh by itself yet. Codex
    /// 0.169.0 refreshes twice when it is asked to refresh a login that is due anyway.
    pub forced: bool,
    /// How long it may take, usually 90 s. Claude Code's `--help` may take 20 s more, and its end 40 s more.
    pub limit: Duration,
}

/// What was called, and how that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// The program that was used, for people, without its arguments.
    pub program: String,
    /// How it ended.
    pub ended: Ended,
}

/// How a call ended. Only the file shows whether the login was refreshed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with this exit code; `None` when a signal ended it. Claude Code exits with 1 when all
    /// went well.
    Exited(Option<i32>),
    /// Codex reports that the account is gone (0.169.0: `account` is null). That is permanent.
    LoginOver,
    /// It took longer than its limit and was ended.
    TimedOut,
}

/// The name of a CLI's program.
pub(super) fn usual_program(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Claude => "claude",
        SourceKind::Codex => "codex",
        SourceKind::MiniMax => "mmx",
        SourceKind::Qwen => "qwen",
    }
}

/// A failure of the call itself.
pub(super) fn failed(code: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Problem {
    Problem::error(Code::Unavailable, code, message, hint)
}
