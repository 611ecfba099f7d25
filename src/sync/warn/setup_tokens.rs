//! Setup tokens that end soon or have ended, and those that were never seen before. Nothing renews one: a person has to
//! make a new one in time.

use crate::model::agent::Agent;
use crate::model::item::{Action, Item};
use crate::model::policy::Policy;
use crate::model::problem::{About, Problem, clean};
use crate::model::reason::Reason;
use crate::model::setup_token::{LIFE, candidate};
use crate::model::shell::quoted;
use crate::model::time::{DAY, left_at_most, utc};
use crate::sync::warn::{Inspection, grouped, name};

/// How long before its end a setup token is reported.
const AHEAD: i64 = 30 * DAY;

/// The setup tokens that end within 30 days or have ended: one problem for each profile id and end.
#[must_use]
pub fn ending(items: &[Item<'_>], policy: &Policy) -> Vec<Problem> {
    let now = policy.now;
    let mut groups: Vec<(i64, &Item<'_>, Vec<About>)> = Vec::new();
    for item in items {
        let Some(end) = end(item, policy).filter(|end| end.saturating_sub(now) < AHEAD) else { continue };
        let same = groups.iter_mut().find(|(of, first, _)| (*of, first.id()) == (end, item.id()));
        match same {
            Some((.., more)) => more.push(about(item)),
            None => groups.push((end, item, Vec::new())),
        }
    }
    let is_given = |end: i64, item: &Item<'_>| {
        let day = policy.setup_token_day(&item.at.agent().id, item.id().unwrap_or_default());
        day.is_some_and(|day| end == day.saturating_add(LIFE))
    };
    let problem = |(end, item, more)| problem(end, item, more, is_given(end, item), now);
    groups.into_iter().map(problem).collect()
}

/// When the setup token of a profile ends, unless a person has taken the profile out of ocsync's hands, or an update
/// replaces the token.
fn end(item: &Item<'_>, policy: &Policy) -> Option<i64> {
    let (profile, decision) = item.decided()?;
    let is_left = policy.protects(&item.at.agent().id, &profile.id)
        || matches!(decision.judgement.reason, Reason::Retired | Reason::Restored);
    decision.setup_end.filter(|_| !is_left && item.action != Action::Update)
}

fn about(item: &Item<'_>) -> About {
    About::profile(item.source.map(|source| source.name), &item.at.agent().id, item.id())
}

/// `is_given`: the end is that of the day in the configuration, which may be an earlier token's.
fn problem(end: i64, item: &Item<'_>, more: Vec<About>, is_given: bool, now: i64) -> Problem {
    let others = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
    let name = format!("{}{others}", clean(&name(item)));
    let date = utc(end).map_or_else(String::new, |date| format!("{date} UTC, "));
    let why = if is_given { ", by setup_tokens in ocsync's configuration" } else { "" };
    let left = format!("{}{why}", left_at_most(end, now));
    let (code, message) = if end <= now {
        ("setup-token-ended", format!("{name}: its setup token has ended ({date}{left})"))
    } else {
        ("setup-token-expiring", format!("{name}: its setup token ends soon ({date}{left})"))
    };
    Problem { also: more, ..Problem::warning(code, message, hint(item)).about(about(item)) }
}

/// How a new setup token gets into the profile. Only releases that can remove a profile save a token for each agent.
fn hint(item: &Item<'_>) -> String {
    let Agent { id: agent, main, .. } = item.at.agent();
    let agent = match (item.at.dir().has_logout(), main) {
        (true, _) => format!(" --agent {}", quoted(agent)),
        (false, true) => String::new(),
        (false, false) => {
            return "make a new one (claude setup-token), and save it in this profile with OpenClaw".to_owned();
        }
    };
    let provider = item.profile().map_or("anthropic", |profile| profile.provider.as_str());
    let (provider, id) = (quoted(provider), quoted(item.id().unwrap_or_default()));
    format!(
        "make a new one (claude setup-token), then: \
         openclaw models auth paste-token --provider {provider} --profile-id {id}{agent}"
    )
}

/// The setup tokens that no `sync` has seen, and of which nobody says when they were made.
pub(super) fn unseen(inspection: &Inspection<'_>) -> Vec<Problem> {
    let policy = &inspection.options.policy;
    let is_unseen = |item: &&Item<'_>| {
        let Some(profile) = end(item, policy).and_then(|_| item.profile()) else { return false };
        let is_seen = candidate(profile).is_some_and(|token| inspection.journal.setup_tokens.contains_key(&token));
        let day = policy.setup_token_day(&item.at.agent().id, &profile.id);
        !is_seen && day.is_none_or(|day| day > policy.now)
    };
    let subject = |item: &Item<'_>| (item.id().unwrap_or_default().to_owned(), clean(&name(item)));
    let note = |(id, names): (String, String)| {
        let message = format!("{names}: a setup token that no sync has seen yet: its year is counted from today");
        let key = serde_json::Value::from(clean(&id));
        let hint = format!("if it is older, in ocsync's configuration: setup_tokens: {{ {key}: \"YYYY-MM-DD\" }}");
        Problem::note("setup-token-unseen", message, hint)
    };
    grouped(inspection.items.iter().filter(is_unseen).map(subject)).into_iter().map(note).collect()
}
