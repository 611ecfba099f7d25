//! Which exit code a verdict has, depending on whether its action was done.

use crate::model::decision::Judgement;
use crate::model::exit::Code;
use crate::model::item::Outcome;
use crate::model::login::Login;
use crate::model::verdict::Verdict;

/// The exit code of a verdict at the end of a run. An update that was not made is drift. `alive`: the profile can
/// serve its agent without the source.
pub fn code(judgement: &Judgement, outcome: Outcome, login: Option<&Login>, now: i64, alive: bool) -> Code {
    let needs_person = login.is_some_and(|login| login.needs_person(now));
    match judgement.verdict {
        Verdict::SourceUnreadable => Code::Incomplete,
        Verdict::SourceLoggedOut if alive => Code::Ok,
        Verdict::SourceLoggedOut => Code::LoginNeeded,
        Verdict::InSync | Verdict::SourceExpired if needs_person => Code::LoginNeeded,
        Verdict::Unbound | Verdict::Linked | Verdict::OtherAccount | Verdict::InSync => Code::Ok,
        Verdict::Metadata | Verdict::Reverted | Verdict::SourceNewer => match outcome {
            Outcome::Done if needs_person => Code::LoginNeeded,
            Outcome::Done => Code::Ok,
            _ => Code::Drift,
        },
        Verdict::Opaque
        | Verdict::SourceRolledBack
        | Verdict::SourceExpired
        | Verdict::SourceIncomplete
        | Verdict::StoreNewer => Code::Drift,
    }
}
