//! What a run has found and done, as one value that every form of output is made from.

pub mod text;
pub mod time;

use serde::Serialize;

use crate::clock;
use crate::credential::{Expiry, Fingerprint, Token};
use crate::decide::Decision;
use crate::exit::Code;
use crate::inventory::{Inventory, Standing, StoreView};
use crate::lineage::Verdict;
use crate::openclaw::profile::{Kind, Profile};
use crate::options::Options;
use crate::plan::{Action, Outcome};
use crate::problem::Problem;
use crate::source::{Source, State as SourceState};

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
    /// What is wrong.
    pub problems: Vec<Problem>,
}

/// How a credential stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Good for longer than the threshold.
    Fresh,
    /// Ends within the threshold.
    Expiring,
    /// Past.
    Expired,
    /// Good, but the login behind it ends soon.
    LoginExpiring,
    /// The login has ended.
    LoggedOut,
    /// Cannot be read.
    Unreadable,
    /// No known expiry.
    Unknown,
    /// Has none: an API key, or a token without a date.
    Static,
}

impl State {
    /// The word in output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Expiring => "expiring",
            Self::Expired => "expired",
            Self::LoginExpiring => "login-expiring",
            Self::LoggedOut => "logged-out",
            Self::Unreadable => "unreadable",
            Self::Unknown => "unknown",
            Self::Static => "static",
        }
    }

    /// As an exit code: 1 for what has ended, 2 for what ends soon.
    #[must_use]
    pub fn code(self) -> Code {
        match self {
            Self::Expired | Self::LoggedOut => Code::LoginNeeded,
            Self::Expiring | Self::LoginExpiring => Code::Expiring,
            Self::Unreadable => Code::Incomplete,
            Self::Fresh | Self::Unknown | Self::Static => Code::Ok,
        }
    }
}

/// How much time left is too little, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Thresholds {
    /// For an access token.
    pub within: i64,
    /// For a login.
    pub login_within: i64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { within: 3_600_000, login_within: 3 * 86_400_000 }
    }
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
    /// Fingerprint of the access token.
    pub access: Option<Fingerprint>,
    /// Fingerprint of the refresh token.
    pub refresh: Option<Fingerprint>,
    /// Whose it is.
    pub account: Option<String>,
    /// Milliseconds, for other forms of output.
    #[serde(skip)]
    pub expires: Option<i64>,
}

/// One profile, or an agent whose store is not served.
#[derive(Clone, Debug, Serialize)]
pub struct ProfileRow {
    /// The installation.
    pub state_dir: String,
    /// `json` or `sqlite`.
    pub store: &'static str,
    /// The agent.
    pub agent: String,
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
    /// Fingerprint of the access token.
    pub access: Option<Fingerprint>,
    /// Fingerprint of the refresh token.
    pub refresh: Option<Fingerprint>,
    /// Milliseconds, for other forms of output.
    #[serde(skip)]
    pub expires: Option<i64>,
    /// A cooldown that the dead credential had caused was lifted.
    pub cooldown_lifted: bool,
}

impl Report {
    /// The report of a run that has not looked at anything yet.
    #[must_use]
    pub fn new(command: &'static str, now: i64) -> Self {
        Self {
            version: 1,
            command,
            exit: 0,
            now: clock::rfc3339(now),
            changed: 0,
            sources: Vec::new(),
            profiles: Vec::new(),
            problems: Vec::new(),
        }
    }
}

/// Seconds from `now` until `expires`.
#[must_use]
pub fn seconds(expires: Option<i64>, now: i64) -> Option<i64> {
    expires.map(|at| at.saturating_sub(now).div_euclid(1000))
}

fn by_time(expires: Expiry, now: i64, within: i64) -> State {
    match expires {
        Expiry::Unknown => State::Unknown,
        Expiry::At(at) if at <= now => State::Expired,
        Expiry::At(at) if at.saturating_sub(now) < within => State::Expiring,
        Expiry::At(_) => State::Fresh,
    }
}

