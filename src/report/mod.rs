//! What a run has found and done, as one value. Every form of output is made from it.
//!
//! - `rows` - makes the rows of sources and profiles
//! - `state` - the state of a credential by its expiry, as a word and as an exit code
//! - `text` - the lines of `sync` and `refresh`, and the lines on stderr
//! - `tables` - the tables of `status`
//! - `columns` - makes a table fit the screen
//! - `group` - shows equal rows as one
//! - `advice` - what a person can do, for the last column of a table
//! - `screen` - the width of the screen, and whether to use colour
//! - `summary` - the result in one line
//! - `line` - the one line of `check-expiry`
//! - `nagios` - this line in the form of a monitoring plugin
//! - `prometheus` - the metrics
//!
//! JSON needs no file of its own: it is [`Report`], serialised.

pub mod advice;
pub mod columns;
pub mod group;
pub mod line;
pub mod nagios;
pub mod prometheus;
pub mod rows;
pub mod screen;
pub mod state;
pub mod summary;
pub mod tables;
pub mod text;

pub use state::{State, Thresholds};

use std::borrow::Cow;
use std::sync::Arc;

use serde::Serialize;

use crate::model::exit::Code;
use crate::model::item::Attempt;
use crate::model::item::Exported;
use crate::model::item::{Action, Outcome};
use crate::model::problem::{Problem, escaped};
use crate::model::reason::Reason;
use crate::model::route::Route;
use crate::model::secret::Fingerprint;
use crate::model::time;
use crate::model::verdict::Verdict;

/// The report of a run. Serialised, it is the output of `--json`. A field may be added but never changed.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The version of this form.
    pub version: u32,
    /// The command.
    pub command: &'static str,
    /// Its exit code.
    pub exit: u8,
    /// The time that the run worked with, RFC 3339.
    pub now: Option<String>,
    /// The result in one line.
    pub summary: String,
    /// How many profiles were written.
    pub changed: usize,
    /// The sources.
    pub sources: Vec<SourceRow>,
    /// The profiles.
    pub profiles: Vec<ProfileRow>,
    /// The environment files that were written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exported: Vec<Exported>,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

/// One source.
#[derive(Clone, Debug, Serialize)]
pub struct SourceRow {
    /// `claude`.
    pub source: &'static str,
    /// The file that it was read from.
    pub path: String,
    /// Its state.
    pub state: State,
    /// When its access token ends, RFC 3339.
    pub expires_at: Option<String>,
    /// Seconds until then.
    pub expires_in: Option<i64>,
    /// When the login ends, RFC 3339.
    pub login_expires_at: Option<String>,
    /// Whether the CLI can get a new access token without a new login; null where that is unknown.
    pub refreshable: Option<bool>,
    /// Fingerprint of the access token.
    pub access: Option<Fingerprint>,
    /// Fingerprint of the refresh token.
    pub refresh: Option<Fingerprint>,
    /// The account that it belongs to: its e-mail address, else its id.
    pub account: Option<String>,
    /// What the run did to refresh it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<Attempt>,
    /// The command that logs in again.
    #[serde(skip)]
    pub login: Cow<'static, str>,
    /// When its access token ends, in milliseconds. The other forms of output need it.
    #[serde(skip)]
    pub expires: Option<i64>,
    /// Nobody has renewed it in time so far.
    #[serde(skip)]
    pub unrenewed: bool,
    /// The state that counts. The end of an access token does not, where its CLI alone uses it and renews it by itself.
    #[serde(skip)]
    pub checked: State,
    /// Its CLI uses it for agents, and no profile does.
    #[serde(skip)]
    pub by_cli: bool,
}

impl SourceRow {
    /// Notes that its CLI alone uses the login.
    pub fn used_by_its_cli(&mut self, now: i64, login_within: i64) {
        self.by_cli = true;
        if matches!(self.state, State::Expired | State::Expiring) && self.refreshable == Some(true) {
            let is_near = |at: i64| at.saturating_sub(now) < login_within;
            self.checked = if self.login_expires_at.as_deref().and_then(time::parse).is_some_and(is_near) {
                State::LoginExpiring
            } else {
                State::Fresh
            };
        }
    }

    /// Whether there is anything to check: a login that is out of reach is not.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.state != State::Unknown || self.access.is_some()
    }
}

/// One profile, or an agent whose store is not served.
#[derive(Clone, Debug, Serialize)]
pub struct ProfileRow {
    /// The store that it is in.
    #[serde(flatten)]
    pub place: Arc<Place>,
    /// By which route its agent reaches the provider, where that is not the API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<Route>,
    /// What was found and done. Rows with equal findings share one.
    #[serde(flatten)]
    pub finding: Arc<Finding>,
}

