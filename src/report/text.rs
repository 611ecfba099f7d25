//! The report as text for people.
//!
//! The result goes to stdout. Everything else goes to stderr with the prefix `ocsync:`. Each message is one line, in
//! lower case, without a full stop. Names that come from files are cleaned, because they may hold codes that steer a
//! terminal.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::model::consequence::Consequence;
use crate::model::item::Exported;
use crate::model::item::{Action, Outcome};
use crate::model::problem::clean;
use crate::model::problem::{Problem, Severity};
use crate::model::reason::Reason;
use crate::model::target;
use crate::model::time::{left, left_or_expired};
use crate::model::verdict::Verdict;
use crate::report::screen::{Paint, Screen};
use crate::report::wrap::wrap;
use crate::report::{ProfileRow, Report};

/// The beginning of every message on stderr.
const PREFIX: &str = "ocsync: ";

/// The lines of `sync`: one for each change, and none when nothing changed.
pub fn sync(report: &Report, now: i64, verbose: bool) -> String {
    let mut out = String::new();
    let several = report.profiles.windows(2).any(|pair| pair[0].place.state_dir != pair[1].place.state_dir);
    for row in &report.sources {
        let Some(attempt) = &row.attempt else { continue };
        let verb = match attempt.result {
            Outcome::Done => "refreshed",
            Outcome::Planned => "would refresh",
            Outcome::None | Outcome::Refused | Outcome::Failed if verbose => "left",
            _ => continue,
        };
        let by = attempt.program.as_ref().map_or(String::new(), |program| format!(" by {}", clean(program)));
        let expires = row.expires.filter(|_| attempt.result == Outcome::Done);
        let expires = expires.map_or(String::new(), |at| format!(", {}", left(at, now)));
        let _ = writeln!(out, "{verb} {}{by}{expires} ({}: {})", row.source, attempt.via, clean(&attempt.reason));
    }
    for row in &report.profiles {
        let verb = match (row.finding.action, row.finding.result) {
            (Action::Update, Outcome::Done) if row.finding.why == Reason::Restored => "restored",
            (Action::Update, Outcome::Planned) if row.finding.why == Reason::Restored => "would restore",
            (Action::Update, Outcome::Done) => "updated",
            (Action::Create, Outcome::Done) => "created",
            (Action::WriteBack, Outcome::Done) => "wrote back",
            (Action::Link, Outcome::Done) => "linked",
            (Action::None, Outcome::Done) => "kept",
            (Action::Update, Outcome::Planned) => "would update",
            (Action::Create, Outcome::Planned) => "would create",
            (Action::WriteBack, Outcome::Planned) => "would write back",
            (Action::Link, Outcome::Planned) => "would link",
            (Action::None, Outcome::None) if row.finding.lifts_cooldown => "would keep",
            _ if verbose => "left",
            _ => continue,
        };
        let place = if several { format!("{}: ", clean(&row.place.state_dir)) } else { String::new() };
        let way = if matches!(row.finding.action, Action::WriteBack | Action::Link) { "to" } else { "from" };
        let source = row.finding.source.map_or(String::new(), |source| format!(" {way} {source}"));
        // A planned update still has the expiry of the old credential, which would mislead.
        let expires = row
            .finding
            .expires
            .filter(|_| row.finding.result != Outcome::Planned || row.finding.action == Action::Create);
        let expires = expires.map_or(String::new(), |at| format!(", {}", left(at, now)));
        let lifted = match (row.finding.cooldown_lifted, row.finding.lifts_cooldown) {
            (true, _) => ", cooldown lifted",
            (_, true) => ", lifting its cooldown",
            _ => "",
        };
        let replaces = replaced(row, now);
        let verdict = row.finding.verdict.map_or("not-served", Verdict::name);
        let profile = row.finding.profile.as_deref().map_or_else(|| "(all profiles)".to_owned(), clean);
        let _ = writeln!(
            out,
            "{place}{verb} {} {profile}{source}{expires}{lifted} ({verdict}: {}){replaces}",
            clean(&row.agent),
            clean(&row.finding.reason)
        );
    }
    out
}

