//! `ocsync --version -v`: which build this is, and which of OpenClaw's databases it knows.

use crate::openclaw::sqlite::known_schemas;

/// Whether a command line that asks for the version asks for all of it.
pub fn is_whole<'a>(mut arguments: impl Iterator<Item = &'a str>) -> bool {
    let is_short =
        |word: &str| word.len() > 1 && word.starts_with('-') && word[1..].bytes().all(|b| b"vV".contains(&b));
    arguments.any(|word| word == "--verbose" || (is_short(word) && word.contains('v')))
}

/// The text, of several lines. The commit is known to a build that had it in `OCSYNC_COMMIT`: `contrib/release` and
/// `contrib/install` give it.
pub fn whole() -> String {
    let list = |numbers: &[u32]| numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    let (agent, state) = known_schemas();
    format!(
        "ocsync {}\ncommit: {}\nSQLite: {}\nOpenClaw's schemas: {} (agent), {} (state)\n",
        env!("CARGO_PKG_VERSION"),
        option_env!("OCSYNC_COMMIT").filter(|commit| !commit.is_empty()).unwrap_or("not recorded"),
        rusqlite::version(),
        list(&agent),
        list(state),
    )
}
