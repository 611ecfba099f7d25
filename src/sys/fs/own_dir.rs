//! The directory in which ocsync keeps its state.
//!
//! Only its owner may enter it. So it is not made in a home of another user, who would be locked out of it: that user's
//! runs would end with 77 for ever. Where that has happened, as by an older ocsync under `sudo`, the hint ends it.

use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;

use crate::model::exit::Code;
use crate::model::problem::Problem;
use crate::model::shell::quoted;
use crate::sys::fs::obstacle::obstacle;

/// Makes the directory and those that lead to it, with mode 0700, where they are not there.
///
/// # Errors
/// What the system says, or whose it would be in.
pub fn make(dir: &Path) -> Result<(), Problem> {
    if let Some((near, uid)) = in_anothers(dir) {
        let message = format!("{} belongs to uid {uid}: ocsync keeps no state of yours there", near.display());
        let hint = "run ocsync as that user, or name your own home with --home";
        return Err(Problem::error(Code::Permission, "wrong-owner", message, hint));
    }
    let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(|error| failed("cannot create", dir, &error))
}

/// Whose names on the way to a file of `me` may be: root, `me`, and the owner of `/`, who decides about every path anyway.
/// In the namespace of `unshare --map-root-user` that is the machine's root, which has no number there.
pub fn trusted(me: u32) -> Option<[u32; 3]> {
    Some([0, me, fs::metadata("/").ok()?.uid()])
}

/// The directory in which the first missing one would be made, and whose it is, if that is nobody who is trusted.
fn in_anothers(dir: &Path) -> Option<(&Path, u32)> {
    let near = dir.ancestors().find(|dir| dir.is_dir()).filter(|near| *near != dir)?;
    let uid = fs::metadata(near).ok()?.uid();
    (!trusted(rustix::process::geteuid().as_raw())?.contains(&uid)).then_some((near, uid))
}

/// The problem of an error in that directory. What another user has left in a directory of this user is named, with the
/// command that takes it back.
pub fn failed(what: &str, path: &Path, error: &io::Error) -> Problem {
    let problem = obstacle(what, path, error);
    let me = rustix::process::geteuid().as_raw();
    let is_mine = |path: &Path| fs::metadata(path).is_ok_and(|meta| meta.uid() == me);
    let is_left = |path: &&Path| path.exists() && !is_mine(path) && path.parent().is_some_and(is_mine);
    match path.ancestors().filter(is_left).last() {
        Some(left) if error.kind() == ErrorKind::PermissionDenied => {
            Problem { hint: format!("sudo chown -R {me} {}", quoted(&left.to_string_lossy())), ..problem }
        }
        _ => problem,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::chown;

    use super::*;

    #[test]
    fn the_directory_is_made_for_its_owner_alone_where_nobody_elses_is() {
        let home = crate::sys::fs::test_dir();
        let dir = home.path().join("state/ocsync");
        make(&dir).unwrap();
        make(&dir).unwrap();
        assert_eq!(fs::metadata(&dir).unwrap().mode() & 0o7777, 0o700);
        let root = fs::metadata("/").unwrap().uid();
        assert_eq!(trusted(4711), Some([0, 4711, root]));
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let theirs = home.path().join("theirs");
        fs::create_dir(&theirs).unwrap();
        chown(&theirs, Some(4711), None).unwrap();
        assert_eq!(in_anothers(&theirs.join("a/b")), Some((&*theirs, 4711)));
        assert_eq!(in_anothers(&theirs), None, "it is there");
        assert_eq!(make(&theirs.join("a/b")).unwrap_err().code, "wrong-owner");
        assert!(!theirs.join("a").exists());
    }

    #[test]
    fn what_another_user_has_left_in_a_directory_of_ones_own_is_taken_back_by_the_hint() {
        let home = crate::sys::fs::test_dir();
        let (left, inside) = (home.path().join("left"), home.path().join("left/inside"));
        fs::create_dir_all(&inside).unwrap();
        let hint = |kind: ErrorKind| failed("cannot create", &inside.join("new"), &kind.into()).hint;
        assert!(!hint(ErrorKind::PermissionDenied).contains("chown"), "it is all one's own");
        if rustix::process::geteuid().is_root() {
            for path in [&left, &inside] {
                chown(path, Some(4711), None).unwrap();
            }
            assert_eq!(hint(ErrorKind::PermissionDenied), format!("sudo chown -R 0 {}", left.display()));
            assert!(!hint(ErrorKind::NotFound).contains("chown"), "it is not in the way");
        }
    }
}