/// The store that a profile is in.
#[derive(Clone, Debug, Serialize)]
pub struct Place {
    /// The state directory of its installation.
    pub state_dir: Arc<str>,
    /// `json` or `sqlite`.
    pub store: &'static str,
    /// The agent.
    pub agent: String,
    /// OpenClaw has a command that removes a profile.
    #[serde(skip)]
    pub has_logout: bool,
}

/// What was found about a profile and what was done, without the store that it is in.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// The profile; null where the store is not served.
    pub profile: Option<String>,
    /// OpenClaw's provider.
    pub provider: Option<String>,
    /// `oauth`, `token`, `api_key`.
    #[serde(rename = "type")]
    pub kind: Option<&'static str>,
    /// The source it is bound to.
    pub source: Option<&'static str>,
    /// The verdict.
    pub verdict: Option<Verdict>,
    /// What is done about it.
    pub action: Action,
    /// The result of that.
    pub result: Outcome,
    /// Why, as a sentence.
    pub reason: String,
    /// When its access token ends, RFC 3339.
    pub expires_at: Option<String>,
    /// Seconds until then.
    pub expires_in: Option<i64>,
    /// Its state.
    pub state: State,
    /// Whether it can get a new access token without a new login: from its source, or by OpenClaw. Null where that is
    /// unknown, or where nothing ends.
    pub refreshable: Option<bool>,
    /// Fingerprint of the access token.
    pub access: Option<Fingerprint>,
    /// Fingerprint of the refresh token.
    pub refresh: Option<Fingerprint>,
    /// When its access token ends, in milliseconds. The other forms of output need it.
    #[serde(skip)]
    pub expires: Option<i64>,
    /// It holds a setup token, which ends at `expires_at` at the latest.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub setup_token: bool,
    /// A cooldown that the dead credential had caused was lifted.
    pub cooldown_lifted: bool,
    /// The other login that the update replaces, and that is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Replaces>,
    /// Whether `check-expiry` counts it.
    #[serde(skip)]
    pub check: Check,
    /// The reason as a value of the table. The advice depends on it.
    #[serde(skip)]
    pub why: Reason,
}

/// A login that an update replaces although it is not the source's and may be alive.
#[derive(Clone, Debug, Serialize)]
pub struct Replaces {
    /// When its access token ends, RFC 3339.
    pub expires_at: Option<String>,
    /// Seconds until then.
    pub expires_in: Option<i64>,
    /// When its access token ends, in milliseconds.
    #[serde(skip)]
    pub expires: Option<i64>,
}

/// Whether `check-expiry` counts a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// It does not: an API key, a retired profile, one that is protected.
    Not,
    /// It is checked and well: OpenClaw renews it when it is used.
    Well,
    /// It has not ended, and OpenClaw does not use it for a while: its credential has failed.
    Failing,
    /// By its state.
    ByState,
}

impl Finding {
    /// What `check-expiry` makes of it; `None` where it does not count.
    pub fn checked(&self) -> Option<State> {
        match self.check {
            Check::Not => None,
            Check::Well => Some(State::Fresh),
            Check::Failing => Some(State::Expired),
            Check::ByState => Some(self.state),
        }
    }
}

impl Report {
    /// An empty report, of a run that has not read anything yet.
    pub fn new(command: &'static str, now: i64) -> Self {
        Self {
            version: 1,
            command,
            exit: 0,
            now: time::rfc3339(now),
            summary: String::new(),
            changed: 0,
            sources: Vec::new(),
            profiles: Vec::new(),
            exported: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// The logins that count: those that profiles are bound to or that a CLI uses for agents, or all of them where no
    /// profile is bound to any.
    pub fn counted_sources(&self) -> impl Iterator<Item = &SourceRow> {
        let serves = |source: &SourceRow| {
            let mut bound = self.profiles.iter().filter_map(|row| row.finding.source).peekable();
            source.by_cli || bound.peek().is_none() || bound.any(|of| of == source.source)
        };
        self.sources.iter().filter(|row| row.counts()).filter(move |row| serves(row))
    }

    /// The report and the exit code of a run that could not begin.
    pub fn stopped(command: &'static str, now: i64, problem: Problem) -> (Self, Code) {
        let code = problem.failure.unwrap_or(Code::Internal);
        (Self { problems: vec![problem], ..Self::new(command, now) }, code)
    }

    /// The output of `--json`.
    ///
    /// # Errors
    /// None that is known.
    pub fn json(&self) -> serde_json::Result<String> {
        Ok(escaped(&serde_json::to_string_pretty(self)?) + "\n")
    }
}
