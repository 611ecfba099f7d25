//! The options that tell others what came of a run.

use std::path::PathBuf;

use clap::Args;

use crate::model::time::parse_limit;
use crate::settings::every::{Every, parse_every};
use crate::settings::values::{self, CommandLine};
use crate::sys::url::SafeUrl;

/// The heading of these options in the help.
pub(super) const NOTIFY: &str = "Telling others (CMD: words separated by spaces, no shell)";

/// Options that tell others what came of a run.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = NOTIFY)]
#[allow(clippy::struct_field_names, reason = "the options are called so")]
pub struct Notify {
    /// Run CMD when a problem begins, again while it lasts, and when it ends; its input is the JSON
    /// report
    #[arg(long, value_name = "CMD", value_parser = values::parse_words)]
    pub on_problem: Option<CommandLine>,
    /// Announce a problem that lasts again after this time, or "once" [default: 24h]
    #[arg(long, value_name = "TIME", value_parser = parse_every)]
    pub notify_every: Option<Every>,
    /// Call the hooks with a made-up report, do nothing else, and end with 4 if one fails
    #[arg(long)]
    pub test_hook: bool,
    /// End a CMD that runs longer than this [default: 30s]
    #[arg(long, value_name = "TIME", value_parser = parse_limit)]
    pub hook_timeout: Option<i64>,
    /// After the run, GET this URL; /CODE follows it if the exit code is not 0
    #[arg(long, value_name = "URL")]
    pub ping: Option<SafeUrl>,
    /// Make this file while a login is needed, and remove it afterwards
    #[arg(long, value_name = "FILE")]
    pub flag_file: Option<PathBuf>,
}
