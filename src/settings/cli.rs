//! The command line: types for clap, nothing else.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::model::policy::{LinkWay, Share, Via, When};
use crate::model::source::SourceKind;
use crate::model::time::parse_duration;
use crate::settings::values::BindTo;
use crate::settings::values::{self, CommandLine, Span};
use crate::sys::url::SafeUrl;

/// Keeps OpenClaw's stored OAuth credentials in step with the AI CLIs that own them.
#[derive(Debug, Parser)]
#[command(name = "ocsync", version, max_term_width = 100, disable_help_subcommand = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Options of every command.
    #[command(flatten)]
    pub common: Common,
}

/// The commands.
#[derive(Debug, Subcommand)]
#[allow(clippy::large_enum_variant, reason = "there is one of them")]
pub enum Command {
    /// Bring OpenClaw's profiles in step with the CLIs' logins
    Sync(Sync),
    /// Refresh the CLIs' own logins where they are due, then do what sync does
    Refresh(Box<Refresh>),
    /// Show sources, profiles and what is wrong; touches nothing
    Status(Status),
    /// One line and an exit code for monitoring; touches nothing
    CheckExpiry(CheckExpiry),
    /// Plumbing: answers OpenClaw's exec secret provider with access tokens
    Provide(Provide),
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Common {
    /// Home directory to work in, in place of $HOME
    #[arg(long, global = true, value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// OpenClaw state directory; may be given several times
    #[arg(long, global = true, value_name = "DIR")]
    pub state_dir: Vec<PathBuf>,
    /// Directory of Claude Code's .credentials.json
    #[arg(long, global = true, value_name = "DIR")]
    pub claude_dir: Option<PathBuf>,
    /// Directory of Codex's auth.json
    #[arg(long, global = true, value_name = "DIR")]
    pub codex_home: Option<PathBuf>,
    /// Only this source (claude, codex, minimax, qwen); may be given several times
    #[arg(long, global = true, value_name = "NAME", hide_possible_values = true)]
    pub source: Vec<SourceKind>,
    /// Only this agent; may be given several times
    #[arg(long, global = true, value_name = "ID")]
    pub agent: Vec<String>,
    /// What a profile is bound to: a source, or none; may be given several times
    #[arg(long, global = true, value_name = "PROFILE=SOURCE", value_parser = values::parse_bind)]
    pub bind: Vec<(String, BindTo)>,
    /// What OpenClaw gets, of every source or of one: lineage (the whole login), access (its
    /// access token); may be given several times
    #[arg(long, global = true, value_name = "[SOURCE=]WHAT", value_parser = values::parse_share)]
    pub share: Vec<(Option<SourceKind>, Share)>,
    /// Ask the macOS Keychain: auto (on a terminal), always, never
    #[arg(long, global = true, value_name = "WHEN", hide_possible_values = true)]
    pub keychain: Option<When>,
    /// Configuration file, in place of ~/.config/ocsync/config.json
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print a JSON report
    #[arg(long, global = true)]
    pub json: bool,
    /// Print errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print every profile and the paths that were used
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Colour: auto (on a terminal), always, never
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true,
        hide_default_value = true
    )]
    pub color: When,
    /// The time to work with, RFC 3339: for tests
    #[arg(long, global = true, hide = true, value_name = "TIME", value_parser = parse_time)]
    pub now: Option<i64>,
}

fn parse_time(text: &str) -> Result<i64, String> {
    crate::model::time::parse(text).ok_or_else(|| format!("\"{text}\" is no RFC 3339 time"))
}

/// Options of `sync`.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub struct Sync {
    /// Print what would be done, and touch nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Add the default profile to the main agent where its provider has none
    #[arg(long)]
    pub create: bool,
    /// How a profile of OpenClaw 2026.6.5 and later is linked to a login that --create finds: file
    /// (OpenClaw reads the CLI's file), exec (it asks ocsync provide) [default: file]
    #[arg(long, value_name = "WAY", hide_possible_values = true)]
    pub link: Option<LinkWay>,
    /// Deliver the access token alone: OpenClaw cannot spend the CLI's refresh token then
    #[arg(long)]
    pub access_only: bool,
    /// Let the source win where the profile is newer, or the source was rolled back
    #[arg(long)]
    pub prefer_source: bool,
    /// Make a profile of the type that openclaw.json's "mode" asks for
    #[arg(long)]
    pub force_type: bool,
    /// Lift cooldowns that a dead credential has caused: auto (of profiles that are updated),
    /// always (of every profile in step), never
    #[arg(long, value_name = "WHEN", num_args = 0..=1, require_equals = true, default_missing_value = "always", hide_possible_values = true)]
    pub clear_cooldown: Option<When>,
    /// Tell the gateway of a change: auto (if one seems to run), always, never
    #[arg(long, value_name = "WHEN", hide_possible_values = true)]
    pub reload: Option<When>,
    /// Put what OpenClaw has refreshed into the CLI's file, where it is proven that OpenClaw has
    /// spent the CLI's refresh token
    #[arg(long)]
    pub write_back: bool,
    /// From OpenClaw 2026.6.5 on: deliver the access token, and never a refresh token, into the
    /// database itself, in the layouts that are known
    #[arg(long)]
    pub sqlite_write: bool,
    /// Wait at most so long for a lock [default: 10]
    #[arg(long, value_name = "SECONDS")]
    pub wait: Option<u64>,
    /// Command that tells the gateway, words separated by spaces [default: openclaw]
    #[arg(long, value_name = "CMD", value_parser = values::parse_words)]
    pub openclaw: Option<CommandLine>,
    /// Run CMD when something has changed, with the JSON report as its input
    #[arg(long, value_name = "CMD", value_parser = values::parse_words, help_heading = NOTIFY)]
    pub on_change: Option<CommandLine>,
    /// Who else is told.
    #[command(flatten)]
    pub notify: Notify,
}

