//! The name of the lock that OpenClaw takes on one OAuth profile, for all agents, before it refreshes or replaces the
//! profile: `<state>/locks/oauth-refresh/<name>.lock`.
//!
//! Up to 2026.7.35 OpenClaw holds it while it asks the token endpoint. From 2026.9.4 on it writes a fence into the
//! profile for that time instead.
//!
//! 2026.6.5 makes the name by SHA-256, 2026.6.6 to 2026.9.6 by a hash of their own. `acquire.rs` takes this lock, as
//! every lock of OpenClaw's.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::model::problem::Problem;
use crate::model::secret::sha256_hex;
use crate::model::version::Version;
use crate::sys::fs::obstacle::obstacle;

/// The first release that makes the names by its own hash.
const NEW_NAMES: Version = Version(2026, 6, 6);

/// The beginnings of the names of these locks.
const STARTS: [&str; 2] = ["lock-", "sha256-"];

/// The directory of these locks.
pub fn directory(state_dir: &Path) -> PathBuf {
    state_dir.join("locks/oauth-refresh")
}

/// The paths to lock so that nobody else changes a profile, in the order in which to take them. `.lock` is added to
/// each.
///
/// Where the version is not known to be one with the new names, both names are locked. The configuration names the
/// version that last wrote it, and an upgrade does not always write it.
pub fn paths(state_dir: &Path, version: Option<Version>, provider: &str, profile: &str) -> Vec<PathBuf> {
    let dir = directory(state_dir);
    let mut names = vec![hashed(provider, profile)];
    if version.is_none_or(|version| version < NEW_NAMES) {
        names.insert(0, sha256(provider, profile));
    }
    names.into_iter().map(|name| dir.join(name)).collect()
}

/// Whether this is the file name of such a lock.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let name = name.strip_suffix(".lock");
    name.is_some_and(|name| STARTS.iter().any(|start| name.starts_with(start)))
}

/// Makes the directory of these locks, as OpenClaw does before it takes its first one.
///
/// # Errors
/// Why it cannot be made.
pub fn prepare(state_dir: &Path) -> Result<(), Problem> {
    let dir = directory(state_dir);
    let made = DirBuilder::new().recursive(true).mode(0o700).create(&dir);
    made.map_err(|error| obstacle("cannot make", &dir, &error))
}

fn sha256(provider: &str, profile: &str) -> String {
    format!("{}{}", STARTS[1], sha256_hex(format!("{provider}\0{profile}").as_bytes()))
}

/// The hash of 2026.6.6 and later: two lanes in the manner of FNV-1a over `JSON.stringify([provider, profile])`.
fn hashed(provider: &str, profile: &str) -> String {
    const PRIME: u64 = 1_099_511_628_211;
    let text = serde_json::to_string(&(provider, profile)).unwrap_or_default();
    let lanes = text.bytes().map(u64::from).fold(
        (14_695_981_039_346_656_037_u64, 11_160_318_154_034_397_263_u64),
        |(left, right), byte| {
            let other = byte.wrapping_add(11_400_714_819_323_198_485);
            ((left ^ byte).wrapping_mul(PRIME), (right ^ other).wrapping_mul(PRIME))
        },
    );
    format!("{}{:016x}{:016x}", STARTS[0], lanes.0, lanes.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The results of `resolveOAuthRefreshLockPath` of 2026.6.5 and of 2026.9.6, run by Node.
    const KNOWN: [(&str, &str, &str, &str); 3] = [
        (
            "anthropic",
            "anthropic:default",
            "lock-d86ff71f0416cea6738a705bf801262d",
            "sha256-3ca41129fe4df4051f8cd238745d9783c6bef528402e728a4e7c5f3485af52a5",
        ),
        (
            "openai",
            "openai:default",
            "lock-5440fa0b86d2697ef1152f7cb32a8157",
            "sha256-5745659ffbfd6177a09e335e5c3da5e6bc0c2ed19b67af51f537ea171e03ccd0",
        ),
        (
            "anthropic",
            "anthropic:\u{e9}\"\n\u{2028}\u{1f600}",
            "lock-a517e972245b99284bb341701165bd59",
            "sha256-bb81c568b8b079715dd34b4a5c9ade751b4bf10e4ff465562386615ddf5da844",
        ),
    ];

    #[test]
    fn a_lock_has_the_name_that_openclaw_gives_it() {
        for (provider, profile, lock, old) in KNOWN {
            let names = |version| {
                let paths = paths(Path::new("/s"), version, provider, profile);
                paths.iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect::<Vec<_>>()
            };
            for version in [Version(2026, 6, 6), Version(2026, 9, 6)] {
                assert_eq!(names(Some(version)), [lock]);
            }
            for version in [None, Some(Version(2026, 6, 5)), Some(Version(2026, 6, 1))] {
                assert_eq!(names(version), [old, lock]);
            }
            assert!(is_name(&format!("{lock}.lock")) && is_name(&format!("{old}.lock")));
        }
        assert!(!is_name("lock-0") && !is_name("auth-profiles.json.lock"));
    }

    #[test]
    fn the_directory_is_made_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            prepare(dir.path()).unwrap();
        }
        let made = dir.path().join("locks/oauth-refresh");
        assert_eq!(std::fs::metadata(&made).unwrap().permissions().mode() & 0o777, 0o700);
        assert!(paths(dir.path(), None, "p", "p:a").iter().all(|path| path.parent() == Some(&made)));
        std::fs::write(dir.path().join("file"), "").unwrap();
        prepare(&dir.path().join("file")).unwrap_err();
    }
}
