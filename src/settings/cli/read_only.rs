//! The options of the commands that write no credential: `provide`, `status` and `check-expiry`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::model::target::Target;
use crate::model::time::parse_duration;
use crate::settings::cli::notify::Notify;
use crate::settings::values;

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
    /// Explain this profile: what it holds, its login, the verdict and the rules that gave it, and
    /// what sync would do
    #[arg(value_name = "[AGENT/]PROFILE", value_parser = values::parse_target)]
    pub profile: Option<Target>,
    /// List what happened in the last 30 days: rotations, refreshes, deliveries, failures; the
    /// newest N [default: 20]
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "20")]
    pub history: Option<usize>,
    /// Say whether ocsync's configuration can be read: every error with key, line and column, never
    /// a value; do nothing else
    #[arg(long, conflicts_with_all = ["profile", "history", "problems"])]
    pub config_check: bool,
    /// Show only what needs something
    #[arg(long)]
    pub problems: bool,
    /// Warn of a login that ends within this time
    #[arg(long, value_name = "TIME", default_value = "3d", value_parser = parse_duration)]
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
    /// Less than this left is "expiring" [default: 1h; 0s for a token that can be renewed without a login]
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub within: Option<i64>,
    /// Less than this left of the login itself is "expiring" as well
    #[arg(long, value_name = "TIME", default_value = "3d", value_parser = parse_duration)]
    pub login_within: i64,
    /// Who else hears of the run.
    #[command(flatten)]
    pub notify: Notify,
}
