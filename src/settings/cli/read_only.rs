//! The options of the commands that write no credential: `provide`, `status` and `check-expiry`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::model::target::Target;
use crate::model::time::parse_duration;
use crate::settings::cli::notify::Notify;
use crate::settings::values;

/// How long `provide` may take, in seconds.
pub(super) const WAIT: u64 = 4;

/// Options of `provide`.
#[derive(Debug, Args)]
pub struct Provide {
    /// Take at most this long, input included; OpenClaw waits for 5 s
    #[arg(long, value_name = "SECONDS", default_value_t = WAIT, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub wait: u64,
}

/// Options of `status`.
#[derive(Debug, Args)]
pub struct Status {
    /// Explain this profile: what it holds, its login, its verdict, the rule that gave the verdict,
    /// and what sync would do
    #[arg(value_name = "[AGENT/]PROFILE", value_parser = values::parse_target)]
    pub profile: Option<Target>,
    /// List the newest N events of the last 30 days: rotations, refreshes, deliveries, failures
    /// [default: 20]. With a PROFILE: its own events and those of the logins
    #[arg(long, value_name = "N", num_args = 0..=1, value_parser = values::parse_target)]
    #[allow(clippy::option_option, reason = "an option whose value may be left out")]
    pub history: Option<Option<Target>>,
    /// How many events to list.
    #[arg(skip)]
    pub events: Option<usize>,
    /// Print local times beside those in UTC; TZ chooses the time zone
    #[arg(long, conflicts_with = "config_check")]
    pub local: bool,
    /// Check ocsync's configuration, and do nothing else: print every error with key, line and
    /// column, and never a value
    #[arg(long, conflicts_with_all = ["profile", "history", "problems"])]
    pub config_check: bool,
    /// Show only what needs something
    #[arg(long)]
    pub problems: bool,
    /// Warn of a login that ends within this time
    #[arg(long, value_name = "TIME", default_value = "3d", value_parser = parse_duration)]
    pub login_within: i64,
}

/// How many events `--history` lists.
const EVENTS: usize = 20;

impl Status {
    /// Tells the number of events from the profile: a person writes them in either order, so clap may take the profile for
    /// the value of `--history`. A number is digits alone, and no profile is called so.
    ///
    /// # Errors
    /// There are two numbers, or two profiles.
    pub(super) fn settle(&mut self) -> Result<(), String> {
        let Some(behind) = self.history.take() else { return Ok(()) };
        let words = [behind, self.profile.take()].into_iter().flatten();
        let is_number = |Target(word): &Target| word.bytes().all(|byte| byte.is_ascii_digit());
        let (numbers, mut profiles): (Vec<Target>, Vec<Target>) = words.partition(is_number);
        if let [Target(one), Target(other)] = numbers.as_slice() {
            return Err(format!("--history takes one number, and there are two: {one} and {other}"));
        }
        if let [Target(one), Target(other)] = profiles.as_slice() {
            return Err(format!("--history takes one profile, and there are two: {other} and {one}"));
        }
        // A number that is too large lists every event.
        self.events = Some(numbers.first().map_or(EVENTS, |Target(digits)| digits.parse().unwrap_or(usize::MAX)));
        self.profile = profiles.pop();
        Ok(())
    }
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
    /// Check only this profile and the login that it is bound to; repeatable
    #[arg(long, value_name = "ID")]
    pub profile: Vec<String>,
    /// Print text, json (as --json), nagios (exit codes 0 to 3, as its plugins have them) or
    /// prometheus
    #[arg(long, value_name = "FORM", conflicts_with = "json", hide_possible_values = true)]
    pub format: Option<Format>,
    /// Also write the metrics to this file, for the textfile collector of Prometheus (PATH should end
    /// in .prom)
    #[arg(long, value_name = "PATH")]
    pub textfile: Option<PathBuf>,
    /// Count an access token with less than this time left [default: 1h; 0s for one that can be
    /// renewed without a login]
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub within: Option<i64>,
    /// Count a login that ends within this time
    #[arg(long, value_name = "TIME", default_value = "3d", value_parser = parse_duration)]
    pub login_within: i64,
    /// Who else hears of the run.
    #[command(flatten)]
    pub notify: Notify,
}
