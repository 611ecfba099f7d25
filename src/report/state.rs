//! The state of a credential by its expiry, as a word and as an exit code.

use serde::Serialize;

use crate::model::exit::Code;
use crate::model::login::Expiry;
use crate::model::profile::{Profile, ProfileKind};
use crate::model::time::{DAY, HOUR};

/// The state of a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It lasts for longer than the threshold.
    Fresh,
    /// It ends within the threshold.
    Expiring,
    /// It has ended.
    Expired,
    /// It lasts, but the login behind it ends soon.
    LoginExpiring,
    /// The login has ended.
    LoggedOut,
    /// It cannot be read.
    Unreadable,
    /// Its expiry is unknown.
    Unknown,
    /// It has no expiry: an API key, or a token without a date that is no setup token.
    Static,
}

impl State {
    /// The name in the output.
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

    /// As an exit code: 1 for what only a login can help, 2 for what ends soon, or has ended and can still be
    /// renewed without one.
    pub fn code(self, refreshable: Option<bool>) -> Code {
        match self {
            Self::Expired if refreshable == Some(true) => Code::Expiring,
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
    /// For an access token, where the caller says it.
    pub within: Option<i64>,
    /// For a login.
    pub login_within: i64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { within: None, login_within: 3 * DAY }
    }
}

impl Thresholds {
    /// How much time is too little for an access token. One that can be renewed without a login is renewed in
    /// its last minutes (Claude Code: five), so it counts when it has ended; any other counts an hour ahead.
    pub fn within(self, refreshable: Option<bool>) -> i64 {
        self.within.unwrap_or(if refreshable == Some(true) { 0 } else { HOUR })
    }
}

/// The state that follows from an expiry alone.
pub fn by_time(expires: Expiry, now: i64, within: i64) -> State {
    match expires {
        Expiry::Unknown => State::Unknown,
        Expiry::At(at) if at <= now => State::Expired,
        Expiry::At(at) if at.saturating_sub(now) < within => State::Expiring,
        Expiry::At(_) => State::Fresh,
    }
}

/// The state of a profile. `setup_end`: when its setup token ends at the latest, if it holds one.
pub fn profile_state(profile: &Profile, setup_end: Option<i64>, now: i64, within: i64) -> State {
    match (profile.kind, profile.expires, setup_end) {
        (.., Some(end)) => by_time(Expiry::At(end), now, within),
        (ProfileKind::ApiKey | ProfileKind::Other, ..) | (ProfileKind::Token, Expiry::Unknown, _) => State::Static,
        (_, expires, _) => by_time(expires, now, within),
    }
}
