//! Why the exit code of `sync` is not 0, where no problem says so already.

use crate::model::because::Because;
use crate::model::exit::Code;
use crate::model::item::{Action, Item, Outcome};
use crate::model::problem::{About, Problem};
use crate::model::profile::ProfileKind;
use crate::model::reason::Reason;
use crate::model::remedy_command::for_agent;
use crate::model::shell;
use crate::model::source::{Source, SourceState};
use crate::model::target;
use crate::model::verdict::Verdict;
use crate::sync::items;
use crate::sync::warn::{clock, shadows};
use crate::sys::process::as_user;

/// The reasons that are about the login and not about a profile of it: its access token has ended.
const ENDED: [Reason; 2] = [Reason::SourceExpired, Reason::AccessEnded];

/// Items with the same reason.
struct Group<'a> {
    first: &'a Item<'a>,
    code: Code,
    because: Because,
    /// The other items of the group.
    more: Vec<About>,
}

/// One line for each source and reason, and not one for each agent. `acts`: the run is a `sync` or a `refresh`.
#[must_use]
pub fn explain(items: &[Item<'_>], now: i64, acts: bool) -> Vec<Problem> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    // A profile that shadows a login has a line of its own: the command that removes it names it.
    let unexplained = |item: &&Item<'_>| {
        let has_own = item.action == Action::WriteBack && item.outcome != Outcome::Planned;
        item.outcome != Outcome::Failed && !has_own && item.verdict != Some(Verdict::Shadows)
    };
    for item in items.iter().filter(unexplained) {
        let Some(code @ (Code::LoginNeeded | Code::Incomplete | Code::Drift)) = items::code(item, now, acts) else {
            continue;
        };
        let because = because(item, code);
        // A source that cannot be read has a problem of its own. So have a clock that was never set and, in `status`, a
        // credential that was put back.
        let has_own = match because.reason {
            Reason::SourceUnreadable => true,
            Reason::SourceIncomplete => clock::unset(now).is_some(),
            reason => !acts && reason == Reason::PutBack,
        };
        if has_own {
            continue;
        }
        let source = |item: &Item<'_>| item.source.map(Source::id);
        let same = |group: &&mut Group<'_>| {
            (source(group.first), group.code, &group.because) == (source(item), code, &because)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.more.push(about(item)),
            None => groups.push(Group { first: item, code, because, more: Vec::new() }),
        }
    }
    groups.iter().map(|group| problem(group, items, now)).chain(shadows::removable(items)).collect()
}

/// Why an item has its code. A verdict that says that all is well does not say why something is not.
fn because(item: &Item<'_>, code: Code) -> Because {
    match (item.verdict, code) {
        (Some(Verdict::InSync), Code::Drift) => Reason::AccessEnded.into(),
        (Some(Verdict::Metadata), Code::Drift) if item.outcome == Outcome::Done => Reason::AccessEnded.into(),
        (Some(Verdict::Linked), Code::Drift) => Reason::SourceExpired.into(),
        (Some(Verdict::Linked), Code::LoginNeeded) => Reason::LoggedOut.into(),
        (Some(Verdict::Linked), Code::Incomplete) => match item.source.map(|source| &source.state) {
            Some(SourceState::OutOfReach(how)) => Because::of(Reason::LoginOutOfReach, how.clone()),
            _ => Reason::SourceUnreadable.into(),
        },
        _ => item.because.clone(),
    }
}

/// The word that names the profile of a group in a command. It names all of them where they are all that have this id.
fn word(group: &Group<'_>, items: &[Item<'_>]) -> String {
    let (at, id) = (group.first.at, group.first.id().unwrap_or_default());
    let of_id = || items.iter().filter(|item| item.id() == Some(id));
    let alike = of_id().filter(|item| item.because == group.because).count();
    if !group.more.is_empty() && (alike, of_id().count()) == (group.more.len() + 1, group.more.len() + 1) {
        return shell::quoted(id);
    }
    let word = target::word(&at.agent().id, id);
    let is_same = |item: &Item<'_>| item.at.agent().id == at.agent().id && item.at.dir().path != at.dir().path;
    let place = if of_id().any(is_same) {
        format!(" --state-dir {}", shell::quoted(&at.dir().path.to_string_lossy()))
    } else {
        String::new()
    };
    word + &place
}

fn problem(group: &Group<'_>, items: &[Item<'_>], now: i64) -> Problem {
    let item = group.first;
    let more = if group.more.is_empty() { String::new() } else { format!(" and {} more", group.more.len()) };
    let name = format!("{} {}{more}", item.at.agent().id, item.id().unwrap_or_default());
    let login = item.source.map_or("", |source| source.name);
    if let (Code::LoginNeeded, Some(source)) = (group.code, item.source) {
        let message = match group.because.reason {
            Reason::FileGone | Reason::LoggedOut => {
                format!("{name}: {}: only a login with {login} can help", group.because.text())
            }
            _ => format!("{name}: only a login with {login} can help"),
        };
        return Problem::lasting("login-needed", message, source.login_command()).about(About::login(login));
    }
    let source = item.source.map_or_else(String::new, |_| format!(" ({login})"));
    let message = format!("{name}{source}: {}", group.because.text());
    let is_left = item.outcome == Outcome::Refused || item.verdict == Some(Verdict::Opaque);
    let dir = &item.at.dir().path;
    let hint = if is_left && shadows::is_kept_in_step(item, now) {
        shadows::cure(item)
    } else if let (Reason::ForeignDatabase, Some(uid)) = (group.because.reason, as_user::stranger(dir)) {
        as_user::command(uid, dir, Some("--state-dir"))
    } else {
        let reason = group.because.reason;
        let whole = !item.at.is_sqlite() && item.profile().is_some_and(|of| of.kind == ProfileKind::OAuth);
        let first = item.source.filter(|_| reason.delivers()).and_then(|source| source.shortfall(now, whole));
        let remedy = first.unwrap_or(reason).remedy_for(item.source, &word(group, items));
        for_agent(remedy, &item.at.agent().id)
    };
    let is_account = group.because.reason == Reason::AccountUntold;
    let problem = match (item.outcome, group.code, item.source) {
        (Outcome::Refused, Code::Incomplete, _) => Problem::lasting("refused", message, hint),
        (Outcome::Refused, ..) => Problem::drift("refused", message, hint),
        (_, Code::LoginNeeded, _) => Problem::lasting("login-needed", format!("{message}, and it has ended"), hint),
        (_, Code::Incomplete, _) if is_account => Problem::lasting("account", message, hint),
        (_, Code::Incomplete, _) => Problem::lasting("out-of-reach", message, hint),
        (.., Some(_)) if ENDED.contains(&group.because.reason) => {
            return Problem::drift("expired", message, hint).about(About::login(login));
        }
        _ => Problem::drift("drift", message, hint),
    };
    Problem { also: group.more.clone(), ..problem.about(about(item)) }
}

/// What a problem of an item is about.
pub(super) fn about(item: &Item<'_>) -> About {
    let source = item.source.map(|source| source.name);
    About::profile(source, &item.at.agent().id, item.id())
}
