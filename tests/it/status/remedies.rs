//! Every remedy of the table of reasons, as it is printed: a shell runs it in a home that is in that state, and the
//! state is another one afterwards.

use std::collections::BTreeMap;
use std::process::Command;

use ocsync::testing::model::reason::Reason;
use ocsync::testing::model::source::SourceKind;
use serde_json::{Value, json};

use super::remedy_databases as databases;
use super::remedy_homes::{self as homes, World};
use crate::home::Home;

const DRY: &[&str] = &["sync", "--dry-run"];
const STATUS: &[&str] = &["status"];
const SYNC: &[&str] = &["sync", "--wait", "0"];
const REFRESH: &[&str] =
    &["refresh", "--via", "http", "--source", "claude", "--token-url", "http://127.0.0.1:9/v1/oauth/token"];
const CREATE: &[&str] = &["sync", "--create", "--dry-run"];

/// Where the words of a remedy stop being prose.
const PROGRAMS: [&str; 3] = ["ocsync", "openclaw", "claude"];

/// A reason, the run that prints its remedy, and a home that is in that state.
type Scenario = (Reason, &'static [&'static str], fn() -> World);

const SCENARIOS: &[Scenario] = &[
    (Reason::RotatedSince, STATUS, homes::rotated_since),
    (Reason::NewerSource, STATUS, homes::newer_source),
    (Reason::NewerAccess, STATUS, homes::newer_access),
    (Reason::MetadataDiffers, STATUS, homes::metadata),
    (Reason::NoUsableTokens, STATUS, homes::no_tokens),
    (Reason::PutBack, STATUS, homes::put_back),
    (Reason::RefreshTokenTakenOut, STATUS, homes::taken_out),
    (Reason::Preferred, &["sync", "--prefer-source", "--dry-run"], homes::not_older),
    (Reason::Adopted, &["sync", "--adopt", "main/anthropic:default", "--dry-run"], homes::bound_to_other),
    (Reason::NewerInStore, STATUS, homes::newer_in_store),
    (Reason::NotOlder, STATUS, homes::not_older),
    (Reason::RolledBack, STATUS, homes::rolled_back),
    (Reason::Spent, STATUS, homes::spent),
    (Reason::SpentByAnother, STATUS, homes::spent_by_another),
    (Reason::SpentByOpenClaw, REFRESH, homes::spent_and_due),
    (Reason::SourceExpired, STATUS, homes::expired),
    (Reason::SourceIncomplete, STATUS, homes::incomplete),
    (Reason::LoggedOut, SYNC, homes::logged_out),
    (Reason::FileGone, SYNC, homes::file_gone),
    (Reason::NoUsableLogin, CREATE, homes::no_usable_login),
    (Reason::RefreshFailed, STATUS, databases::refresh_failed),
    (Reason::AccessEnded, DRY, homes::access_ended),
    (Reason::AccountMoved, STATUS, homes::account_moved),
    (Reason::BoundToOther, STATUS, homes::bound_to_other),
    (Reason::RenewsItself, STATUS, homes::own_login),
    (Reason::Shadows, STATUS, databases::shadows),
    (Reason::SqliteNotWritten, SYNC, databases::sqlite_not_written),
    (Reason::NotUpgraded, SYNC, databases::not_upgraded),
    (Reason::NotMigrated, SYNC, databases::not_migrated),
    (Reason::UnknownSchema, SYNC, databases::unknown_schema),
    (Reason::OtherForm, SYNC, databases::other_form),
    (Reason::OtherAgent, SYNC, databases::other_agent),
    (Reason::OtherPlace, SYNC, databases::other_place),
    (Reason::CoordinatorUnseen, SYNC, databases::coordinator_unseen),
];

/// Reasons that need another file system or another operating system. Their remedy is that of a reason which does not.
const ALIKE: [(Reason, Reason); 2] =
    [(Reason::SharedFileSystem, Reason::UnknownSchema), (Reason::OtherMachine, Reason::UnknownSchema)];

/// The words of a reason without what the run fills in.
fn words(reason: Reason) -> &'static str {
    reason.pattern().split("{}").max_by_key(|part| part.len()).unwrap()
}

/// What a run says of a reason.
struct Told {
    /// Whether the row of a profile or a login names it. If not, a problem alone does.
    in_rows: bool,
    hints: Vec<String>,
    report: Value,
}

