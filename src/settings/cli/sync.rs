//! The options of `sync`, which `refresh` has as well.

use clap::Args;

use crate::model::policy::{LinkWay, When};
use crate::model::sqlite_write::SqliteWrite;
use crate::model::target::{Adoption, Target};
use crate::settings::cli::notify::{NOTIFY, Notify};
use crate::settings::values::{self, CommandLine};

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
    /// Give this profile to the CLI's login, whosever it was: tokens and account. What it held is
    /// kept; may be given several times
    #[arg(long, value_name = "[AGENT/]PROFILE[=SOURCE]", value_parser = values::parse_adoption)]
    pub adopt: Vec<Adoption>,
    /// Put the login back that an update has replaced in this profile, and leave it alone until
    /// --adopt; may be given several times
    #[arg(long, value_name = "[AGENT/]PROFILE", value_parser = values::parse_target)]
    pub restore: Vec<Target>,
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
    /// Update profiles of OpenClaw 2026.6.5 and later in the database itself, with the access token
    /// and never a refresh token: auto (in the layouts that are known), never [default: auto]
    #[arg(long, value_name = "MODE", num_args = 0..=1, default_missing_value = "auto", hide_possible_values = true)]
    pub sqlite_write: Option<SqliteWrite>,
    /// Wait at most so long for a lock [default: 10]
    #[arg(long, value_name = "SECONDS")]
    pub wait: Option<u64>,
    /// Command that tells the gateway, words separated by spaces [default: openclaw]
    #[arg(long, value_name = "CMD", value_parser = values::parse_words)]
    pub openclaw: Option<CommandLine>,
    /// Run CMD when something has changed, with the JSON report as its input
    #[arg(long, value_name = "CMD", value_parser = values::parse_words, help_heading = NOTIFY)]
    pub on_change: Option<CommandLine>,
    /// Who else hears of the run.
    #[command(flatten)]
    pub notify: Notify,
}