/// The row of a source.
#[must_use]
pub fn source_row(source: &Source, now: i64, thresholds: Thresholds) -> SourceRow {
    let login = source.login();
    let state = match (&source.state, login) {
        (SourceState::Unreadable(_), _) => State::Unreadable,
        (_, None) => State::LoggedOut,
        (_, Some(login)) => match by_time(login.expires, now, thresholds.within) {
            State::Fresh | State::Unknown
                if login.deadline.is_some_and(|at| at.saturating_sub(now) < thresholds.login_within) =>
            {
                State::LoginExpiring
            }
            state => state,
        },
    };
    let expires = login.and_then(|login| login.expires.known());
    let account = login.and_then(|login| login.identity.email.clone().or_else(|| login.identity.account_id.clone()));
    SourceRow {
        source: source.kind.name(),
        path: source.path.to_string_lossy().into_owned(),
        state,
        expires_at: expires.and_then(clock::rfc3339),
        expires_in: seconds(expires, now),
        login_expires_at: login.and_then(|login| login.deadline).and_then(clock::rfc3339),
        access: login.map(|login| login.access.fingerprint),
        refresh: login.and_then(|login| login.refresh.as_ref()).map(|token| token.fingerprint),
        account,
        expires,
    }
}

/// How a profile stands.
#[must_use]
pub fn profile_state(profile: &Profile, now: i64, within: i64) -> State {
    match (profile.kind, profile.expires) {
        (Kind::ApiKey | Kind::Other, _) | (Kind::Token, Expiry::Unknown) => State::Static,
        (_, expires) => by_time(expires, now, within),
    }
}

/// The row of a profile that was read.
#[must_use]
pub fn profile_row(
    inventory: &Inventory,
    store: &StoreView,
    profile: &Profile,
    decision: &Decision,
    options: &Options,
    within: i64,
) -> ProfileRow {
    let action = if decision.judgement.verdict.is_update() { Action::Update } else { Action::None };
    let result = match (action, decision.refused) {
        (Action::None | Action::Create, _) => Outcome::None,
        (Action::Update, None) => Outcome::Planned,
        (Action::Update, Some(_)) => Outcome::Refused,
    };
    ProfileRow {
        source: decision.source.map(|source| inventory.sources[source].kind.name()),
        verdict: Some(decision.judgement.verdict),
        action,
        result,
        reason: decision.refused.unwrap_or(decision.judgement.reason).to_owned(),
        ..profile_values(store_row(inventory, store), profile, options.now, within)
    }
}

/// A row with what a profile itself says.
#[must_use]
pub fn profile_values(row: ProfileRow, profile: &Profile, now: i64, within: i64) -> ProfileRow {
    let fingerprint = |token: &Option<Token>| token.as_ref().map(|token| token.fingerprint);
    let expires = profile.expires.known();
    ProfileRow {
        profile: Some(profile.id.clone()),
        provider: Some(profile.provider.clone()),
        kind: Some(profile.kind.name()),
        expires_at: expires.and_then(clock::rfc3339),
        expires_in: seconds(expires, now),
        state: profile_state(profile, now, within),
        access: fingerprint(&profile.access),
        refresh: fingerprint(&profile.refresh),
        expires,
        ..row
    }
}

/// The row of an agent whose store is not served.
#[must_use]
pub fn store_row(inventory: &Inventory, store: &StoreView) -> ProfileRow {
    let state_dir = &inventory.state_dirs[store.state_dir];
    let (result, reason) = match &store.standing {
        Standing::Refused(why, _) => (Outcome::Refused, why.clone()),
        Standing::Failed => (Outcome::Failed, "the store cannot be read".to_owned()),
        Standing::Read | Standing::Missing => (Outcome::None, String::new()),
    };
    let refused = matches!(store.standing, Standing::Refused(..));
    ProfileRow {
        state_dir: state_dir.path.to_string_lossy().into_owned(),
        store: if refused { "sqlite" } else { "json" },
        agent: state_dir.agents[store.agent].id.clone(),
        profile: None,
        provider: None,
        kind: None,
        source: None,
        verdict: None,
        action: Action::None,
        result,
        reason,
        expires_at: None,
        expires_in: None,
        state: if refused { State::Unknown } else { State::Unreadable },
        access: None,
        refresh: None,
        expires: None,
        cooldown_lifted: false,
    }
}
