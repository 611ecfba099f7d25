//! What OpenClaw's lock is made of, by version, and where it is.
//!
//! Up to 2026.2.12 the lock is a directory, made at the resolved path of the store. Its holder touches it every 15 s,
//! and after 30 s without a touch it is stale (proper-lockfile's protocol). From 2026.2.17 on it is a file beside the
//! store's name, in the resolved directory.

use std::io;
use std::path::Path;

use crate::model::version::Version;
use crate::sys::fs::spot::Spot;

/// What the lock is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// A directory.
    Directory,
    /// A file that is linked into place. It is also used where the version is unknown, because every version respects
    /// it.
    File,
}

impl Protocol {
    /// The protocol of a version.
    pub fn of(version: Option<Version>) -> Self {
        if version.is_some_and(|version| version <= Version::DIRECTORY_LOCK) { Self::Directory } else { Self::File }
    }

    /// The place of the lock on `store`, in its directory. A link in the name of the store is followed only where the
    /// lock is a directory; links in its directory always are.
    pub(super) fn place(self, store: &Path) -> io::Result<Spot> {
        let end = if self == Self::Directory { Spot::at_end_of(store) } else { Spot::of(store) };
        Ok(end.or_else(|_| Spot::of(store))?.with_ending(".lock"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openclaw::lock::acquire::tests::store;

    #[test]
    fn a_directory_is_the_lock_up_to_the_version_that_made_it_a_file() {
        for (version, protocol) in [
            (Some(Version(2026, 2, 1)), Protocol::Directory),
            (Some(Version(2026, 2, 12)), Protocol::Directory),
            (Some(Version(2026, 2, 13)), Protocol::File),
            (None, Protocol::File),
        ] {
            assert_eq!(Protocol::of(version), protocol, "{version:?}");
        }
    }

    #[test]
    fn the_lock_is_beside_the_link_or_beside_the_file() {
        let (dir, store, _) = store();
        let link = dir.path().join("link.json");
        std::os::unix::fs::symlink(&store, &link).unwrap();
        let real = std::fs::canonicalize(dir.path()).unwrap();
        assert_eq!(Protocol::File.place(&link).unwrap().path(), real.join("link.json.lock"));
        assert_eq!(Protocol::Directory.place(&link).unwrap().path(), real.join("auth-profiles.json.lock"));
    }
}
