//! The manual's section "Verdicts and reasons" has the table of verdicts and the table of reasons: each sentence once,
//! in their order, with the exit codes that the core gives and the remedies that the program prints.

use std::collections::BTreeSet;

use ocsync::testing::core::outcome;
use ocsync::testing::model::decision::Judgement;
use ocsync::testing::model::item::Outcome;
use ocsync::testing::model::login::{Expiry, Identity, Login};
use ocsync::testing::model::problem::Problem;
use ocsync::testing::model::profile;
use ocsync::testing::model::reason::Reason;
use ocsync::testing::model::recent::Tokens;
use ocsync::testing::model::secret::Token;
use ocsync::testing::model::source::SourceKind;
use ocsync::testing::model::source::SourceState;
use ocsync::testing::model::verdict::Verdict;

const MANUAL: &str = include_str!("../../MANUAL.md");

/// The rows of the section's tables, each as its cells. A header is no row.
fn rows() -> Vec<Vec<&'static str>> {
    let (_, rest) = MANUAL.split_once("\n## Verdicts and reasons\n").unwrap();
    let section = rest.split("\n## ").next().unwrap();
    // A row is known by the line below it, also the last one.
    let lines: Vec<&str> = section.lines().chain([""]).collect();
    let is_row = |pair: &&[&str]| pair[0].starts_with("| ") && !pair[1].starts_with("|--");
    let cells = |pair: &[&'static str]| {
        let row = pair[0].trim_start_matches('|').strip_suffix('|').expect(pair[0]);
        row.split('|').map(str::trim).collect()
    };
    lines.windows(2).filter(is_row).map(cells).collect()
}

/// The verdict of a row that has one.
fn verdict<'a>(row: &[&'a str]) -> Option<&'a str> {
    row[0].strip_prefix("**`").and_then(|cell| cell.strip_suffix("`**"))
}

/// A sentence of the manual as the table has it: `{}` where the manual says in italics what goes there.
fn pattern(cell: &str) -> String {
    let parts: Vec<&str> = cell.split('*').collect();
    assert_eq!(parts.len() % 2, 1, "italics without an end: {cell}");
    let parts = parts.iter().enumerate().map(|(index, part)| if index % 2 == 1 { "{}" } else { part });
    parts.collect::<String>().replace("\\<", "<")
}

/// Every exit code that a verdict can give, as the manual lists them.
fn codes(verdict: Verdict) -> String {
    let reasons = || Reason::ALL.iter().filter(|reason| reason.verdict() == Some(verdict));
    let fresh = Login {
        access: Token::new("FAKE-access"),
        refresh: Some(Token::new("FAKE-refresh")),
        expires: Expiry::At(i64::MAX),
        deadline: None,
        refreshable: true,
        identity: Identity::default(),
    };
    let ended = Login { refresh: None, expires: Expiry::At(0), ..fresh.clone() };
    let mut codes = BTreeSet::new();
    let due = Login { expires: Expiry::At(0), ..fresh.clone() };
    let unreadable = SourceState::Unreadable(Problem::note("x", "x", ""));
    let live = [&fresh, &due, &ended].map(|login| SourceState::Live(login.clone()));
    let profile = profile::parse("p", r#"{"type":"oauth","provider":"x","expires":0}"#, &mut Tokens::default());
    let profile = profile.unwrap().unwrap();
    let alone = |reason: &Reason| outcome::code_without_source(Judgement::new(verdict, *reason), &profile, 1);
    codes.extend(reasons().filter_map(alone).map(|code| code as u8));
    for state in live.iter().chain([&SourceState::LoggedOut, &unreadable]) {
        for outcome in [Outcome::None, Outcome::Planned, Outcome::Done, Outcome::Refused] {
            for acts in [false, true] {
                let code = |reason: &Reason| {
                    outcome::code(&Judgement::new(verdict, *reason), outcome, state, &profile, 1, acts) as u8
                };
                codes.extend(reasons().map(code));
            }
        }
    }
    let codes: Vec<String> = codes.iter().map(u8::to_string).collect();
    let (last, first) = codes.split_last().unwrap();
    if first.is_empty() { last.clone() } else { format!("{} or {last}", first.join(", ")) }
}

#[test]
fn every_verdict_is_in_the_manual_with_its_exit_codes() {
    let rows = rows();
    let said: Vec<(&str, &str)> = rows.iter().filter_map(|row| Some((verdict(row)?, row[1]))).collect();
    let codes: Vec<String> = Verdict::ALL.into_iter().map(codes).collect();
    let table: Vec<(&str, &str)> =
        Verdict::ALL.iter().zip(&codes).map(|(verdict, codes)| (verdict.name(), codes.as_str())).collect();
    assert_eq!(said, table);
    for row in rows.iter().filter(|row| verdict(row).is_some()) {
        assert!(row.len() == 3 && !row[2].is_empty(), "no meaning: {row:?}");
    }
}

#[test]
fn every_reason_is_in_the_manual_below_its_verdict_with_its_remedy() {
    let mut of = None;
    let mut said = Vec::new();
    for row in rows() {
        if let Some(name) = verdict(&row) {
            of = Some(name);
            continue;
        }
        // The tables of what is not done have no column of codes.
        of = of.filter(|_| row.len() == 3);
        said.push((of.map(str::to_owned), pattern(row[0]), row[row.len() - 1].to_owned()));
    }
    let row = |reason: &Reason| {
        let remedy = reason.remedy(Some(SourceKind::Claude)).into_owned();
        (reason.verdict().map(|verdict| verdict.name().to_owned()), reason.pattern().to_owned(), remedy)
    };
    let table: Vec<_> = Reason::ALL.iter().map(row).collect();
    for (said, row) in said.iter().zip(&table) {
        assert_eq!(said, row);
    }
    assert_eq!(said.len(), table.len(), "{:?}", said.get(table.len()).or_else(|| table.get(said.len())));
}
