//! What a person can do about a login or a profile, in a few words: a table has no room for more. It is empty where
//! there is nothing to do.

use crate::model::item::{Action, Outcome};
use crate::model::problem::clean;
use crate::model::reason::Reason;
use crate::model::remedy_command::{PROFILE, for_agent, logout};
use crate::model::shell;
use crate::model::source::SourceKind;
use crate::model::target;
use crate::model::verdict::Verdict;
use crate::report::{ProfileRow, SourceRow, State};

/// The CLI of a source: `claude:work` is one of Claude Code's.
fn kind(name: Option<&str>) -> Option<SourceKind> {
    let cli = name?.split(':').next()?;
    SourceKind::ALL.into_iter().find(|kind| kind.name() == cli)
}

/// What to do about a source.
pub fn of_source(row: &SourceRow, now: i64) -> String {
    let Some(kind) = kind(Some(row.source)) else { return String::new() };
    let ended = row.login_expires_at.as_deref().and_then(crate::model::time::parse).is_some_and(|at| at <= now);
    let login = &row.login;
    match row.checked {
        State::LoggedOut => login.to_string(),
        State::Expired if ended || row.refresh.is_none() => login.to_string(),
        State::Expired => Reason::SourceExpired.remedy_by(Some(kind), login.clone()).into_owned(),
        State::LoginExpiring => format!("before it ends: {login}"),
        State::Unreadable => Reason::SourceUnreadable.remedy(Some(kind)).into_owned(),
        State::Expiring if row.refresh.is_none() => format!("before it ends: {login}"),
        State::Fresh | State::Expiring | State::Unknown | State::Static => String::new(),
    }
}

/// What to do about a profile. `several`: a profile of another installation has the same name.
pub fn of_profile(row: &ProfileRow, sources: &[SourceRow], now: i64, several: bool) -> String {
    let word = target::word(&row.agent, row.finding.profile.as_deref().unwrap_or_default());
    let place = if several { format!(" --state-dir {}", shell::quoted(&row.place.state_dir)) } else { String::new() };
    let remedy = of_any(row, sources, now).replace(PROFILE, &clean(&(word + &place)));
    for_agent(remedy, &clean(&row.agent))
}

/// What to do about profiles with equal findings, with `AGENT/PROFILE` where the name of one goes. Often it is something to do about
/// their source.
pub fn of_any(row: &ProfileRow, sources: &[SourceRow], now: i64) -> String {
    let source = sources.iter().find(|source| Some(source.source) == row.finding.source);
    match row.finding.verdict {
        Some(Verdict::Unbound) if row.finding.setup_token && row.finding.checked() == Some(State::Expired) => {
            "claude setup-token".to_owned()
        }
        Some(Verdict::Shadows) => match &row.finding.profile {
            Some(profile) if row.place.has_logout => logout(profile, &row.agent),
            _ => clean(&row.finding.reason),
        },
        Some(Verdict::OtherAccount) if row.finding.why == Reason::OtherAccount => String::new(),
        // It works until its access token has ended, and longer if OpenClaw can renew it.
        Some(Verdict::Unbound) if row.finding.state != State::Expired || row.finding.refresh.is_some() => {
            String::new()
        }
        // The profile is in step with a token that has ended, so only its source can help.
        Some(Verdict::InSync | Verdict::SourceExpired) if row.finding.state == State::Expired => {
            source.map_or_else(String::new, |source| of_source(source, now))
        }
        Some(_) if (row.finding.action, row.finding.result) == (Action::WriteBack, Outcome::Planned) => {
            "ocsync sync".to_owned()
        }
        Some(_) if row.finding.why.delivers() && source.is_some_and(|source| lacks(source, row)) => {
            source.map_or_else(String::new, |source| before_a_delivery(row.finding.why, source, now))
        }
        verdict => {
            let (kind, why) = (kind(row.finding.source), row.finding.why);
            let remedy = source
                .map_or_else(|| why.remedy(kind), |source| why.remedy_by(kind, source.login.clone()))
                .into_owned();
            // What is not done needs a word. The commands for a link would fill the table, and are below it.
            let is_left = verdict.is_none() || row.finding.result == Outcome::Refused;
            if is_left && (remedy.is_empty() || why.needs_link()) { clean(&row.finding.reason) } else { remedy }
        }
    }
}

/// Whether a login cannot be delivered to a profile now.
fn lacks(source: &SourceRow, row: &ProfileRow) -> bool {
    let is_whole = row.place.store == "sqlite" || row.finding.kind != Some("oauth") || source.refresh.is_some();
    !is_whole || matches!(source.state, State::Expired | State::LoggedOut | State::Unreadable | State::Unknown)
}

/// What to do about a login before it can be delivered to a profile. A login of OpenClaw's own needs none.
fn before_a_delivery(why: Reason, source: &SourceRow, now: i64) -> String {
    match source.state {
        _ if why == Reason::RenewsItself => String::new(),
        State::Expired | State::LoggedOut | State::Unreadable => of_source(source, now),
        _ => source.login.to_string(),
    }
}

/// Whether a profile needs a person or `ocsync sync`.
#[must_use]
pub fn needs_something(row: &ProfileRow, sources: &[SourceRow], now: i64) -> bool {
    // A login of OpenClaw's own is well; a person may give it up.
    row.finding.why != Reason::RenewsItself && !of_any(row, sources, now).is_empty()
}
