//! A run that is over, with what it takes to announce it.

use crate::model::exit::Code;
use crate::settings::env::Env;

/// A run that is over.
#[derive(Clone, Copy, Debug)]
pub struct FinishedRun<'a> {
    /// Its exit code.
    pub code: Code,
    /// When it began, in milliseconds.
    pub now: i64,
    /// The run was asked to look at some sources, agents or profiles alone.
    pub narrowed: bool,
    /// The command and what it looks at: notices are kept by this text.
    pub scope: &'a str,
    /// It prints errors alone: what lasts it prints once a day.
    pub quiet: bool,
    /// Says where the programs of hooks are searched, and where ocsync keeps its own files.
    pub env: &'a Env,
}
