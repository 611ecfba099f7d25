//! The options that every command has.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use crate::model::policy::{Share, When};
use crate::model::source_id::SourceId;
use crate::model::time::parse;
use crate::settings::cli::source_name::SourceParser;
use crate::settings::login_dir::{self, LoginDir};
use crate::settings::values::{self, BindTo};

/// Options of every command.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Common {
    /// Work in this home directory, not in $HOME
    #[arg(long, global = true, value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// OpenClaw's state directory; repeatable
    #[arg(long, global = true, value_name = "DIR")]
    pub state_dir: Vec<PathBuf>,
    /// Directory of Claude Code's .credentials.json; NAME=DIR adds a further login, claude:NAME;
    /// repeatable
    #[arg(long, global = true, value_name = "[NAME=]DIR", value_hint = ValueHint::DirPath, value_parser = login_dir::parse_claude_dir)]
    pub claude_dir: Vec<LoginDir>,
    /// Directory of Codex's auth.json; NAME=DIR adds a further login, codex:NAME; repeatable
    #[arg(long, global = true, value_name = "[NAME=]DIR", value_hint = ValueHint::DirPath, value_parser = login_dir::parse_codex_home)]
    pub codex_home: Vec<LoginDir>,
    /// Read only this login: claude, codex, minimax or qwen (all logins of this CLI), or claude:NAME
    /// (one of them); repeatable
    #[arg(long, global = true, value_name = "NAME", hide_possible_values = true, value_parser = SourceParser)]
    pub source: Vec<SourceId>,
    /// Look only at this agent; repeatable
    #[arg(long, global = true, value_name = "ID")]
    pub agent: Vec<String>,
    /// Bind a profile to a login, or to none; repeatable
    #[arg(long, global = true, value_name = "PROFILE=SOURCE", value_parser = values::parse_bind)]
    pub bind: Vec<(String, BindTo)>,
    /// Deliver lineage (access token and refresh token) or access (the access token alone), of all
    /// logins or of one; repeatable
    #[arg(long, global = true, value_name = "[SOURCE=]WHAT", value_parser = values::parse_share)]
    pub share: Vec<(Option<SourceId>, Share)>,
    /// Ask the macOS Keychain: auto (on a terminal only), always, never
    #[arg(long, global = true, value_name = "WHEN", hide_possible_values = true)]
    pub keychain: Option<When>,
    /// Read this configuration file, not ~/.config/ocsync/config.json
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print the report as JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Print errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print every profile and the paths in use; in sync and refresh also each reason
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Use colour: auto (on a terminal), always, never
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
    parse(text).ok_or_else(|| format!("\"{text}\" is no RFC 3339 time"))
}
