//! Files that are never replaced, whatever they hold: a replacement would cut off another user, another
//! name or a container.

use std::fs::Metadata;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::model::exit::Code;
use crate::model::problem::Problem;
use crate::model::shell::quoted;
use crate::sys::fs::modes;
use crate::sys::fs::obstacle::{is_immutable, unmark};
use crate::sys::fs::read::FileId;
use crate::sys::fs::spot::Spot;

/// Refuses a resolved file that has more hard links, may not be written, belongs to another user, or is a
/// mount of its own.
///
/// # Errors
/// Why, and what to do.
pub fn refuse_unsafe(spot: &Spot, id: FileId) -> Result<(), Problem> {
    let target = &spot.path();
    if id.links > 1 {
        return Err(refused("hard-linked", target, "has more than one hard link", "make it a file of its own"));
    }
    if id.mode & 0o200 == 0 {
        return Err(refused("read-only", target, "is read-only", &format!("chmod u+w {}", shown(target))));
    }
    if is_immutable(target) {
        return Err(refused("immutable", target, "is marked so that nobody may change it", &unmark(target)));
    }
    let me = rustix::process::geteuid();
    if !me.is_root() && id.uid != me.as_raw() {
        let hint = format!("run ocsync as uid {}", id.uid);
        return Err(refused("wrong-owner", target, "belongs to another user", &hint));
    }
    if is_mount(spot) {
        return Err(refused("busy-mount", target, "is mounted as a single file", "bind-mount the directory instead"));
    }
    Ok(())
}

/// Whether it is a mount point. A rename over it fails, or cuts off the container that it is mounted into.
#[cfg(target_os = "linux")]
fn is_mount(spot: &Spot) -> bool {
    use rustix::fs::{AtFlags, StatxAttributes, StatxFlags, statx};
    let root = StatxAttributes::MOUNT_ROOT;
    statx(&*spot.dir, &spot.name, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::empty())
        .is_ok_and(|stat| stat.stx_attributes_mask.contains(root) && stat.stx_attributes.contains(root))
}

#[cfg(not(target_os = "linux"))]
fn is_mount(_: &Spot) -> bool {
    false
}

/// Refuses a directory in which everyone may exchange files.
///
/// # Errors
/// Why, and what to do.
pub fn refuse_open_dir(dir: &Path, meta: &Metadata) -> Result<(), Problem> {
    if meta.permissions().mode() & 0o002 == 0 {
        return Ok(());
    }
    let hint = modes::hint(&format!("chmod o-w {}", shown(dir)), dir);
    Err(refused("world-writable", dir, "is writable by everybody", &hint))
}

/// Refuses a link in the place of a file that others read: they may not see where it leads.
///
/// # Errors
/// Why, and what to do.
pub fn refuse_link(spot: &Spot) -> Result<(), Problem> {
    if !spot.metadata().is_ok_and(|meta| meta.is_symlink()) {
        return Ok(());
    }
    Err(refused("link", &spot.path(), "is a symbolic link, and is not written through", "name the file itself"))
}

fn shown(path: &Path) -> String {
    quoted(&path.to_string_lossy())
}

fn refused(code: &'static str, path: &Path, why: &str, hint: &str) -> Problem {
    Problem::error(Code::Permission, code, format!("{} {why}", path.display()), hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::fs::spot::spot;

    #[test]
    fn only_root_replaces_a_file_of_another_user() {
        let dir = crate::sys::fs::test_dir();
        let path = dir.path().join("f");
        std::fs::write(&path, "").unwrap();
        let target = spot(&path);
        let own = target.look().unwrap();
        refuse_unsafe(&target, own).unwrap();
        let refused = refuse_unsafe(&target, FileId { uid: own.uid + 1, ..own });
        let is_root = rustix::process::geteuid().is_root();
        assert_eq!(refused.err().map(|problem| problem.code), (!is_root).then_some("wrong-owner"));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_mount_is_known_and_what_is_in_it_is_none() {
        let dir = crate::sys::fs::test_dir();
        std::fs::write(dir.path().join("f"), "").unwrap();
        assert!(is_mount(&spot(Path::new("/proc"))) && !is_mount(&spot(&dir.path().join("f"))));
    }
}