/// The other login that an update replaces, and how it comes back.
fn replaced(row: &ProfileRow, now: i64) -> String {
    let Some(replaces) = &row.finding.replaces else { return String::new() };
    let time = replaces.expires.map_or(String::new(), |at| format!(", {}", left_or_expired(at, now)));
    let word = target::word(&row.agent, row.finding.profile.as_deref().unwrap_or_default());
    format!("; replaces another login{time}, kept: ocsync sync --restore {}", clean(&word))
}

/// The lines of a dry run about what it foresees beside the changes.
pub fn consequences(consequences: &[Consequence]) -> String {
    let line = |consequence: &Consequence| match consequence {
        Consequence::Share { source, profiles } => {
            let profiles = if *profiles == 1 { "1 profile".to_owned() } else { format!("{profiles} profiles") };
            format!("would share {source}'s refresh token with {profiles}: the first to use it logs the others out\n")
        }
        Consequence::Reload { state_dir, running: Some(true) } => {
            format!("would tell the gateway of {}\n", clean(state_dir))
        }
        Consequence::Reload { state_dir, running: Some(false) } => {
            format!("would tell no gateway of {}: none seems to run\n", clean(state_dir))
        }
        Consequence::Reload { state_dir, running: None } => {
            format!("would tell the gateway of {}, if it runs\n", clean(state_dir))
        }
    };
    consequences.iter().map(line).collect()
}

/// The lines of `sync` about environment files.
pub fn exported(exported: &[Exported]) -> String {
    exported.iter().fold(String::new(), |mut out, exported| {
        let verb = if exported.result == Outcome::Planned { "would update" } else { "updated" };
        let _ = writeln!(out, "{verb} {} from {}", clean(&exported.path), exported.source);
        out
    })
}

/// The lines for stderr about problems of the `shown` severities: one for each message and one for each hint. They
/// are wrapped only if the width of the screen is known.
pub fn problems(problems: &[Problem], shown: &[Severity], screen: &Screen) -> String {
    let mut out = String::new();
    let mut say = |word: &str, paint: Paint, text: &str| {
        let text = format!("{word}: {}", screen.brief(&clean(text)));
        let room = if screen.known { screen.width.saturating_sub(PREFIX.len()) } else { usize::MAX };
        for (count, line) in wrap(&text, room).into_iter().enumerate() {
            let (prefix, line) = match line.strip_prefix(word).filter(|_| count == 0) {
                Some(rest) => (PREFIX, screen.paint(word, Some(paint)) + rest),
                None => ("        ", line),
            };
            let _ = writeln!(out, "{prefix}{line}");
        }
    };
    // What is in the way of several things is a problem of each, and is said once.
    let mut said = BTreeSet::new();
    let is_shown = |problem: &&Problem| shown.contains(&problem.severity);
    for problem in problems.iter().filter(is_shown).filter(|of| said.insert((&of.message, &of.hint))) {
        let (word, paint) = match problem.severity {
            Severity::Error => ("error", Paint::Red),
            Severity::Warning | Severity::Standing => ("warning", Paint::Yellow),
            Severity::Note => ("note", Paint::Dim),
        };
        say(word, paint, &problem.message);
        if !problem.hint.is_empty() {
            say("hint", Paint::Dim, &problem.hint);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::problem::About;

    #[test]
    fn what_is_in_the_way_of_several_things_is_said_once() {
        let of = |message: &str, about: &str| Problem::warning("x", message, "do it").about(About::login(about));
        let all = [of("no space", "claude"), of("no space", "codex"), of("other", "codex")];
        let screen = Screen { width: 40, known: false, colour: false, home: None, local: None };
        let text = problems(&all, &[Severity::Warning], &screen);
        assert_eq!((text.matches("no space").count(), text.matches("other").count()), (1, 1), "{text}");
    }

    #[test]
    fn a_message_is_one_line_unless_a_width_is_known() {
        let problem = [Problem::warning("x", "a message of some length that says what is wrong", "do it")];
        let text = |known| {
            problems(
                &problem,
                &[Severity::Warning],
                &Screen { width: 40, known, colour: false, home: None, local: None },
            )
        };
        assert_eq!(
            text(false),
            "ocsync: warning: a message of some length that says what is wrong\nocsync: hint: do it\n"
        );
        let wrapped = text(true);
        assert_eq!(wrapped.lines().nth(1), Some("        length that says what is wrong"));
        assert!(
            wrapped.starts_with("ocsync: warning: a message of some\n")
                && wrapped.ends_with("\nocsync: hint: do it\n")
        );
    }
}
