//! OpenClaw's version, `2026.5.28`, and what depends on it.

use std::fmt;

/// A version by its three numbers; a suffix such as `-beta.1` is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32, pub u32);

impl Version {
    /// The first release that keeps profiles in SQLite.
    pub const SQLITE: Self = Self(2026, 6, 5);
    /// The first release whose agents share a store. It also leaves Codex's login alone, refuses to start beside JSON
    /// that waits for its import, and has retired `anthropic:claude-cli`.
    pub const SHARED_STORE: Self = Self(2026, 8, 1);
    /// The first release that does not read Codex's login by itself.
    pub const CODEX_NOT_READ: Self = Self(2026, 9, 5);
    /// The last release whose lock is a directory.
    pub const DIRECTORY_LOCK: Self = Self(2026, 2, 12);
    /// The first release whose gateway keeps a snapshot of the profiles and needs a reload after an edit.
    pub const SNAPSHOT: Self = Self(2026, 2, 26);
    /// The last release in which a variable can move the main agent's store.
    pub const AGENT_DIR_VARIABLE: Self = Self(2026, 5, 7);
    /// The first release whose Codex runtime accepts only an `oauth` profile.
    pub const CODEX_OAUTH_ONLY: Self = Self(2026, 5, 12);

    /// The first release of those today that give Claude Code a saved profile in place of its own login.
    const HANDS_OVER: Self = Self(2026, 9, 5);

    /// Whether this release gives Claude Code a saved profile in place of its own login. 2026.7.2 (only betas of it
    /// exist) and 2026.8.1 did so as well.
    #[must_use]
    pub fn hands_profiles_over(self) -> bool {
        self >= Self::HANDS_OVER || [Self(2026, 7, 2), Self::SHARED_STORE].contains(&self)
    }

    /// Reads a version; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches('v');
        let mut parts = text.splitn(3, '.');
        let number = |part: Option<&str>| {
            let digits = part?.split(['-', '+']).next()?;
            digits.parse::<u32>().ok()
        };
        Some(Self(number(parts.next())?, number(parts.next())?, number(parts.next())?))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number_and_nonsense_is_none() {
        assert_eq!(Version::parse(" v2026.6.5-beta.1 "), Some(Version::SQLITE));
        assert!(Version::parse("2026.6.10") > Version::parse("2026.6.5"));
        for nonsense in ["", "2026", "2026.6", "a.b.c", "2026..1"] {
            assert_eq!(Version::parse(nonsense), None, "{nonsense}");
        }
    }
}