/// What a run says of a reason; `None` where it does not name it.
fn told(home: &Home, args: &[&str], reason: Reason) -> Option<Told> {
    let report = home.run(&[args, &["--json"]].concat()).json();
    let says = |row: &Value, key: &str| row[key].as_str().is_some_and(|text| text.contains(words(reason)));
    let rows = |key: &str| report[key].as_array().cloned().unwrap_or_default();
    let in_rows = rows("profiles").iter().chain(&rows("sources")).any(|row| says(row, "reason"));
    let problems: Vec<Value> = rows("problems").into_iter().filter(|row| says(row, "message")).collect();
    let hints = problems.iter().filter_map(|problem| problem["hint"].as_str()).map(str::to_owned).collect();
    (in_rows || !problems.is_empty()).then_some(Told { in_rows, hints, report })
}

/// What is left for a person after the commands.
const THEN: &str = "; then set \"bind\" of ";

/// The commands of a hint, as a person takes them out of it.
fn commands(hint: &str) -> Vec<String> {
    let hint = hint.split(THEN).next().unwrap();
    let parts = hint.split("; or ").map(|part| part.rsplit_once(": ").map_or(part, |(_, command)| command));
    let is_command = |part: &&str| part.split(' ').next().is_some_and(|word| PROGRAMS.contains(&word));
    parts.filter(is_command).map(str::to_owned).collect()
}

fn shell(home: &Home, command: &str) -> String {
    let mut shell = Command::new("/bin/sh");
    home.dress(&mut shell).args(["-c", command]);
    format!("{:#?}", home.start(shell).end())
}

/// The profile that a link replaces is left to itself, as the hint says after its commands.
fn unbind(home: Home, hint: &str) -> Home {
    let Some((_, rest)) = hint.split_once(THEN) else { return home };
    let profile = rest.strip_suffix(" to \"none\" in ocsync's config").unwrap();
    let report = home.run(&["status", "--json"]).json();
    let rows = report["profiles"].as_array().unwrap();
    assert!(rows.iter().any(|row| row["profile"] == "anthropic:ocsync" && row["verdict"] == "linked"), "{rows:#?}");
    let ordered = "models auth order set --provider anthropic anthropic:ocsync";
    assert!(home.called().iter().any(|call| call == ordered), "{:?}", home.called());
    let bind: BTreeMap<&str, &str> = [(profile, "none")].into();
    home.config(&json!({ "bind": bind }))
}

fn check(&(reason, args, make): &Scenario) -> Result<(), String> {
    let world = make();
    let Some(mut before) = told(&world.home, args, reason) else {
        return Err(format!("not in that state: {:#?}", world.home.run(args)));
    };
    if before.hints.is_empty() {
        // It is no problem, and the table of the profiles has it.
        let profile = before.report["profiles"][0]["profile"].as_str().unwrap();
        let remedy = reason.remedy(Some(SourceKind::Claude)).replace("AGENT/PROFILE", &format!("main/{profile}"));
        world.home.run(args).prints(&remedy);
        before.hints.push(remedy);
    }
    let tries = before.hints.iter().flat_map(|hint| commands(hint).into_iter().map(move |command| (hint, command)));
    let tries: Vec<_> = tries.collect();
    if tries.is_empty() {
        return Err(format!("no command in {:?}", before.hints));
    }
    for (hint, command) in tries {
        let mut world = make();
        told(&world.home, args, reason);
        let ran = shell(&world.home, &command);
        world.home = unbind(world.home, hint);
        if told(&world.home, args, reason).is_some_and(|after| after.in_rows || !before.in_rows) {
            return Err(format!("{command}: still in that state: {ran} {:#?}", world.home.run(args)));
        }
    }
    Ok(())
}

#[test]
fn a_remedy_is_a_command_that_changes_the_state_that_prints_it() {
    let failed =
        SCENARIOS.iter().filter_map(|scenario| Some(format!("{:?}: {}", scenario.0, check(scenario).err()?)));
    let failed: Vec<String> = failed.collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn every_reason_has_such_a_remedy_or_none_or_one_for_a_person_alone() {
    let of = |reason: Reason| reason.remedy(Some(SourceKind::Claude));
    let tried = |reason: Reason| SCENARIOS.iter().any(|scenario| scenario.0 == reason);
    for reason in Reason::ALL.iter().copied() {
        let alike = ALIKE.iter().find(|(of, _)| *of == reason);
        if let Some((_, other)) = alike {
            assert!(tried(*other) && of(reason) == of(*other), "{reason:?}");
        }
        let is_runnable = !of(reason).is_empty() && !reason.needs_person();
        assert_eq!(tried(reason) || alike.is_some(), is_runnable, "{reason:?}");
    }
}
