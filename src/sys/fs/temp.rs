//! Temporary files: their names, and how they go away.
//!
//! A name holds the process that made the file, and the machine. So a later run knows what a killed run left behind.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::sys::fs::new_name;
use crate::sys::fs::open::is_absent;
use crate::sys::fs::read::FileId;
use crate::sys::fs::spot::Spot;
use crate::sys::process::alive;
use crate::sys::process::host::{self, Host};

/// A temporary file. It is removed unless it became the target.
#[derive(Debug)]
pub struct Temp {
    /// Where it is.
    pub spot: Spot,
    /// It became the target.
    pub kept: bool,
}

impl Temp {
    /// A name beside `target` that no other process uses. Nothing is made yet.
    pub fn beside(target: &Spot) -> Self {
        Self { spot: target.beside(temp_name(&target.name)), kept: false }
    }
}

impl Drop for Temp {
    fn drop(&mut self) {
        if !self.kept {
            let _ = self.spot.remove();
        }
    }
}

/// The process that a temporary file belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Its pid.
    pub pid: i64,
    /// When it started, in clock ticks since boot: pids repeat, most of all in containers. 0 where the
    /// system does not say.
    pub start: u64,
    host: Host,
}

/// A name for a temporary file beside the one called `target`. [`owner`] recognises it.
pub fn temp_name(target: &OsStr) -> OsString {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let (pid, start) = (std::process::id(), alive::own_start_time().unwrap_or(0));
    let mut name = OsString::from(".");
    name.push(target);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    name.push(format!(".ocsync-{pid}-{start}-{count}-{}.tmp", host::own().to_name()));
    name
}

/// The path of [`temp_name`].
pub fn temp_path(target: &Path) -> PathBuf {
    target.with_file_name(temp_name(target.file_name().unwrap_or_default()))
}

/// The owner in a name that [`temp_name`] gave; `None` for any other name.
pub fn owner(name: &str) -> Option<Owner> {
    parse(name).map(|(_, owner)| owner)
}

/// The name of the target, and the owner.
fn parse(name: &str) -> Option<(&str, Owner)> {
    let (target, rest) = name.strip_prefix('.')?.strip_suffix(".tmp")?.rsplit_once(".ocsync-")?;
    let [pid, start, count, machine, boot] = rest.split('-').collect::<Vec<_>>()[..] else { return None };
    count.parse::<u32>().ok()?;
    let host = Host::of_name(machine, boot);
    Some((target, Owner { pid: pid.parse().ok()?, start: start.parse().ok()?, host }))
}

/// Removes what killed runs have left beside `target`. It may hold a token, and nobody else would remove
/// it: the directory is not ocsync's own.
pub fn clear(target: &Path) {
    // Where the target is a link, the replaced file and its temporary files are at the end of the link.
    for target in [Spot::of(target), Spot::at_end_of(target)].into_iter().flatten() {
        for name in target.dir.names().into_iter().flatten() {
            let of = name.to_str().and_then(parse);
            if of.is_some_and(|(of, owner)| target.name == of && !owner.lives()) {
                let _ = remove_dead(&target.beside(name));
            }
        }
    }
}

/// Removes the temporary file of a run that was killed, and the empty file with which that run has begun to make the
/// target: where neither a link nor a rename leaves alone what has the name already, an empty file takes it first
/// (`new_name.rs`).
///
/// # Errors
/// As the system says.
pub fn remove_dead(temp: &Spot) -> io::Result<()> {
    if let Some((name, _)) = temp.name.to_str().and_then(parse)
        && let target = temp.beside(name)
        && let (Ok(made), Ok(begun)) = (temp.look(), target.look())
        && has_begun(made, begun)
        && new_name::takes_names_first(temp, &Temp::beside(&target).spot)
    {
        target.remove()?;
    }
    match temp.remove() {
        // It had another name at last.
        Err(error) if is_absent(&error) => Ok(()),
        removed => removed,
    }
}

/// Whether the run that made the one file can have begun the other: it is empty, the same user's, and not older.
fn has_begun(made: FileId, begun: FileId) -> bool {
    begun.is_file() && begun.size == 0 && begun.uid == made.uid && begun.modified >= made.modified
}

impl Owner {
    /// Whether it may still be working. Nobody knows that of a process of another machine. A process of another
    /// namespace is judged: where each run has a namespace of its own, nothing would ever be cleared away otherwise, and
    /// a run that loses its file tries again.
    #[must_use]
    pub fn lives(&self) -> bool {
        host::lives_in_any_namespace(&self.host, self.pid, (self.start != 0).then_some(self.start))
    }

    /// Whether it is this process.
    #[must_use]
    pub fn is_this_process(&self) -> bool {
        self.pid == i64::from(std::process::id()) && self.host.to_name() == host::own().to_name()
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
        assert!(owner_of_this.is_this_process());
        let other = Owner { start: owner_of_this.start + 1, ..owner_of_this };
        assert!(!other.lives(), "another process of the same pid");
        let elsewhere = Owner {
            host: Host { machine: "else".to_owned(), boot: "else".to_owned(), ..other.host.clone() },
            ..other
        };
        assert!(elsewhere.lives() && !elsewhere.is_this_process(), "a process of another machine");
        for other in
            [".auth-profiles.json.tmp", "auth-profiles.json.lock", ".a.ocsync-x-1-1-m-b.tmp", ".a.ocsync-1-1-m-b.tmp"]
        {
            assert_eq!(owner(other), None, "{other}");
        }
    }

    #[test]
    fn only_an_empty_file_of_the_same_user_that_is_not_older_can_be_of_the_same_run() {
        let dir = crate::sys::fs::test_dir();
        let at = |name: &str| crate::sys::fs::spot::spot(&dir.path().join(name));
        std::fs::write(at("f").path(), "").unwrap();
        std::fs::create_dir(at("d").path()).unwrap();
        let made = at("f").look().unwrap();
        let (seconds, nanos) = made.modified;
        assert!(has_begun(made, made) && has_begun(made, FileId { modified: (seconds, nanos + 1), ..made }));
        for other in [
            FileId { size: 1, ..made },
            FileId { uid: made.uid + 1, ..made },
            FileId { modified: (seconds - 1, nanos), ..made },
            FileId { mode: at("d").look().unwrap().mode, ..made },
        ] {
            assert!(!has_begun(made, other), "{other:?}");
        }
    }

    #[test]
    fn what_dead_runs_have_left_beside_a_file_goes_and_nothing_else() {
        use std::fs;
        let dir = crate::sys::fs::test_dir();
        fs::create_dir(dir.path().join("d")).unwrap();
        fs::write(dir.path().join("d/t"), "").unwrap();
        std::os::unix::fs::symlink("d/t", dir.path().join("l")).unwrap();
        let dead = |of: &str| format!(".{of}.ocsync-2147483646-0-0-{}.tmp", host::own().to_name());
        let living = temp_name(OsStr::new("t")).into_string().unwrap();
        let all = [dead("l"), format!("d/{}", dead("t")), format!("d/{living}"), format!("d/{}", dead("u"))];
        for name in &all {
            fs::write(dir.path().join(name), "").unwrap();
        }
        clear(&dir.path().join("l"));
        assert_eq!(all.map(|name| dir.path().join(name).exists()), [false, false, true, true]);
    }
}
