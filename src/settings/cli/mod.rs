//! The command line: types for clap, nothing else. Their doc comments are the help.
//!
//! - `common` - the options that every command has
//! - `notify` - the options that tell others what came of a run
//! - `plain` - the command lines without options
//! - `read_only` - the options of the commands that write no credential
//! - `refresh` - the options that `refresh` has beside those of `sync`
//! - `source_name` - a source as a value of an option
//! - `sync` - the options of `sync`, which `refresh` has as well

pub mod common;
pub mod notify;
pub mod plain;
pub mod read_only;
pub mod refresh;
pub mod source_name;
pub mod sync;

use clap::{Parser, Subcommand};

pub use crate::settings::cli::common::Common;
pub use crate::settings::cli::notify::Notify;
pub use crate::settings::cli::read_only::{CheckExpiry, Format, Provide, Status};
pub use crate::settings::cli::refresh::Refresh;
pub use crate::settings::cli::sync::Sync;

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
    /// Have the CLIs renew their logins where that is due, then do what sync does
    Refresh(Box<Refresh>),
    /// Show logins, profiles, and what to do about them; write nothing
    Status(Status),
    /// Print one line for monitoring, and exit with a code; write no credential
    CheckExpiry(CheckExpiry),
    /// Answer OpenClaw when it asks for an access token: OpenClaw starts this itself
    Provide(Provide),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
