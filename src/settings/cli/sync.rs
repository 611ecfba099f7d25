//! The options of `sync`, which `refresh` has as well.

use clap::Args;

use crate::model::policy::{LinkWay, When};
use crate::model::sqlite_write::SqliteWrite;
use crate::model::target::{Adoption, Target};
use crate::settings::cli::notify::{NOTIFY, Notify};
use crate::settings::values::{self, CommandLine};

/// Options of `sync`.
#[derive(Debug, Default, Args)]
#[allow(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub struct Sync {
    /// Print what would be done, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Add a profile for a login where OpenClaw has none: the default profile of the main agent, and
    /// from OpenClaw 2026.6.5 on a link
    #[arg(long)]
    pub create: bool,
    /// How OpenClaw from 2026.6.5 on reads a login that --create links: file (it reads the CLI's
    /// file), exec (it asks ocsync provide) [default: file]
    #[arg(long, value_name = "WAY", hide_possible_values = true)]
    pub link: Option<LinkWay>,
    /// Deliver the access token alone, so that OpenClaw cannot spend the CLI's refresh token
    #[arg(long)]
    pub access_only: bool,
    /// Deliver the CLI's login also where the profile is newer, or the CLI's file holds an older
    /// token again
    #[arg(long)]
    pub prefer_source: bool,
    /// Give this profile to the CLI's login, tokens and account, even if it belongs to another
    /// account. ocsync keeps what it held; repeatable
    #[arg(long, value_name = "[AGENT/]PROFILE[=SOURCE]", value_parser = values::parse_adoption)]
    pub adopt: Vec<Adoption>,
    /// Put back the login that an update has replaced in this profile, and leave the profile alone
    /// until --adopt; repeatable
    #[arg(long, value_name = "[AGENT/]PROFILE", value_parser = values::parse_target)]
    pub restore: Vec<Target>,
    /// Change a profile to the type that its "mode" in openclaw.json asks for
    #[arg(long)]
    pub force_type: bool,
    /// Lift cooldowns that a dead credential has caused: auto (of profiles that are updated), always
    /// (of every profile in step), never [default: auto; without WHEN always]
    #[arg(long, value_name = "WHEN", num_args = 0..=1, require_equals = true, default_missing_value = "always", hide_possible_values = true)]
    pub clear_cooldown: Option<When>,
    /// Tell the gateway to read its profiles again: auto (if one seems to run), always, never
    #[arg(long, value_name = "WHEN", hide_possible_values = true)]
    pub reload: Option<When>,
    /// Copy OpenClaw's tokens into the CLI's file, where OpenClaw is proven to have spent the CLI's
    /// refresh token
    #[arg(long)]
    pub write_back: bool,
    /// Update profiles of OpenClaw from 2026.6.5 on in its database, with the access token and never
    /// a refresh token: auto (in the layouts that ocsync knows), never [default: auto]
    #[arg(long, value_name = "MODE", num_args = 0..=1, default_missing_value = "auto", hide_possible_values = true)]
    pub sqlite_write: Option<SqliteWrite>,
    /// Wait at most this long for a lock [default: 10]
    #[arg(long, value_name = "SECONDS")]
    pub wait: Option<u64>,
    /// The command that tells the gateway, words separated by spaces [default: openclaw]
    #[arg(long, value_name = "CMD", value_parser = values::parse_words)]
    pub openclaw: Option<CommandLine>,
    /// Run CMD after a run that wrote something; its input is the JSON report
    #[arg(long, value_name = "CMD", value_parser = values::parse_words, help_heading = NOTIFY)]
    pub on_change: Option<CommandLine>,
    /// Who else hears of the run.
    #[command(flatten)]
    pub notify: Notify,
}
