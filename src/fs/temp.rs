//! Temporary files: how they are named, and that they go away.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A temporary file that goes away unless it has become the target.
#[derive(Debug)]
pub struct Temp {
    /// Where it is.
    pub path: PathBuf,
    /// It has become the target.
    pub kept: bool,
}

impl Drop for Temp {
    fn drop(&mut self) {
        if !self.kept {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// A name beside `target` that no other run uses; [`is_temp_name`] knows it again.
#[must_use]
pub fn temp_path(target: &Path) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let mut name = OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(format!(".ocsync-{}-{}.tmp", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
    target.with_file_name(name)
}

/// The pid in a name that [`temp_path`] gave, `None` for any other name.
#[must_use]
pub fn is_temp_name(name: &str) -> Option<i32> {
    let rest = name.strip_prefix('.')?.strip_suffix(".tmp")?;
    let (pid, count) = rest.rsplit_once(".ocsync-")?.1.split_once('-')?;
    count.parse::<u32>().ok()?;
    pid.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temp_names_are_known_again_and_no_others() {
        let path = temp_path(Path::new("/x/auth-profiles.json"));
        let name = path.file_name().unwrap().to_str().unwrap();
        assert_eq!(is_temp_name(name), Some(std::process::id().cast_signed()));
        for other in [".auth-profiles.json.tmp", "auth-profiles.json.lock", ".a.ocsync-x-1.tmp", ".a.ocsync-1-.tmp"] {
            assert_eq!(is_temp_name(other), None, "{other}");
        }
    }
}
