//! Which exit code a verdict has, depending on whether its action was done.

use crate::model::decision::Judgement;
use crate::model::exit::Code;
use crate::model::item::Outcome;
use crate::model::login::Login;
use crate::model::profile::Profile;
use crate::model::reason::Reason;
use crate::model::source::SourceState;
use crate::model::verdict::Verdict;

/// The exit code of a bound profile at the end of a run. An update that was not made is drift. `acts`: the run is
/// a `sync` or a `refresh`, and leaves nothing to another command.
pub fn code(
    judgement: &Judgement,
    outcome: Outcome,
    source: &SourceState,
    profile: &Profile,
    now: i64,
    acts: bool,
) -> Code {
    let login = match source {
        SourceState::Live(login) => Some(login),
        SourceState::LoggedOut | SourceState::Gone | SourceState::OutOfReach(_) | SourceState::Unreadable(_) => None,
    };
    let needs_person = login.is_some_and(|login| login.needs_person(now));
    let is_dead = acts && is_dead(profile, now);
    let has_no_end = login.is_some_and(|login| login.expires.known().is_none());
    match judgement.verdict {
        Verdict::SourceUnreadable => Code::Incomplete,
        Verdict::SourceLoggedOut => Code::LoginNeeded,
        Verdict::InSync | Verdict::SourceExpired if needs_person => Code::LoginNeeded,
        Verdict::InSync if is_dead => Code::Drift,
        Verdict::OtherAccount if judgement.reason != Reason::OtherAccount => Code::Drift,
        Verdict::Linked => of_link(source, login, now),
        Verdict::Unbound | Verdict::OtherAccount | Verdict::OwnLogin | Verdict::InSync => Code::Ok,
        Verdict::Metadata | Verdict::Reverted | Verdict::SourceNewer => match outcome {
            Outcome::Done if needs_person => Code::LoginNeeded,
            // Its tokens are what they were, and no other end is known of them.
            Outcome::Done if is_dead && judgement.verdict == Verdict::Metadata && has_no_end => Code::Drift,
            Outcome::Done => Code::Ok,
            _ => Code::Drift,
        },
        Verdict::Opaque
        | Verdict::Shadows
        | Verdict::Elsewhere
        | Verdict::SourceRolledBack
        | Verdict::SourceExpired
        | Verdict::SourceIncomplete
        | Verdict::StoreNewer => Code::Drift,
    }
}

/// The exit code of a profile that no source is bound to. `None` where it is none of ocsync's business.
#[must_use]
pub fn code_without_source(judgement: Judgement, profile: &Profile, now: i64) -> Option<Code> {
    match (judgement.verdict, judgement.reason) {
        (Verdict::Elsewhere, _) | (_, Reason::SeveralLogins | Reason::LinkNotMapped) => Some(Code::Drift),
        // Its login has served it, and nobody can renew it now.
        (_, Reason::LoginOutOfReach) if is_dead(profile, now) => Some(Code::LoginNeeded),
        (_, Reason::LoginOutOfReach) => Some(Code::Ok),
        _ => None,
    }
}

/// Whether a profile's agents have nothing to work with, and nothing in the profile can renew it.
fn is_dead(profile: &Profile, now: i64) -> bool {
    profile.refresh.is_none() && profile.expires.known().is_some_and(|at| at <= now)
}

/// A linked profile is as good as the login behind it.
fn of_link(source: &SourceState, login: Option<&Login>, now: i64) -> Code {
    match (source, login) {
        (SourceState::Unreadable(_) | SourceState::OutOfReach(_), _) => Code::Incomplete,
        (_, None) => Code::LoginNeeded,
        (_, Some(login)) if login.needs_person(now) => Code::LoginNeeded,
        (_, Some(login)) if login.expires.is_spent(now) => Code::Drift,
        (_, Some(_)) => Code::Ok,
    }
}
