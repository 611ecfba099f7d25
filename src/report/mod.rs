//! What a run has found and done, as one value that every form of output is made from.

pub mod advice;
pub mod columns;
pub mod group;
pub mod line;
pub mod nagios;
pub mod prometheus;
pub mod rows;
pub mod screen;
pub mod state;
pub mod tables;
pub mod text;

pub use state::{State, Thresholds};

use std::sync::Arc;

use serde::Serialize;

use crate::model::item::Attempt;
use crate::model::item::Exported;
use crate::model::item::{Action, Outcome};
use crate::model::problem::Problem;
use crate::model::reason::Reason;
use crate::model::secret::Fingerprint;
use crate::model::time;
use crate::model::verdict::Verdict;

/// The report of a run; serialised, it is the output of `--json`. Fields may be added, never
/// changed.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Version of this form.
    pub version: u32,
    /// The command.
    pub command: &'static str,
    /// Its exit code.
    pub exit: u8,
    /// The time it worked with, RFC 3339.
    pub now: Option<String>,
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
    /// Where it was read.
    pub path: String,
    /// How it stands.
    pub state: State,
    /// When its access token ends, RFC 3339.
    pub expires_at: Option<String>,
    /// Seconds until then.
    pub expires_in: Option<i64>,
    /// When the login ends, RFC 3339.
    pub login_expires_at: Option<String>,
    /// Whether the CLI can get a new access token without a new login; null where that is not known.
    pub refreshable: Option<bool>,
    /// Fingerprint of the access token.
    pub access: Option<Fingerprint>,
    /// Fingerprint of the refresh token.
    pub refresh: Option<Fingerprint>,
    /// Whose it is.
    pub account: Option<String>,
    /// What `refresh` did about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<Attempt>,
    /// Milliseconds, for other forms of output.
    #[serde(skip)]
    pub expires: Option<i64>,
}

/// One profile, or an agent whose store is not served. Rows that say the same share what they say.
#[derive(Clone, Debug, Serialize)]
pub struct ProfileRow {
    /// Where it is.
    #[serde(flatten)]
    pub place: Arc<Place>,
    /// What is said of it.
    #[serde(flatten)]
    pub said: Arc<Said>,
}

/// The store that a profile is in.
#[derive(Clone, Debug, Serialize)]
pub struct Place {
    /// The installation.
    pub state_dir: Arc<str>,
    /// `json` or `sqlite`.
    pub store: &'static str,
    /// The agent.
    pub agent: String,
}

/// What is said of a profile, or of an agent whose store is not served.
#[derive(Clone, Debug, Serialize)]
pub struct Said {
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
    /// What came of it.
    pub result: Outcome,
    /// Why.
    pub reason: String,
    /// When its access token ends, RFC 3339.
    pub expires_at: Option<String>,
    /// Seconds until then.
    pub expires_in: Option<i64>,
    /// How it stands.
    pub state: State,
    /// Whether its access token can be had anew without a new login: from the source that it is
    /// bound to, or by OpenClaw; null where that is not known, or nothing ends.
    pub refreshable: Option<bool>,
    /// Fingerprint of the access token.
    pub access: Option<Fingerprint>,
    /// Fingerprint of the refresh token.
    pub refresh: Option<Fingerprint>,
    /// Milliseconds, for other forms of output.
    #[serde(skip)]
    pub expires: Option<i64>,
    /// A cooldown that the dead credential had caused was lifted.
    pub cooldown_lifted: bool,
    /// Whether `check-expiry` counts it.
    #[serde(skip)]
    pub check: Check,
    /// The reason as the table has it, for advice.
    #[serde(skip)]
    pub why: Reason,
}

/// Whether `check-expiry` counts a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// It does not: an API key, a retired profile, one that is protected.
    Not,
    /// It is checked and well: OpenClaw renews it when it is used.
    Well,
    /// By its state.
    ByState,
}

impl Said {
    /// What `check-expiry` makes of it; `None` where it does not count.
    pub fn checked(&self) -> Option<State> {
        match self.check {
            Check::Not => None,
            Check::Well => Some(State::Fresh),
            Check::ByState => Some(self.state),
        }
    }
}

impl Report {
    /// The report of a run that has not looked at anything yet.
    pub fn new(command: &'static str, now: i64) -> Self {
        Self {
            version: 1,
            command,
            exit: 0,
            now: time::rfc3339(now),
            changed: 0,
            sources: Vec::new(),
            profiles: Vec::new(),
            exported: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// The output of `--json`.
    ///
    /// # Errors
    /// None that is known.
    pub fn json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}
