//! Why a file cannot be read or written, and the command that helps.
//!
//! The system says only "permission denied". What is in the way is seen from the file itself: its mode, its owner, a
//! link, a mark that lets nobody change it.

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use rustix::io::Errno;

use crate::model::problem::Problem;
use crate::model::shell::quoted;
use crate::sys::fs::dir_of;

/// The problem of an input or output error: exit code, and a hint that works for this file. `what` begins the message,
/// for example "cannot read".
pub fn obstacle(what: &str, path: &Path, error: &io::Error) -> Problem {
    let problem = Problem::io(what, path, error);
    let found = match error.kind() {
        ErrorKind::PermissionDenied => forbidden(path, Errno::from_io_error(error) == Some(Errno::PERM)),
        _ if Errno::from_io_error(error) == Some(Errno::LOOP) && path.is_symlink() => {
            Some(format!("rm {}", shown(path)))
        }
        _ => None,
    };
    found.map_or(problem.clone(), |hint| Problem { hint, ..problem })
}

/// What lifts a refusal. `marked`: the refusal is of a kind that a mode does not give.
fn forbidden(path: &Path, marked: bool) -> Option<String> {
    let dir = dir_of(path);
    if marked {
        return [path, dir].into_iter().find(|path| is_immutable(path)).map(unmark);
    }
    // The first name that this user cannot look at is in a directory that does not let him pass.
    let hidden = path.ancestors().take_while(|path| denied(path)).last();
    if let Some(wall) = hidden.and_then(Path::parent) {
        return fs::metadata(wall).ok().and_then(|meta| opened(wall, &meta, "u+rwx"));
    }
    let of = |path: &Path, mode: u32, grant: &str| {
        let meta = fs::metadata(path).ok().filter(|meta| meta.permissions().mode() & mode != mode)?;
        opened(path, &meta, grant)
    };
    let is_dir = path.is_dir();
    let (mode, grant) = if is_dir { (0o700, "u+rwx") } else { (0o600, "u+rw") };
    of(path, mode, grant).or_else(|| of(dir, 0o300, "u+rwx"))
}

/// The command with which the owner of a file gives himself a right.
fn opened(path: &Path, meta: &Metadata, grant: &str) -> Option<String> {
    let me = rustix::process::geteuid().as_raw();
    (meta.uid() == me).then(|| format!("chmod {grant} {}", shown(path)))
}

/// The command that takes the mark from a file that nobody may change.
#[must_use]
pub fn unmark(path: &Path) -> String {
    let sudo = if rustix::process::geteuid().is_root() { "" } else { "sudo " };
    format!("{sudo}chattr -i -a {}", shown(path))
}

fn denied(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::PermissionDenied)
}

fn shown(path: &Path) -> String {
    quoted(&path.to_string_lossy())
}

/// Whether a file is marked so that nobody may change it (`chattr +i`), or only append to it (`chattr +a`).
#[cfg(target_os = "linux")]
#[must_use]
pub fn is_immutable(path: &Path) -> bool {
    use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};
    let marks = StatxAttributes::IMMUTABLE | StatxAttributes::APPEND;
    statx(CWD, path, AtFlags::empty(), StatxFlags::empty())
        .is_ok_and(|stat| (stat.stx_attributes & stat.stx_attributes_mask).intersects(marks))
}

#[cfg(not(target_os = "linux"))]
#[allow(missing_docs)]
#[must_use]
pub fn is_immutable(_path: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hint_is_for_what_is_in_the_way() {
        let dir = crate::sys::fs::test_dir();
        let (file, inner) = (dir.path().join("a b"), dir.path().join("d/e"));
        fs::create_dir_all(&inner).unwrap();
        fs::write(&file, "").unwrap();
        let chmod = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        let hint = |path: &Path, error: Errno| obstacle("cannot read", path, &error.into()).hint;
        chmod(&file, 0o400);
        assert_eq!(hint(&file, Errno::ACCESS), format!("chmod u+rw '{}'", file.display()));
        chmod(&file, 0o600);
        chmod(dir.path(), 0o500);
        assert_eq!(hint(&file, Errno::ACCESS), format!("chmod u+rwx {}", dir.path().display()));
        chmod(dir.path(), 0o700);
        assert_eq!(hint(&file, Errno::ACCESS), "run ocsync as the user who owns it", "nothing of ours is in the way");
        assert_eq!(hint(&file, Errno::PERM), "run ocsync as the user who owns it", "it has no mark");
        if !rustix::process::geteuid().is_root() {
            chmod(&inner.join(".."), 0);
            let wall = dir.path().join("d");
            assert_eq!(hint(&inner.join("f/g"), Errno::ACCESS), format!("chmod u+rwx {}", wall.display()));
            chmod(&wall, 0o700);
        }
        std::os::unix::fs::symlink("l", dir.path().join("l")).unwrap();
        let link = dir.path().join("l");
        assert_eq!(hint(&link, Errno::LOOP), format!("rm {}", link.display()));
        assert_eq!(hint(&file, Errno::LOOP), "");
    }
}
