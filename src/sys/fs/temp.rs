//! Temporary files: their names, and how they go away.
//!
//! A name holds the process that made the file. So a later run knows what a killed run left behind.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::sys::fs::list::list;
use crate::sys::process::alive;

/// A temporary file. It is removed unless it became the target.
#[derive(Debug)]
pub struct Temp {
    /// Where it is.
    pub path: PathBuf,
    /// It became the target.
    pub kept: bool,
}

impl Drop for Temp {
    fn drop(&mut self) {
        if !self.kept {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The process that a temporary file belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Its pid.
    pub pid: i64,
    /// When it started, in clock ticks since boot: pids repeat, most of all in containers. 0 where the
    /// system does not say.
    pub start: u64,
}

/// A name beside `target` that no other process uses. [`owner`] recognises it.
pub fn temp_path(target: &Path) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let (pid, start) = (std::process::id(), alive::own_start_time().unwrap_or(0));
    let mut name = OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(format!(".ocsync-{pid}-{start}-{}.tmp", COUNT.fetch_add(1, Ordering::Relaxed)));
    target.with_file_name(name)
}

/// The owner in a name that [`temp_path`] gave; `None` for any other name.
pub fn owner(name: &str) -> Option<Owner> {
    parse(name).map(|(_, owner)| owner)
}

/// The name of the target, and the owner.
fn parse(name: &str) -> Option<(&str, Owner)> {
    let (target, rest) = name.strip_prefix('.')?.strip_suffix(".tmp")?.rsplit_once(".ocsync-")?;
    let mut parts = rest.split('-');
    let owner = Owner { pid: parts.next()?.parse().ok()?, start: parts.next()?.parse().ok()? };
    parts.next()?.parse::<u32>().ok()?;
    parts.next().is_none().then_some((target, owner))
}

/// Removes what killed runs have left beside `target`. It may hold a token, and nobody else would remove
/// it: the directory is not ocsync's own.
pub fn clear(target: &Path) {
    // Where the target is a link, the replaced file and its temporary files are at the end of the link.
    let resolved = fs::canonicalize(target).ok().filter(|resolved| resolved != target);
    for target in std::iter::once(target).chain(resolved.as_deref()) {
        let (Some(dir), Some(name)) = (target.parent(), target.file_name()) else { continue };
        for (entry, _) in list(dir).into_iter().flatten() {
            let of = entry.to_str().and_then(parse);
            if of.is_some_and(|(of, owner)| name == of && !owner.lives()) {
                let _ = fs::remove_file(dir.join(&entry));
            }
        }
    }
}

impl Owner {
    /// Whether it may still be working.
    #[must_use]
    pub fn lives(self) -> bool {
        alive::lives(self.pid, (self.start != 0).then_some(self.start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temp_names_are_known_again_and_no_others() {
        let path = temp_path(Path::new("/x/auth-profiles.json"));
        let name = path.file_name().unwrap().to_str().unwrap();
        let owner_of_this = owner(name).unwrap();
        assert_eq!(owner_of_this.pid, i64::from(std::process::id()));
        assert!(owner_of_this.lives());
        assert!(
            !Owner { start: owner_of_this.start + 1, ..owner_of_this }.lives(),
            "another process of the same pid"
        );
        for other in
            [".auth-profiles.json.tmp", "auth-profiles.json.lock", ".a.ocsync-x-1-1.tmp", ".a.ocsync-1-1.tmp"]
        {
            assert_eq!(owner(other), None, "{other}");
        }
    }
}
