//! Whose links lead to a file.
//!
//! Root reads logins in the homes of other users. A user could make a link to root's own login, or to a
//! third person's, and would get that login delivered.
//!
//! So the path is followed name by name, on open directories: nothing that is exchanged meanwhile can hide
//! a link. At the end the file is the one that was read, and only links of root and of its owner led to
//! it; or it is not trusted.

use std::io;
use std::path::Path;

use crate::sys::fs::read::FileId;

/// How many links in a path are followed: as many as the kernel follows.
#[cfg(target_os = "linux")]
const MOST: usize = 40;

/// Whether `path` leads to the file with this identity, by links of root and of the file's owner only.
///
/// # Errors
/// What the system says; also where the path leads to another file by now.
#[cfg(target_os = "linux")]
pub fn are_trusted(path: &Path, id: FileId) -> io::Result<bool> {
    use std::ffi::{OsStr, OsString};
    use std::os::unix::ffi::OsStrExt;
    use std::path::{Component, PathBuf};

    use rustix::fs::{FileType, Mode, OFlags, fstat, open, openat, readlinkat};

    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let names = |path: &Path| -> Vec<OsString> {
        let names = path.components().filter(|name| *name != Component::CurDir);
        names.map(|name| name.as_os_str().to_owned()).rev().collect()
    };
    let mut left = names(&std::path::absolute(path)?);
    let mut at = open("/", flags, Mode::empty())?;
    let (mut followed, mut trusted) = (0, true);
    while let Some(name) = left.pop() {
        if name == "/" {
            at = open("/", flags, Mode::empty())?;
            continue;
        }
        let next = openat(&at, name.as_os_str(), flags, Mode::empty())?;
        let stat = fstat(&next)?;
        if FileType::from_raw_mode(stat.st_mode) == FileType::Symlink {
            followed += 1;
            if followed > MOST {
                return Err(rustix::io::Errno::LOOP.into());
            }
            trusted &= stat.st_uid == 0 || stat.st_uid == id.uid;
            let target = readlinkat(&next, "", Vec::new())?;
            left.extend(names(&PathBuf::from(OsStr::from_bytes(target.as_bytes()))));
        } else {
            at = next;
        }
    }
    let stat = fstat(&at)?;
    if (stat.st_dev, stat.st_ino) != id.inode {
        return Err(io::Error::new(io::ErrorKind::NotFound, "another file by now"));
    }
    Ok(trusted)
}

/// The same for a system that cannot open a directory only to pass through it. It judges only the last
/// name of the path.
#[cfg(not(target_os = "linux"))]
#[allow(clippy::missing_errors_doc)]
pub fn are_trusted(path: &Path, id: FileId) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;

    let link = std::fs::symlink_metadata(path)?;
    Ok([0, id.uid].contains(&link.uid()))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn every_way_to_a_file_is_followed_and_judged_by_the_owners_of_its_links() {
        let dir = crate::sys::fs::test_dir();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir_all(at("real/deep")).unwrap();
        fs::write(at("real/deep/file"), "1").unwrap();
        symlink("real", at("dir")).unwrap();
        symlink(at("dir/../dir/deep"), at("real/back")).unwrap();
        symlink("loop", at("loop")).unwrap();
        let id = FileId::from(&fs::metadata(at("real/deep/file")).unwrap());
        for path in ["real/deep/file", "dir/deep/file", "real/back/file", "./real/../dir/back/./file"] {
            assert!(are_trusted(&at(path), id).unwrap(), "{path}");
        }
        // As if the file belonged to another user.
        let foreign = FileId { uid: id.uid + 1, ..id };
        let ours = rustix::process::geteuid().is_root();
        assert_eq!(are_trusted(&at("dir/deep/file"), foreign).unwrap(), ours);
        assert!(are_trusted(&at("real/deep/file"), foreign).unwrap());
        let other = FileId { inode: (id.inode.0, id.inode.1 + 1), ..id };
        assert!(are_trusted(&at("real/deep/file"), other).is_err());
        assert!(are_trusted(&at("loop/x"), id).is_err() && are_trusted(&at("none"), id).is_err());
    }
}
