//! What the rest of this folder announces: a run that is over, with what it takes to announce it.

use crate::model::exit::Code;
use crate::report::Report;
use crate::settings::env::Env;

/// A run that is over.
#[derive(Clone, Copy, Debug)]
pub struct FinishedRun<'a> {
    /// What came of it.
    pub report: &'a Report,
    /// How it ends.
    pub code: Code,
    /// When it began, in milliseconds.
    pub now: i64,
    /// What its notices are about.
    pub scope: &'a str,
    /// Where the programs of hooks are searched, and where ocsync keeps its own files.
    pub env: &'a Env,
}
