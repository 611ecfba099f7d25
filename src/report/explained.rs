//! The explanation of a profile as text: one fact for each line, with its name before it.

use std::fmt::Write as _;

use crate::model::explanation::{Explanation, Step};
use crate::model::problem::clean;
use crate::model::route::Route;
use crate::model::secret::Fingerprint;
use crate::model::time::{self, left_at_most, left_or_expired};
use crate::report::group::{self, Group};
use crate::report::screen::{Paint, Screen};
use crate::report::wrap::wrap;
use crate::report::{ProfileRow, Report, SourceRow, advice};

/// How wide the names of the facts are, with the space behind them.
const NAMES: usize = 12;

/// The explanations of a report. Profiles that are alike are explained once.
pub fn explained(report: &Report, now: i64, screen: &Screen) -> String {
    let rows: Vec<&ProfileRow> = report.profiles.iter().filter(|row| row.finding.profile.is_some()).collect();
    let groups = group::equal(&rows, |row| advice::of_any(row, &report.sources, now));
    let texts: Vec<String> = groups.iter().filter_map(|group| of_group(group, report, now, screen)).collect();
    texts.join("\n")
}

fn of_group(group: &Group<'_>, report: &Report, now: i64, screen: &Screen) -> Option<String> {
    let row = group.row;
    let is_its = |of: &&Explanation| {
        (of.state_dir.as_str(), of.agent.as_str(), Some(of.profile.as_str()))
            == (&*row.place.state_dir, &*row.agent, row.finding.profile.as_deref())
    };
    let explanation = report.explained.iter().find(is_its)?;
    let source = report.sources.iter().find(|source| Some(source.source) == row.finding.source);
    let mut facts = Facts { out: String::new(), screen };
    let more = if group.more > 0 { format!(" and {} more like it", group.more) } else { String::new() };
    let head = format!("{} {}{more}", clean(&explanation.agent), clean(&explanation.profile));
    let _ = writeln!(facts.out, "{}", screen.paint(&head, Some(Paint::Bold)));
    facts.say("holds", &holds(row, explanation, now));
    facts.say("login", &login(source, now));
    if let (Some(word), Some(binding)) = (explanation.bound_by, explanation.binding) {
        facts.say("bound by", &format!("{word}: {binding}"));
    }
    let steps: Vec<String> = explanation.lineage.iter().map(|of| step(of, screen)).collect();
    for (count, text) in steps.iter().enumerate() {
        facts.say(if count == 0 { "lineage" } else { "" }, text);
    }
    let verdict = row.finding.verdict.map_or("not-served", |verdict| verdict.name());
    facts.say("verdict", &format!("{verdict}: {}", row.finding.reason));
    facts.say("rule", explanation.rule);
    facts.say("sync", &explanation.next);
    let advice = advice::of_profile(row, &report.sources, now, false);
    if !advice.is_empty() {
        facts.say("what next", &advice);
    }
    if let Some(text) = delivered(explanation, now, screen) {
        facts.say("delivered", &text);
    }
    if let Some(at) = explanation.reverted_at {
        facts.say("reverted", &ago(at, now, screen));
    }
    facts.say("OpenClaw", &openclaw(row, explanation));
    facts.say("route", explanation.route.map_or("none: no model of the agent is of this provider", Route::name));
    facts.say("store", &explanation.store_path);
    if explanation.bound_by.is_none() {
        return Some(facts.out);
    }
    for (count, lock) in explanation.locks.iter().enumerate() {
        facts.say(if count == 0 { "lock" } else { "" }, lock);
    }
    Some(facts.out)
}

/// The lines.
struct Facts<'a> {
    out: String,
    screen: &'a Screen,
}

