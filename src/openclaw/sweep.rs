//! Cleaning up after a run that was killed.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use super::lock_holder::Payload;
use super::standing::{OWN_DIRECTORY, Standing, clear, judge};
use crate::fs::read;
use crate::fs::temp;

/// Removes what a killed run with the same state file has left in a directory: temporary files
/// whose process is gone, and a dead lock of ours.
pub fn sweep(dir: &Path) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = entry.path();
        if let Some(owner) = temp::owner(&name) {
            if !owner.lives() {
                let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir(&path));
            }
        } else if name.ends_with(".json.lock") {
            let own = fs::symlink_metadata(&path).is_ok_and(|meta| {
                let directory = meta.is_dir() && meta.mode() & 0o7777 == OWN_DIRECTORY;
                directory || (meta.is_file() && is_own(&path))
            });
            // A directory of ours has no pid in it: only its age tells, a few seconds.
            let patience = Instant::now() + Duration::from_secs(4);
            while own && !crate::signal::received() {
                match judge(&path, false) {
                    Standing::Dead(id) if clear(&path, id).is_ok() => {}
                    Standing::Held(_) if fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_dir()) => {}
                    Standing::Dead(_) | Standing::Held(_) | Standing::Gone => break,
                }
                if Instant::now() >= patience {
                    break;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    }
}

fn is_own(path: &Path) -> bool {
    let bytes = read::read(path).ok().flatten();
    let payload = bytes.and_then(|(bytes, _)| serde_json::from_slice::<Payload>(&bytes).ok());
    payload.is_some_and(|payload| payload.holder.as_deref() == Some("ocsync"))
}
