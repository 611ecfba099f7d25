//! The rows of a report: one for each login, each installation and each profile. Serialised, they are what `--json`
//! prints, so a field may be added but never changed.

use std::borrow::Cow;
use std::sync::Arc;

use serde::Serialize;

use crate::model::item::Attempt;
use crate::model::item::{Action, Outcome};
use crate::model::reason::Reason;
use crate::model::route::Route;
use crate::model::secret::Fingerprint;
use crate::model::time;
use crate::model::verdict::Verdict;
use crate::report::State;

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

/// ocsync's own configuration.
#[derive(Clone, Debug, Serialize)]
pub struct ConfigRow {
    /// The file.
    pub path: String,
    /// It is there; else the defaults are used.
    #[serde(rename = "present")]
    pub is_there: bool,
    /// How many errors are in it. The problems name them.
    pub errors: usize,
}

/// One installation of OpenClaw.
#[derive(Clone, Debug, Serialize)]
pub struct InstallationRow {
    /// Its state directory.
    pub state_dir: Arc<str>,
    /// Its version, where it is known.
    pub openclaw: Option<String>,
    /// `json` or `sqlite`; null where that cannot be told.
    pub store: Option<&'static str>,
    /// When ocsync last delivered to one of its profiles.
    #[serde(serialize_with = "time::date")]
    pub delivered_at: Option<i64>,
}

/// One profile, or an agent whose store is not served.
#[derive(Clone, Debug, Serialize)]
pub struct ProfileRow {
    /// The installation that it is in.
    #[serde(flatten)]
    pub place: Arc<Place>,
    /// The agent.
    pub agent: Arc<str>,
    /// By which route its agent reaches the provider, where that is not the API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<Route>,
    /// When ocsync last delivered to it; only `status` says so.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "time::date")]
    pub delivered_at: Option<i64>,
    /// What was found and done. Rows with equal findings share one.
    #[serde(flatten)]
    pub finding: Arc<Finding>,
}

/// The installation that a profile is in.
#[derive(Clone, Debug, Serialize)]
pub struct Place {
    /// Its state directory.
    pub state_dir: Arc<str>,
    /// `json` or `sqlite`.
    pub store: &'static str,
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
    /// A dry run foresees that it would be lifted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub lifts_cooldown: bool,
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
