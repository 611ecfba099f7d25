//! Why one profile is as it is: what `status PROFILE` says beside the rows of the profile and its login.

use serde::Serialize;

use crate::model::route::Route;
use crate::model::secret::Fingerprint;
use crate::model::time;

/// The explanation of one profile.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// The state directory of its installation.
    pub state_dir: String,
    /// Its agent.
    pub agent: String,
    /// Its id.
    pub profile: String,
    /// What it holds in place of tokens, in words; null where it holds tokens.
    pub reference: Option<String>,
    /// The account that it names: its e-mail address, else its id.
    pub account: Option<String>,
    /// The word for the rule by which it is bound: `bind`, `adopt`, `link`, `token`, `account`, `id`.
    pub bound_by: Option<&'static str>,
    /// This rule as a sentence.
    pub binding: Option<&'static str>,
    /// The rule that gave the verdict, as a sentence.
    pub rule: &'static str,
    /// What `sync` would do, as a sentence.
    pub next: String,
    /// The tokens that its login has held, oldest to newest.
    pub lineage: Vec<Step>,
    /// When ocsync last delivered to it.
    #[serde(serialize_with = "time::date")]
    pub delivered_at: Option<i64>,
    /// When ocsync last found that somebody had put an older credential back.
    #[serde(serialize_with = "time::date")]
    pub reverted_at: Option<i64>,
    /// OpenClaw's version, where it is known.
    pub openclaw: Option<String>,
    /// The schema of the state database, where there is one.
    pub schema: Option<u32>,
    /// The file that the profile is in.
    pub store_path: String,
    /// The locks under which `sync` writes it.
    pub locks: Vec<String>,
    /// By which route the agent reaches the provider: `api`, `claude-cli`; null where none of its models is of it.
    pub route: Option<Route>,
}

/// One pair of tokens that a login has held.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// When a run first saw it; null where that is longer ago than the history.
    #[serde(serialize_with = "time::date")]
    pub seen_at: Option<i64>,
    /// The word for how it came: `first-seen`, `rotated`, `refreshed`; null where that is not known.
    pub event: Option<String>,
    /// The access token.
    pub access: Fingerprint,
    /// The refresh token.
    pub refresh: Option<Fingerprint>,
    /// When the access token ends.
    #[serde(serialize_with = "time::date")]
    pub expires_at: Option<i64>,
    /// The login holds it now.
    pub is_login: bool,
    /// The profile holds its refresh token, or its access token where it holds no refresh token.
    pub is_profile: bool,
    /// It is what ocsync last delivered to the profile.
    pub is_delivered: bool,
}
