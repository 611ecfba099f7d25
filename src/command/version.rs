//! `ocsync --version -v`: which build this is, and which of OpenClaw's databases it knows.

use crate::openclaw::sqlite::known_schemas;

/// Whether a command line that asks for the version asks for all of it.
pub fn is_whole<'a>(mut arguments: impl Iterator<Item = &'a str>) -> bool {
    let is_short =
        |word: &str| word.len() > 1 && word.starts_with('-') && word[1..].bytes().all(|b| b"vV".contains(&b));
    arguments.any(|word| word == "--verbose" || (is_short(word) && word.contains('v')))
}

/// The system that it is built for, and on Linux the C library.
const SYSTEM: &str = if cfg!(target_env = "musl") {
    "linux-musl"
} else if cfg!(target_env = "gnu") {
    "linux-gnu"
} else {
    std::env::consts::OS
};

/// The text, of several lines. The commit is known to a build that had it in `OCSYNC_COMMIT`: `contrib/release` and
/// `contrib/install` give it. A build script could ask git, and would make a build depend on more than its sources.
pub fn whole() -> String {
    let list = |numbers: &[u32]| numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    let (agent, state) = known_schemas();
    format!(
        "ocsync {}\ncommit: {}\nbuild: {}-{}, {}\nSQLite: {}\nOpenClaw's schemas: {} (agent), {} (state)\n",
        env!("CARGO_PKG_VERSION"),
        option_env!("OCSYNC_COMMIT").filter(|commit| !commit.is_empty()).unwrap_or("not recorded by cargo alone"),
        std::env::consts::ARCH,
        SYSTEM,
        if cfg!(debug_assertions) { "not optimised" } else { "optimised" },
        rusqlite::version(),
        list(&agent),
        list(state),
    )
}
