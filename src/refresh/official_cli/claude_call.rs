//! The call of Claude Code: a prompt that can never be sent.
//!
//! `claude -p` refreshes an expired login, waits for that and saves it before it asks the model. The model's
//! address leads nowhere, so no request is billed.
//!
//! Of all the calls that were tried, only this one saved the login in 1.0.128, 2.0.77, 2.1.112, 2.1.133,
//! 2.1.200 and 2.1.328, even when the answer took 12 s. `auth status`, `doctor` and `plugin list` end before
//! the answer comes, and spend the token for nothing. `--bare` does not know the login at all.

use std::io;
use std::time::Duration;

use crate::refresh::official_cli::runner::Runner;
use crate::sys::process::run::{self, Bounds, Output};

/// Flags that keep servers, hooks, commands and transcripts out of the call. Older versions know fewer of
/// them, and refuse a flag that they do not know.
const HYGIENE: [&[&str]; 5] = [
    &["--strict-mcp-config"],
    &["--setting-sources", ""],
    &["--no-session-persistence"],
    &["--disable-slash-commands"],
    &["--tools", ""],
];

/// How long `claude --help` may take. It refreshes nothing.
const HELP_LIMIT: Duration = Duration::from_secs(20);

/// Asks this version which flags it knows, and calls it with those.
pub(super) fn call(runner: &Runner, bounds: Bounds) -> io::Result<Output> {
    let help = run::run(runner.command(&["--help"]), Bounds { limit: HELP_LIMIT, ..bounds })?;
    if runner.not_run(&help).is_some() {
        return Ok(help);
    }
    let flags = known_flags(&String::from_utf8_lossy(&help.stdout));
    let arguments: Vec<&str> = ["-p", "ok", "--output-format", "json"].into_iter().chain(flags).collect();
    run::run(runner.command(&arguments), bounds)
}

fn known_flags(help: &str) -> Vec<&'static str> {
    let words = help.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    let words: Vec<&str> = words.collect();
    HYGIENE.into_iter().filter(|flag| words.contains(&flag[0])).flatten().copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_flags_that_the_help_has_by_their_full_name_are_passed() {
        let flags = |help| known_flags(help);
        assert_eq!(flags("  --allowed-tools <tools...>  --toolset  x--tools"), [""; 0]);
        assert_eq!(
            flags("  --tools <tools...>  Specify\n  --strict-mcp-config"),
            ["--strict-mcp-config", "--tools", ""]
        );
        assert_eq!(flags("--setting-sources=<sources>"), ["--setting-sources", ""]);
        assert_eq!(flags(""), [""; 0]);
    }
}
