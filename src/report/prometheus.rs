//! `check-expiry --format prometheus` and `--textfile`: the report as metrics in Prometheus' text format.
//!
//! Times are timestamps and not seconds left. If no run writes the file any more, the reader's clock still shows
//! that a token has ended. The time of the last run is there for the same reason. A profile has one series for its
//! state, and a label names the state. One series for each possible state would be too much for hundreds of agents.
//! No label holds a token, a fingerprint or an account.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::model::problem::{Severity, clean};
use crate::report::line::login_ends;
use crate::report::{ProfileRow, Report};

/// One gauge: its name, its meaning, and its series.
struct Gauge {
    name: &'static str,
    help: &'static str,
    series: Vec<(String, i64)>,
}

/// The metrics of a report, in the form for a textfile collector.
pub fn render(report: &Report, now: i64) -> String {
    let mut out = String::new();
    for gauge in gauges(report, now) {
        // A metric without series is only noise.
        if gauge.series.is_empty() {
            continue;
        }
        let _ = writeln!(out, "# HELP {} {}\n# TYPE {} gauge", gauge.name, gauge.help, gauge.name);
        // If a series is there twice, node_exporter refuses the whole file.
        let mut seen = BTreeSet::new();
        for (labels, value) in gauge.series.iter().filter(|(labels, _)| seen.insert(labels)) {
            let _ = writeln!(out, "{}{labels} {value}", gauge.name);
        }
    }
    out
}

fn gauges(report: &Report, now: i64) -> Vec<Gauge> {
    let sources = || report.sources.iter().map(|row| (labels(&[("source", row.source)]), row));
    let profiles = || report.profiles.iter().map(|row| (labels(&place(row)), row));
    let gauge = |name, help, series| Gauge { name, help, series };
    let yes = |refreshable: Option<bool>| refreshable.map(i64::from);
    vec![
        gauge(
            "ocsync_source_expiry_timestamp_seconds",
            "When the access token of a CLI's login ends.",
            sources().filter_map(|(labels, row)| Some((labels, unix(row.expires?)))).collect(),
        ),
        gauge(
            "ocsync_source_login_expiry_timestamp_seconds",
            "When a CLI's login itself ends and only a new one helps.",
            sources().filter_map(|(labels, row)| Some((labels, unix(login_ends(row)?)))).collect(),
        ),
        gauge(
            "ocsync_source_refreshable",
            "Whether the CLI can get a new access token without a new login.",
            sources().filter_map(|(labels, row)| Some((labels, yes(row.refreshable)?))).collect(),
        ),
        gauge(
            "ocsync_source_state",
            "State of a CLI's login: 1 for the state in the label.",
            report
                .sources
                .iter()
                .map(|row| (labels(&[("source", row.source), ("state", row.state.name())]), 1))
                .collect(),
        ),
        gauge(
            "ocsync_profile_expiry_timestamp_seconds",
            "When the access token of a profile of OpenClaw ends; a setup token, at the latest.",
            profiles().filter_map(|(labels, row)| Some((labels, unix(row.finding.expires?)))).collect(),
        ),
        gauge(
            "ocsync_profile_refreshable",
            "Whether a profile's access token can be had anew without a new login.",
            profiles().filter_map(|(labels, row)| Some((labels, yes(row.finding.refreshable)?))).collect(),
        ),
        gauge(
            "ocsync_profile_state",
            "State of a profile of OpenClaw: 1 for the state in the label.",
            report
                .profiles
                .iter()
                .map(|row| (labels(&[&place(row)[..], &[("state", row.finding.state.name())]].concat()), 1))
                .collect(),
        ),
        gauge("ocsync_problems", "What is wrong, by weight.", problems(report)),
        gauge(
            "ocsync_exit_code",
            "Exit code of the last run, 0 to 78.",
            vec![(String::new(), i64::from(report.exit))],
        ),
        gauge("ocsync_last_run_timestamp_seconds", "When ocsync last looked.", vec![(String::new(), unix(now))]),
    ]
}

/// The number of problems by severity. A 0 is written too, because an alert on a missing series never fires.
fn problems(report: &Report) -> Vec<(String, i64)> {
    let weights: [(&str, &[Severity]); 3] = [
        ("error", &[Severity::Error]),
        ("warning", &[Severity::Warning, Severity::Standing]),
        ("note", &[Severity::Note]),
    ];
    let count = |of: &[Severity]| report.problems.iter().filter(|problem| of.contains(&problem.severity)).count();
    let series = weights.iter().map(|(name, of)| (labels(&[("severity", name)]), count(of)));
    series.map(|(labels, count)| (labels, i64::try_from(count).unwrap_or(i64::MAX))).collect()
}

/// The labels that distinguish a profile from the others.
fn place(row: &ProfileRow) -> [(&'static str, &str); 4] {
    [
        ("state_dir", &row.place.state_dir),
        ("agent", &row.agent),
        ("profile", row.finding.profile.as_deref().unwrap_or_default()),
        ("source", row.finding.source.unwrap_or_default()),
    ]
}

fn labels(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    format!("{{{}}}", pairs.join(","))
}

/// A label's value. The format needs an escape for backslash and quote; a clean text has no line feed.
fn escaped(value: &str) -> String {
    clean(value).replace('\\', "\\\\").replace('"', "\\\"")
}

fn unix(millis: i64) -> i64 {
    millis.div_euclid(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_values_are_escaped() {
        assert_eq!(labels(&[("a", "x\\\"\ny"), ("b", "")]), "{a=\"x\\\\\\\"\u{fffd}y\",b=\"\"}");
    }

    #[test]
    fn a_report_of_nothing_still_says_that_it_ran_and_how() {
        let report = Report { exit: 66, ..Report::new("check-expiry", 1500) };
        let text = render(&report, 1500);
        assert!(
            text.contains("\nocsync_exit_code 66\n") && text.ends_with("\nocsync_last_run_timestamp_seconds 1\n")
        );
        assert!(
            text.contains("\nocsync_problems{severity=\"error\"} 0\n") && !text.contains("ocsync_source"),
            "{text}"
        );
    }
}
