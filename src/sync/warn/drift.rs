//! Why the exit code of `sync` is not 0, where no problem says so already.

use crate::core::decide::Decider;
use crate::model::exit::Code;
use crate::model::item::{Action, Item, Outcome};
use crate::model::problem::{Problem, Severity};
use crate::model::reason::Reason;
use crate::sync::items;

/// Items with the same reason.
struct Group<'a> {
    first: &'a Item<'a>,
    code: Code,
    /// How many other items are in the group.
    more: usize,
}

/// One line for each source and reason, and not one for each agent.
#[must_use]
pub fn explain(items: &[Item<'_>], decider: &Decider<'_>, now: i64) -> Vec<Problem> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let unexplained = |item: &&Item<'_>| {
        matches!(item.outcome, Outcome::None | Outcome::Refused) && item.action != Action::WriteBack
    };
    for item in items.iter().filter(unexplained) {
        let Some(code @ (Code::LoginNeeded | Code::Drift)) = items::code(item, decider, now) else { continue };
        let kind = |item: &Item<'_>| item.source.map(|source| source.kind);
        let same = |group: &&mut Group<'_>| (kind(group.first), &group.first.because) == (kind(item), &item.because);
        match groups.iter_mut().find(same) {
            Some(group) => group.more += 1,
            None => groups.push(Group { first: item, code, more: 0 }),
        }
    }
    groups.iter().map(problem).collect()
}

fn problem(group: &Group<'_>) -> Problem {
    let item = group.first;
    let kind = item.source.map(|source| source.kind);
    let more = if group.more > 0 { format!(" and {} more", group.more) } else { String::new() };
    let name = format!("{} {}{more}", item.at.agent().id, item.id().unwrap_or_default());
    if let (Code::LoginNeeded, Some(kind)) = (group.code, kind) {
        let message = format!("{name}: only a login with {} can help", kind.name());
        let problem = Problem::drift("login-needed", message, kind.login_command());
        return Problem { severity: Severity::Error, ..problem };
    }
    let message = format!("{name}: {}", item.because.text());
    let hint = item.because.reason.remedy(kind);
    match item.because.reason {
        Reason::SqliteNotWritten => Problem::drift("refused", message, hint),
        // The operator has asked for it and it is not done, so this is an error.
        _ if item.outcome == Outcome::Refused => {
            Problem { severity: Severity::Error, ..Problem::drift("refused", message, hint) }
        }
        _ => Problem::drift("drift", message, hint),
    }
}
