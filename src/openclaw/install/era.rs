//! Which kind of store an installation uses: its era.
//!
//! From 2026.6.5 on profiles are in SQLite. A JSON file that appears beside SQLite takes the agents' authentication
//! down (2026.8.1 and later refuse to start it). So nothing is written before the era is known, and a doubt means "do
//! not write".
//!
//! 2026.6.1 still uses JSON. It has a `state/openclaw.sqlite` of `user_version` 1 and no `openclaw-agent.sqlite`.
//! 2026.2.1 to 2026.5.28 have neither.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::model::installation::{AGENT_DATABASE, Era};
use crate::model::version::Version;
use crate::sys::fs::read::is_absent;

/// The path of the state database of an installation.
pub fn state_database(state_dir: &Path) -> PathBuf {
    state_dir.join("state/openclaw.sqlite")
}

/// Whether an agent keeps its profiles in SQLite.
///
/// # Errors
/// Why that cannot be found out.
pub fn has_database(agent_dir: &Path) -> io::Result<bool> {
    match agent_dir.join(AGENT_DATABASE).symlink_metadata() {
        Ok(_) => Ok(true),
        Err(error) if is_absent(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The `user_version` of the state database of an installation, where there is one.
pub fn state_version(state_dir: &Path) -> Option<u32> {
    user_version(&state_database(state_dir))
}

/// The era of an installation. `agent_database`: at least one agent has an `openclaw-agent.sqlite`.
pub fn detect(state_dir: &Path, state_version: Option<u32>, version: Option<Version>, agent_database: bool) -> Era {
    if agent_database || state_version.is_some_and(|version| version >= 2) {
        return Era::Sqlite;
    }
    match version {
        Some(version) if version >= Version::SQLITE => Era::Sqlite,
        Some(_) => Era::Json,
        None if state_version.is_none() && !state_database(state_dir).try_exists().unwrap_or(true) => Era::Json,
        None => Era::Unclear,
    }
}

/// The `user_version` of a SQLite file. It is read from the header: SQLite would leave files beside a database in WAL
/// mode. A version that is only in the write-ahead log so far counts as well.
fn user_version(path: &Path) -> Option<u32> {
    let file = File::open(path).ok()?;
    let mut header = [0; 64];
    let of_file = file.read_exact_at(&mut header, 0).ok().map(|()| number(&header[60..64]));
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    of_file.max(File::open(Path::new(&log)).ok().and_then(|log| version_in_log(&log)))
}

/// The highest `user_version` that a write-ahead log holds for page 1.
fn version_in_log(log: &File) -> Option<u32> {
    let mut header = [0; 32];
    log.read_exact_at(&mut header, 0).ok()?;
    let page_size = u64::from(number(&header[8..12]));
    if !(512..=65536).contains(&page_size) {
        return None;
    }
    let (mut at, mut found) = (32, None);
    let mut frame = [0; 24 + 64];
    while log.read_exact_at(&mut frame, at).is_ok() {
        if number(&frame[0..4]) == 1 {
            found = found.max(Some(number(&frame[24 + 60..24 + 64])));
        }
        at += 24 + page_size;
    }
    found
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(dir: &Path, version: u32) {
        std::fs::create_dir_all(dir.join("state")).unwrap();
        let mut bytes = b"SQLite format 3\0".to_vec();
        bytes.resize(100, 0);
        bytes[60..64].copy_from_slice(&version.to_be_bytes());
        std::fs::write(dir.join("state/openclaw.sqlite"), bytes).unwrap();
    }

    #[test]
    fn every_rule_of_the_era() {
        let dir = tempfile::tempdir().unwrap();
        let (path, old, new) = (dir.path(), Some(Version(2026, 6, 1)), Some(Version(2026, 6, 5)));
        let detect = |path: &Path, version, database| super::detect(path, state_version(path), version, database);
        assert_eq!(detect(path, None, false), Era::Json);
        assert_eq!(detect(path, old, false), Era::Json);
        assert_eq!(detect(path, new, false), Era::Sqlite);
        assert_eq!(detect(path, old, true), Era::Sqlite);
        database(path, 1);
        assert_eq!(detect(path, old, false), Era::Json);
        assert_eq!(detect(path, None, false), Era::Unclear);
        database(path, 15);
        assert_eq!(detect(path, old, false), Era::Sqlite);
        std::fs::write(path.join("state/openclaw.sqlite"), "").unwrap();
        assert_eq!(detect(path, None, false), Era::Unclear);
    }

    #[test]
    fn a_version_that_is_only_in_the_log_counts() {
        let dir = tempfile::tempdir().unwrap();
        database(dir.path(), 1);
        let mut log = vec![0; 32];
        log[8..12].copy_from_slice(&512u32.to_be_bytes());
        for (page, version) in [(2u32, 99u32), (1, 18)] {
            let mut frame = vec![0; 24 + 512];
            frame[0..4].copy_from_slice(&page.to_be_bytes());
            frame[84..88].copy_from_slice(&version.to_be_bytes());
            log.extend(frame);
        }
        std::fs::write(dir.path().join("state/openclaw.sqlite-wal"), log).unwrap();
        assert_eq!(user_version(&dir.path().join("state/openclaw.sqlite")), Some(18));
    }
}
