//! Which kind of store an installation uses: its era.
//!
//! From 2026.6.5 on profiles are in SQLite. A JSON file that appears beside SQLite takes the agents' authentication
//! down (2026.8.1 and later refuse to start it). So nothing is written before the era is known, and a doubt means "do
//! not write".
//!
//! 2026.6.1 still uses JSON. It has a `state/openclaw.sqlite` of `user_version` 1 and no `openclaw-agent.sqlite`.
//! 2026.2.1 to 2026.5.28 have neither.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::model::installation::{Agent, Era, state_database};
use crate::model::problem::Problem;
use crate::model::version::Version;
use crate::sys::fs::dir_of;
use crate::sys::fs::obstacle::obstacle;
use crate::sys::fs::open::{is_absent, is_no_directory, open};

/// Whether an agent keeps its profiles in SQLite.
///
/// # Errors
/// Why that cannot be found out.
pub fn has_database(agent: &Agent) -> io::Result<bool> {
    match agent.database().symlink_metadata() {
        Ok(_) => Ok(true),
        Err(error) if is_absent(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The `user_version` of the state database of an installation, where there is one.
///
/// # Errors
/// The database, or its log, cannot be looked into.
pub fn state_version(state_dir: &Path) -> Result<Option<u32>, Problem> {
    user_version(&state_database(state_dir))
}

/// The era of an installation, from what [`state_version`] gave. `agent_database`: at least one agent has an
/// `openclaw-agent.sqlite`.
pub fn detect(
    state_dir: &Path,
    state_version: &Result<Option<u32>, Problem>,
    version: Option<Version>,
    agent_database: bool,
) -> Era {
    let is_there = || state_database(state_dir).try_exists().unwrap_or(true);
    match (state_version, version) {
        _ if agent_database => Era::Sqlite,
        (Ok(Some(2..)), _) => Era::Sqlite,
        (_, Some(version)) if version >= Version::SQLITE => Era::Sqlite,
        (Ok(_), Some(_)) => Era::Json,
        (Ok(None), None) if !is_there() => Era::Json,
        (Err(_), _) | (Ok(_), None) => Era::Unclear,
    }
}

/// The most frames of a log that are looked at: as many as 4 GiB of pages hold. OpenClaw keeps its log below 64 MiB.
const FRAMES: u32 = 1 << 20;

/// The `user_version` of a SQLite file. It is read from the header: SQLite would leave files beside a database in WAL
/// mode. A version that is only in the write-ahead log so far counts as well.
fn user_version(path: &Path) -> Result<Option<u32>, Problem> {
    let mut of_file = None;
    if let Some((file, meta)) = look_into(path)? {
        let mut header = [0; 64];
        of_file = file.read_exact_at(&mut header, 0).ok().map(|()| number(&header[60..64]));
        if meta.len() > 0 && !header.starts_with(b"SQLite format 3\0") {
            let message = format!("{}: not a SQLite database", path.display());
            return Err(Problem::malformed(message, "ocsync left it alone; run: openclaw doctor"));
        }
    }
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    Ok(of_file.max(look_into(Path::new(&log))?.and_then(|(log, _)| version_in_log(&log))))
}

/// Opens a file that may be absent.
fn look_into(path: &Path) -> Result<Option<(File, Metadata)>, Problem> {
    match open(path) {
        Ok(opened) => Ok(Some(opened)),
        Err(error) if is_absent(&error) && !is_no_directory(dir_of(path)) => Ok(None),
        Err(error) => Err(obstacle("cannot read", path, &error)),
    }
}

/// The highest `user_version` that a write-ahead log holds for page 1. The log ends at the first frame that is not of
/// its present round, as it does for SQLite: so a log that is longer than its content is not walked to its end.
fn version_in_log(log: &File) -> Option<u32> {
    let mut header = [0; 32];
    log.read_exact_at(&mut header, 0).ok()?;
    let page_size = u64::from(number(&header[8..12]));
    if !(512..=65536).contains(&page_size) {
        return None;
    }
    let mut found = None;
    let mut frame = [0; 24 + 64];
    for nth in 0..u64::from(FRAMES) {
        let read = log.read_exact_at(&mut frame, 32 + nth * (24 + page_size));
        if read.is_err() || frame[8..16] != header[16..24] || number(&frame[0..4]) == 0 {
            break;
        }
        if number(&frame[0..4]) == 1 {
            found = found.max(Some(number(&frame[24 + 60..24 + 64])));
        }
    }
    found
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn database(dir: &Path, version: u32) {
        fs::create_dir_all(dir.join("state")).unwrap();
        let mut bytes = b"SQLite format 3\0".to_vec();
        bytes.resize(100, 0);
        bytes[60..64].copy_from_slice(&version.to_be_bytes());
        std::fs::write(dir.join("state/openclaw.sqlite"), bytes).unwrap();
    }

    #[test]
    fn every_rule_of_the_era() {
        let dir = tempfile::tempdir().unwrap();
        let (path, old, new) = (dir.path(), Some(Version(2026, 6, 1)), Some(Version(2026, 6, 5)));
        let detect = |path: &Path, version, database| super::detect(path, &state_version(path), version, database);
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
        fs::remove_file(path.join("state/openclaw.sqlite")).unwrap();
        std::os::unix::fs::symlink("nowhere", path.join("state/openclaw.sqlite")).unwrap();
        for (version, database, era) in [
            (None, false, Era::Unclear),
            (old, false, Era::Unclear),
            (new, false, Era::Sqlite),
            (old, true, Era::Sqlite),
        ] {
            assert_eq!(detect(path, version, database), era, "{version:?}");
        }
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
        fs::write(dir.path().join("state/openclaw.sqlite-wal"), &log).unwrap();
        let (database, path) =
            (dir.path().join("state/openclaw.sqlite"), dir.path().join("state/openclaw.sqlite-wal"));
        assert_eq!(user_version(&database).unwrap(), Some(18));
        // What is left of an earlier round does not count, nor what no round has written.
        log[32 + 24 + 512 + 8] = 7;
        fs::write(&path, &log).unwrap();
        assert_eq!(user_version(&database).unwrap(), Some(1));
        log.truncate(32);
        fs::write(&path, &log).unwrap();
        File::options().write(true).open(&path).unwrap().set_len(1 << 40).unwrap();
        let start = std::time::Instant::now();
        assert_eq!(user_version(&database).unwrap(), Some(1));
        assert!(start.elapsed().as_secs() < 5);
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(user_version(&database).unwrap_err().message.contains("openclaw.sqlite-wal: not a regular file"));
    }
}