impl Facts<'_> {
    fn say(&mut self, name: &str, text: &str) {
        let text = self.screen.brief(&clean(text));
        let room = if self.screen.known { self.screen.width.saturating_sub(NAMES) } else { usize::MAX };
        for (count, line) in wrap(&text, room).into_iter().enumerate() {
            let name = if count == 0 { name } else { "" };
            let gap = " ".repeat(NAMES - 2 - name.len());
            let line = format!("  {}{gap}{line}", self.screen.paint(name, Some(Paint::Dim)));
            let _ = writeln!(self.out, "{}", line.trim_end());
        }
    }
}

/// When ocsync last delivered to the profile, where it has a login.
fn delivered(explanation: &Explanation, now: i64, screen: &Screen) -> Option<String> {
    explanation.bound_by?;
    let is_known = explanation.lineage.iter().any(|step| step.is_delivered);
    let unknown = if is_known { "at a time that is not known" } else { "never by ocsync" };
    Some(explanation.delivered_at.map_or_else(|| unknown.to_owned(), |at| ago(at, now, screen)))
}

/// A moment and how long ago it was.
fn ago(at: i64, now: i64, screen: &Screen) -> String {
    let date = screen.moment(at, " UTC").map_or_else(String::new, |date| format!("{date}, "));
    format!("{date}{}", time::ago(at, now))
}

fn token(fingerprint: Option<Fingerprint>) -> String {
    fingerprint.map_or_else(|| "none".to_owned(), |of| of.to_string())
}

fn holds(row: &ProfileRow, explanation: &Explanation, now: i64) -> String {
    let finding = &row.finding;
    let kind = finding.kind.unwrap_or("other");
    let account = explanation.account.as_ref().map_or_else(String::new, |account| format!("; account {account}"));
    if kind == "api_key" {
        return "api_key: ocsync never touches it".to_owned();
    }
    if let Some(reference) = &explanation.reference {
        return format!("{kind}: {reference}{account}");
    }
    let time = match finding.expires {
        Some(at) if finding.setup_token => left_at_most(at, now),
        Some(at) => left_or_expired(at, now),
        None => "no known end".to_owned(),
    };
    let what = if finding.setup_token { "setup token" } else { "access token" };
    let refresh = match kind {
        "oauth" => format!("; refresh token {}", token(finding.refresh)),
        _ => String::new(),
    };
    format!("{kind}: {what} {}, {time}{refresh}{account}", token(finding.access))
}

fn login(source: Option<&SourceRow>, now: i64) -> String {
    let Some(source) = source else { return "none".to_owned() };
    let time = source.expires.map_or_else(String::new, |at| format!(", {}", left_or_expired(at, now)));
    let account = source.account.as_ref().map_or_else(String::new, |account| format!("; account {account}"));
    format!("{}: {}{time}{account}; {}", source.source, source.state.name(), source.path)
}

/// One pair of tokens that the login has held.
fn step(step: &Step, screen: &Screen) -> String {
    let stamp = |at: i64| screen.moment(at, "");
    let when = step.seen_at.and_then(stamp).unwrap_or_else(|| "-".to_owned());
    let event = step.event.as_deref().unwrap_or("-");
    let marks = [(step.is_login, "the login"), (step.is_profile, "the profile"), (step.is_delivered, "delivered")];
    let marks: Vec<&str> = marks.into_iter().filter(|(is, _)| *is).map(|(_, mark)| mark).collect();
    let marks = if marks.is_empty() { String::new() } else { format!("  <- {}", marks.join(", ")) };
    let until = step.expires_at.and_then(stamp).map_or_else(String::new, |at| format!("  until {at}"));
    format!("{when:<16}  {event:<10}  {}{until}{marks}", step.access)
}

fn openclaw(row: &ProfileRow, explanation: &Explanation) -> String {
    let version = explanation.openclaw.as_deref().unwrap_or("version not known");
    let schema = explanation.schema.map_or_else(String::new, |schema| format!(", state schema {schema}"));
    format!("{version}, {}{schema}", if row.place.store == "sqlite" { "SQLite" } else { "JSON" })
}