/// Options of `refresh`, beside those of `sync`.
#[derive(Debug, Args)]
pub struct Refresh {
    /// Who refreshes, every source or one: cli (the CLI itself), http (ocsync, at the vendor's
    /// token endpoint; claude and codex alone) [default: cli]
    #[arg(long, value_name = "[SOURCE=]WHO", value_parser = values::parse_via, help_heading = REFRESH)]
    pub via: Vec<(Option<SourceKind>, Via)>,
    /// Refresh a login with at most this left [default: 1h; minimax 10m; claude by its CLI 5m]
    #[arg(long, value_name = "[SOURCE=]TIME", value_parser = values::parse_within, help_heading = REFRESH)]
    pub within: Vec<(Option<SourceKind>, Span)>,
    /// How often the timer runs this: warns where a login may expire in between
    #[arg(long, value_name = "TIME", value_parser = parse_duration, help_heading = REFRESH)]
    pub interval: Option<i64>,
    /// Run the CLI in this container, through docker exec
    #[arg(long, value_name = "[SOURCE=]NAME", value_parser = values::parse_container, help_heading = REFRESH)]
    pub container: Vec<(Option<SourceKind>, String)>,
    /// A CLI's command, words separated by spaces; may be given several times
    #[arg(long, value_name = "SOURCE=CMD", value_parser = values::parse_program, help_heading = REFRESH)]
    pub program: Vec<(SourceKind, CommandLine)>,
    /// End a CLI that takes longer than this [default: 90s]
    #[arg(long, value_name = "TIME", value_parser = parse_duration, help_heading = REFRESH)]
    pub timeout: Option<i64>,
    /// Post to this URL on loopback: for tests (any other needs the configuration)
    #[arg(long, value_name = "URL", value_parser = values::parse_token_url, help_heading = REFRESH)]
    pub token_url: Option<SafeUrl>,
    /// What follows the refresh.
    #[command(flatten)]
    pub sync: Sync,
}

const REFRESH: &str = "Refreshing";
const NOTIFY: &str = "Telling others (commands: words separated by spaces, no shell)";

/// Options that tell others what came of a run.
#[derive(Debug, Args)]
#[command(next_help_heading = NOTIFY)]
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

/// Options of `provide`.
#[derive(Debug, Args)]
pub struct Provide {
    /// Take at most so long, input included; OpenClaw waits 5 s
    #[arg(long, value_name = "SECONDS", default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub wait: u64,
}

/// Options of `status`.
#[derive(Debug, Args)]
pub struct Status {
    /// Show only what needs something
    #[arg(long)]
    pub problems: bool,
    /// Warn of a login that ends within this time
    #[arg(long, value_name = "TIME", default_value = "3d", value_parser = crate::model::time::parse_duration)]
    pub login_within: i64,
}

/// Forms of output of `check-expiry`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One line.
    #[default]
    Text,
    /// The report.
    Json,
    /// A line and exit codes for Nagios and its kin.
    Nagios,
    /// Metrics.
    Prometheus,
}

/// Options of `check-expiry`.
#[derive(Debug, Args)]
pub struct CheckExpiry {
    /// Only this profile, and the login it is bound to; may be given several times
    #[arg(long, value_name = "ID")]
    pub profile: Vec<String>,
    /// Form of the output: text, json (as --json), nagios (exit codes 0 to 3, as plugins have
    /// them), prometheus
    #[arg(long, value_name = "FORM", conflicts_with = "json", hide_possible_values = true)]
    pub format: Option<Format>,
    /// Write metrics as well, for a textfile collector of Prometheus (PATH should end in .prom)
    #[arg(long, value_name = "PATH")]
    pub textfile: Option<PathBuf>,
    /// Less than this left is "expiring"
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = crate::model::time::parse_duration)]
    pub within: i64,
    /// Less than this left of the login itself is "expiring" as well
    #[arg(long, value_name = "TIME", default_value = "3d", value_parser = crate::model::time::parse_duration)]
    pub login_within: i64,
    /// Who else is told.
    #[command(flatten)]
    pub notify: Notify,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
