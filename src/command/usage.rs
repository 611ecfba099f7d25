//! The error for a wrong command line.
//!
//! clap prints such an error over several lines. ocsync prints it as it prints all its errors: one line, and one line
//! for each hint.

use crate::model::problem::clean;

/// The text for stderr, made from clap's own. If there is no command, clap's text is the help and not an error. It is
/// printed as it is.
pub fn usage(text: &str) -> String {
    let Some(complaint) = text.strip_prefix("error: ") else { return text.to_owned() };
    let complaint: String = complaint.split_inclusive('\n').map(cleaned).collect();
    let tip = |line: &str| line.trim().strip_prefix("tip: ").map(|tip| format!("ocsync: hint: {tip}\n"));
    let first = complaint.lines().next().unwrap_or_default();
    let more: Vec<&str> =
        complaint.lines().skip(1).take_while(|line| line.starts_with("  ")).map(str::trim).collect();
    let tips: String = complaint.lines().filter_map(tip).collect();
    format!(
        "ocsync: error: {first}{}{}\n{tips}ocsync: hint: ocsync --help\n",
        if more.is_empty() { "" } else { " " },
        more.join(", ")
    )
}

/// A line whose words from the command line cannot steer a terminal.
fn cleaned(line: &str) -> String {
    line.strip_suffix('\n').map_or_else(|| clean(line), |line| clean(line) + "\n")
}
