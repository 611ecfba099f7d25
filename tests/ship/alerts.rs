//! `contrib/prometheus` and `contrib/nagios`: the alerts name metrics that the program writes, and fire when they should;
//! the commands run.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use crate::home::{Home, claude_store, hours};

const RULES: &str = include_str!("../../contrib/prometheus/ocsync.rules.yml");
const NAGIOS: &str = include_str!("../../contrib/nagios/ocsync.cfg");

fn home() -> Home {
    Home::new().claude("new", hours(8)).agent("main", &claude_store("new", hours(8)))
}

/// The words of a text that are names of metrics.
fn metrics(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| word.starts_with("ocsync_")).collect()
}

#[test]
fn the_alerts_name_metrics_that_the_program_writes() {
    let home = home();
    let run = home.run(&["check-expiry", "--format", "prometheus"]);
    // A login without an end has no series, and its name is in the text all the same.
    let written = metrics(&run.stdout);
    let expressions: String = RULES.lines().filter(|line| line.trim_start().starts_with("expr:")).collect();
    let named = metrics(&expressions);
    assert!(named.len() >= 3, "{named:?}");
    let known = |name: &&str| written.contains(*name) || *name == "ocsync_source_login_expiry_timestamp_seconds";
    assert!(named.iter().all(known), "{named:?} {written:?}");
}

#[test]
fn promtool_takes_the_rules_and_each_alert_fires_in_its_case() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("rules.yml"), RULES).unwrap();
    let alert = |name: &str, at: &str, labels: &str| {
        format!(
            "      - eval_time: {at}\n        alertname: {name}\n        exp_alerts:{}\n",
            if labels.is_empty() { " []".to_owned() } else { format!("\n          - exp_labels: {{ {labels} }}") }
        )
    };
    let group = |series: &str, values: &str, alerts: &str| {
        format!(
            "  - interval: 10m\n    input_series:\n      - series: '{series}'\n        values: '{values}'\n    alert_rule_test:\n{alerts}"
        )
    };
    let of = |severity: &str| format!("severity: {severity}, instance: a");
    let code = "ocsync_exit_code{instance=\"a\"}";
    let tests = [
        group(
            code,
            "0x20 1x40",
            &(alert("OcsyncLoginNeeded", "1h", "") + &alert("OcsyncLoginNeeded", "5h", &of("critical"))),
        ),
        group(code, "2x40", &(alert("OcsyncExpired", "1h", "") + &alert("OcsyncExpired", "3h", &of("warning")))),
        group(
            code,
            "4x40",
            &(alert("OcsyncIncomplete", "1h", "") + &alert("OcsyncIncomplete", "3h", &of("warning"))),
        ),
        group(code, "3x40", &(alert("OcsyncIncomplete", "3h", "") + &alert("OcsyncExpired", "3h", ""))),
        group(
            "ocsync_last_run_timestamp_seconds{instance=\"a\"}",
            "0x40",
            &(alert("OcsyncStale", "2h", "") + &alert("OcsyncStale", "4h", &of("warning"))),
        ),
        group(
            "ocsync_source_login_expiry_timestamp_seconds{instance=\"a\",source=\"claude\"}",
            "262800x40",
            &(alert("OcsyncLoginEndsSoon", "50m", "")
                + &alert("OcsyncLoginEndsSoon", "2h", "severity: warning, instance: a, source: claude")),
        ),
    ];
    // Annotations are for people, and are compared as well: without them the test would say nothing of the alert.
    let text = format!("rule_files: [rules.yml]\nevaluation_interval: 10m\ntests:\n{}", tests.concat());
    fs::write(dir.path().join("test.yml"), text).unwrap();
    let promtool = |args: &[&str]| Command::new("promtool").args(args).current_dir(dir.path()).output();
    let Ok(checked) = promtool(&["check", "rules", "rules.yml"]) else {
        println!("SKIPPED: promtool is missing");
        return;
    };
    let said = |output: &std::process::Output| {
        String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
    };
    assert!(checked.status.success() && said(&checked).contains("5 rules"), "{}", said(&checked));
    let tested = promtool(&["test", "rules", "test.yml"]).unwrap();
    // promtool also compares the annotations, which are prose. What it says of the labels alone counts here.
    let output = said(&tested);
    let labels = |part: &str| -> Vec<String> {
        let all = part.split("Labels:").skip(1).map(|rest| rest.lines().next().unwrap_or_default().trim().to_owned());
        all.collect()
    };
    let is_wrong = |part: &&str| {
        let (expected, got) = part.split_once("got:").unwrap_or((part, ""));
        labels(expected) != labels(got)
    };
    let wrong: Vec<&str> = output.split("alertname: ").skip(1).filter(is_wrong).collect();
    assert!(wrong.is_empty(), "{output}");
}

#[test]
fn the_commands_of_nagios_run_and_say_ok() {
    let home = home();
    let lines: Vec<&str> = NAGIOS.lines().filter_map(|line| line.trim().strip_prefix("command_line")).collect();
    assert_eq!(lines.len(), 2);
    for line in lines {
        let line = line.trim().replace("$ARG1$", "2h");
        let words: Vec<&str> = line.strip_prefix("/usr/bin/ocsync ").unwrap().split(' ').collect();
        home.run(&words).code(0).prints("OCSYNC OK");
    }
    let named = NAGIOS.lines().find_map(|line| line.trim().strip_prefix("check_command")).unwrap().trim();
    assert!(NAGIOS.contains(&format!("command_name    {named}\n")));
}
