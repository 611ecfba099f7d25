//! `ocsync refresh`: refreshes the CLIs' own logins where they are due, then does what `sync` does.

use crate::command::sync::pass;
use crate::model::exit::Code;
use crate::report::Report;
use crate::settings::cli::{Common, Refresh};
use crate::settings::options::Asked;
use crate::sync::Verb;

/// Runs `refresh`.
#[must_use]
pub fn run(common: &Common, args: &Refresh, now: i64) -> (Report, Code) {
    pass(Verb::Refresh, common, Asked::Refresh(args), now)
}
