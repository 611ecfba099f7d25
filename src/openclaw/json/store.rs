//! Reads `auth-profiles.json`, the store of one agent up to OpenClaw 2026.6.1.
//!
//! OpenClaw reads it with strict `JSON.parse`. To OpenClaw a file that this refuses is no store; to ocsync it is an
//! error, and the file is never overwritten. Up to 2026.4.2 OpenClaw writes the file in place. So a file that cannot
//! be parsed is read again before it is called malformed.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::model::json_text::Malformed;
use crate::model::problem::Problem;
use crate::model::profile::Profile;
use crate::openclaw::json::store_text::{self, Shared, text};
use crate::sys::fs::obstacle::obstacle;
use crate::sys::fs::open;
use crate::sys::fs::read::{self, FileId};

/// How often a store that cannot be parsed is read again, and how long to wait before that. OpenClaw 2026.3.11 writes in
/// place: on a busy machine its store was found empty for more than 200 ms.
const TORN: (u32, Duration) = (4, Duration::from_millis(100));

/// A store, as it was read.
#[derive(Debug)]
pub struct Store {
    /// The identity of the file when it was read.
    pub id: FileId,
    /// The entries that are profiles to OpenClaw, in order.
    pub profiles: Vec<Arc<Profile>>,
}

/// Reads a store into `buffer`, which holds its text afterwards. `None` where there is no store.
///
/// # Errors
/// What is wrong with it, with file, line and column.
pub fn read(path: &Path, buffer: &mut Vec<u8>) -> Result<Option<Store>, Problem> {
    read_sharing(path, buffer, &mut Shared::default())
}

/// [`read`] for one store among many: an entry that equals one of another store is shared with it.
///
/// # Errors
/// As [`read`].
pub fn read_sharing(path: &Path, buffer: &mut Vec<u8>, shared: &mut Shared) -> Result<Option<Store>, Problem> {
    read_patiently(path, buffer, shared, &mut || std::thread::sleep(TORN.1))
}

/// `wait` is called before a file that may be half written is read again.
fn read_patiently(
    path: &Path,
    buffer: &mut Vec<u8>,
    shared: &mut Shared,
    wait: &mut dyn FnMut(),
) -> Result<Option<Store>, Problem> {
    let mut tries = 0;
    loop {
        let id = match read::read_into(path, buffer) {
            Ok(id) => id,
            Err(error) if open::is_absent(&error) => return Ok(None),
            Err(error) if error.kind() == std::io::ErrorKind::FileTooLarge => {
                return Err(malformed(path, "larger than 4 MiB"));
            }
            Err(error) if error.kind() == std::io::ErrorKind::InvalidInput => {
                return Err(malformed(path, &error.to_string()));
            }
            Err(error) => return Err(obstacle("cannot read", path, &error)),
        };
        let document = text(buffer);
        let parsed = document.clone().and_then(|document| store_text::parse_sharing(document, shared));
        match parsed {
            Ok(profiles) => return Ok(Some(Store { id, profiles })),
            Err(Malformed::At { .. }) if tries < TORN.0 => {
                tries += 1;
                wait();
            }
            Err(error) => {
                let error = error.located(document.unwrap_or_default());
                return Err(malformed(path, &error.to_string()));
            }
        }
    }
}

fn malformed(path: &Path, why: &str) -> Problem {
    let hint = "ocsync left it alone; repair it, or run: openclaw doctor";
    Problem::malformed(format!("{}: {why}", path.display()), hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openclaw::json::store_text::tests::STORE;

    #[test]
    fn a_torn_store_is_read_again_and_one_that_says_something_else_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        let read = |text: &str, repaired_at: u32| {
            std::fs::write(&path, text).unwrap();
            let mut waits = 0;
            let store = read_patiently(&path, &mut Vec::new(), &mut Shared::default(), &mut || {
                waits += 1;
                if waits == repaired_at {
                    std::fs::write(&path, STORE).unwrap();
                }
            });
            (store.map(|store| store.unwrap().profiles.len()).map_err(|problem| problem.message), waits)
        };
        assert_eq!(read(STORE, 9), (Ok(2), 0));
        assert_eq!(read("{", 1), (Ok(2), 1));
        assert_eq!(read("{\"version\": 1,", 2), (Ok(2), 2));
        let (message, waits) = read("{\n", TORN.0 + 1);
        assert_eq!(waits, TORN.0);
        assert!(message.unwrap_err().ends_with("/s: line 2 column 1: the file ends within an object"));
        let (message, waits) = read("{\n\"profiles\": []}", 1);
        assert_eq!(waits, 0);
        assert!(message.unwrap_err().ends_with("/s: line 2 column 13: \"profiles\" is not an object"));
        assert_eq!(super::read(&path, &mut Vec::new()).unwrap_err().code, "malformed");
    }

    #[test]
    fn each_thing_that_is_no_store_file_has_its_own_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        assert!(read(&path("none"), &mut Vec::new()).unwrap().is_none());
        std::fs::write(path("good"), STORE).unwrap();
        let mut buffer = Vec::new();
        assert_eq!(read(&path("good"), &mut buffer).unwrap().unwrap().profiles.len(), 2);
        assert_eq!(buffer, STORE.as_bytes());
        std::fs::File::create(path("large")).unwrap().set_len(read::LIMIT + 1).unwrap();
        std::os::unix::fs::symlink("circle", path("circle")).unwrap();
        for (name, code, says) in [
            ("large", "malformed", "larger than 4 MiB"),
            (".", "malformed", "not a regular file"),
            ("circle", "", "cannot read"),
        ] {
            let problem = read(&path(name), &mut Vec::new()).unwrap_err();
            assert!(problem.message.contains(says), "{}", problem.message);
            assert_eq!(problem.code == "malformed", code == "malformed", "{name}");
        }
    }
}
