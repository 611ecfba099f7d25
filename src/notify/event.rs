//! What a hook is called for.

use serde::Serialize;

use crate::model::problem::{About, clean};
use crate::model::time::{rfc3339, utc};
use crate::notify::known::Known;

/// What a hook is called for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Event {
    /// Something was written.
    Change,
    /// A problem has begun, or lasts.
    Problem,
    /// A problem has ended. Lesser ones may last.
    Recovery,
    /// Nothing has happened: a person tries the hook.
    Test,
}

impl Event {
    /// The word that the hook gets for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Problem => "problem",
            Self::Recovery => "recovery",
            Self::Test => "test",
        }
    }
}

/// What a hook is called for, with the problems that it is about. The report that the hook gets has it as `notice`.
#[derive(Clone, Debug, Serialize)]
pub struct Notice {
    /// What for.
    pub event: Event,
    /// The problems that have begun, that last, or that have ended.
    pub problems: Vec<Told>,
}

/// A problem of a notice.
#[derive(Clone, Debug, Serialize)]
pub struct Told {
    /// Its code.
    pub code: String,
    /// What it is about.
    #[serde(flatten)]
    pub about: About,
    /// Since when it lasts, RFC 3339.
    pub since: Option<String>,
}

impl Notice {
    /// A notice of no problem.
    pub fn of(event: Event) -> Self {
        Self { event, problems: Vec::new() }
    }

    /// A notice of these problems.
    pub fn about(event: Event, problems: &[Known]) -> Self {
        let told = |known: &Known| Told {
            code: known.key.code.clone(),
            about: known.key.about.clone(),
            since: rfc3339(known.since),
        };
        Self { event, problems: problems.iter().map(told).collect() }
    }
}

/// One line that says what has ended, for the summary of a recovery.
pub fn ended(problems: &[Known]) -> String {
    let Some(first) = problems.first() else { return String::new() };
    let about = &first.key.about;
    let names = [&about.source, &about.agent, &about.profile].into_iter().flatten();
    let names: Vec<String> = names.map(|name| clean(name)).collect();
    let of = if names.is_empty() { String::new() } else { format!(" ({})", names.join(" ")) };
    let since = utc(first.since).map_or_else(String::new, |date| format!(" since {date} UTC"));
    let more = if problems.len() > 1 { format!(" and {} more", problems.len() - 1) } else { String::new() };
    format!("over: {}{of}{since}{more}", first.key.code)
}
