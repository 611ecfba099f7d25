//! The options that `refresh` has beside those of `sync`.

use clap::Args;

use crate::model::policy::Via;
use crate::model::source_id::SourceId;
use crate::model::time::{parse_duration, parse_limit};
use crate::settings::cli::sync::Sync;
use crate::settings::span::Span;
use crate::settings::values::{self, CommandLine};
use crate::sys::url::SafeUrl;

/// The heading of these options in the help.
const REFRESH: &str = "Refreshing";

/// Options of `refresh`, beside those of `sync`.
#[derive(Debug, Args)]
pub struct Refresh {
    /// Who refreshes all logins, or one: cli (the CLI itself), http (ocsync, at the vendor's token
    /// endpoint; claude and codex only) [default: cli]
    #[arg(long, value_name = "[SOURCE=]WHO", value_parser = values::parse_via, help_heading = REFRESH)]
    pub via: Vec<(Option<SourceId>, Via)>,
    /// Refresh a login with at most this time left [default: 1h; minimax 10m; claude by its CLI 5m]
    #[arg(long, value_name = "[SOURCE=]TIME", value_parser = values::parse_within, help_heading = REFRESH)]
    pub within: Vec<(Option<SourceId>, Span)>,
    /// How often the timer runs this; ocsync warns if a login may expire in between
    #[arg(long, value_name = "TIME", value_parser = parse_duration, help_heading = REFRESH)]
    pub interval: Option<i64>,
    /// Run the CLI in this container, with docker exec
    #[arg(long, value_name = "[SOURCE=]NAME", value_parser = values::parse_container, help_heading = REFRESH)]
    pub container: Vec<(Option<SourceId>, String)>,
    /// The command of a CLI, words separated by spaces; repeatable
    #[arg(long, value_name = "SOURCE=CMD", value_parser = values::parse_program, help_heading = REFRESH)]
    pub program: Vec<(SourceId, CommandLine)>,
    /// End a CLI that takes longer than this [default: 90s]
    #[arg(long, value_name = "TIME", value_parser = parse_limit, help_heading = REFRESH)]
    pub timeout: Option<i64>,
    /// Post to this URL on loopback, for tests (the configuration takes other URLs)
    #[arg(long, value_name = "URL", value_parser = values::parse_token_url, help_heading = REFRESH)]
    pub token_url: Option<SafeUrl>,
    /// What follows the refresh.
    #[command(flatten)]
    pub sync: Sync,
}
