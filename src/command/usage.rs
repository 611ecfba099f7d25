//! A wrong command line, in the form of all other errors.

/// clap's complaint in the form of all others: one line, and hints. Without a command there is
/// no complaint, and the whole help is the answer.
pub fn usage(text: &str) -> String {
    let Some(complaint) = text.strip_prefix("error: ") else { return text.to_owned() };
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
