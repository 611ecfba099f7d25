//! The options that tell others what came of a run.

use std::path::PathBuf;

use clap::Args;

use crate::model::time::parse_duration;
use crate::settings::values::{self, CommandLine};
use crate::sys::url::SafeUrl;

/// The heading of these options in the help.
pub(super) const NOTIFY: &str = "Telling others (commands: words separated by spaces, no shell)";

/// Options that tell others what came of a run.
#[derive(Debug, Args)]
#[command(next_help_heading = NOTIFY)]
#[allow(clippy::struct_field_names, reason = "the options are called so")]
pub struct Notify {
    /// Run CMD when the exit code is neither 0 nor 75, and once when it is 0 again, with the JSON
    /// report as its input
    #[arg(long, value_name = "CMD", value_parser = values::parse_words)]
    pub on_problem: Option<CommandLine>,
    /// Tell a problem that lasts no more often than this [default: 1h]
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub notify_every: Option<i64>,
    /// End a command that runs longer than this [default: 30s]
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub hook_timeout: Option<i64>,
    /// After the run, GET this URL, with /CODE behind it if the exit code is not 0
    #[arg(long, value_name = "URL")]
    pub ping: Option<SafeUrl>,
    /// A file that is there while a login is needed
    #[arg(long, value_name = "FILE")]
    pub flag_file: Option<PathBuf>,
}
