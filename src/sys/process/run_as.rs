//! As whom root runs another program, and which programs it runs at all.
//!
//! The owner of a home chooses the programs in it, and those that its configuration names. Neither root
//! nor a third user may run them. So root runs a program only as the user whose data it works on, only
//! where nobody but root and that user could have exchanged it, and without any of root's own secrets.

use crate::sys::fs::dir_of;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// How many links to a program are followed: as many as the kernel follows.
const LINKS: usize = 40;

/// A user with a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct User {
    /// The user.
    pub uid: u32,
    /// The group.
    pub gid: u32,
}

/// Whether nobody but root and this user could have put another program in its place. Others can change
/// neither the file, nor a link to it, nor a directory on the way.
#[must_use]
pub fn may_run(user: User, program: &Path) -> bool {
    let mut path = program.to_owned();
    for _ in 0..LINKS {
        if !is_trusted(user, &path) {
            return false;
        }
        match fs::read_link(&path) {
            Ok(next) => path = dir_of(&path).join(next),
            Err(_) => return fs::canonicalize(&path).is_ok_and(|resolved| is_trusted(user, &resolved)),
        }
    }
    false
}

/// The directories of a `PATH` in which nobody else could have put a program.
pub fn trusted_path(user: User, path: &OsStr) -> OsString {
    let dirs = std::env::split_paths(path).filter(|dir| dir.is_absolute() && may_run(user, dir));
    std::env::join_paths(dirs).unwrap_or_default()
}

/// Whether a variable of root's may be passed on to another user, because it cannot be a secret.
#[must_use]
pub fn is_harmless(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let plain = ["LANG", "LANGUAGE", "TZ", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR"];
    name.to_ascii_uppercase().ends_with("_PROXY") || name.starts_with("LC_") || plain.contains(&&*name)
}

/// Whether others can change neither a path nor any directory that leads to it.
fn is_trusted(user: User, path: &Path) -> bool {
    path.ancestors().enumerate().all(|(above, part)| {
        let owned = |meta: &fs::Metadata| [0, user.uid].contains(&meta.uid());
        let group = |meta: &fs::Metadata| meta.mode() & 0o020 != 0 && ![0, user.gid].contains(&meta.gid());
        let open = |meta: &fs::Metadata| meta.mode() & 0o002 != 0 || group(meta);
        // In a directory with the sticky bit nobody can exchange the files of another user.
        let sticky = |meta: &fs::Metadata| above > 0 && meta.mode() & 0o1000 != 0;
        fs::symlink_metadata(part).is_ok_and(|link| owned(&link))
            && fs::metadata(part).is_ok_and(|meta| owned(&meta) && (!open(&meta) || sticky(&meta)))
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_program_that_others_could_exchange_is_not_run() {
        let dir = crate::sys::fs::test_dir();
        let meta = fs::metadata(dir.path()).unwrap();
        let user = User { uid: meta.uid(), gid: meta.gid() };
        let chmod = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        let (deep, link) = (dir.path().join("a/b"), dir.path().join("link"));
        fs::create_dir_all(&deep).unwrap();
        let program = deep.join("program");
        fs::write(&program, "").unwrap();
        symlink("a/b/program", &link).unwrap();
        [&deep, deep.parent().unwrap()].iter().for_each(|dir| chmod(dir, 0o755));
        for path in [&program, &link] {
            chmod(&program, 0o755);
            assert!(may_run(user, path));
            chmod(&program, 0o757);
            assert!(!may_run(user, path));
            chmod(&program, 0o755);
            chmod(&dir.path().join("a"), 0o777);
            assert!(!may_run(user, path));
            chmod(&dir.path().join("a"), 0o1777);
            assert!(may_run(user, path));
            chmod(&dir.path().join("a"), 0o755);
            assert!(!may_run(User { uid: user.uid.wrapping_add(1), gid: user.gid }, path) || user.uid == 0);
        }
        chmod(&program, 0o775);
        assert!(may_run(user, &program));
        assert!(!may_run(User { gid: user.gid.wrapping_add(1), ..user }, &program) || user.gid == 0);
        assert!(!may_run(user, &deep.join("absent")));
        let path = std::env::join_paths([deep.as_path(), Path::new("relative"), &deep.join("absent")]).unwrap();
        assert_eq!(trusted_path(user, &path), deep.as_os_str());
    }
}
