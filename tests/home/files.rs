//! How a file gets into a home, and what tells that a file has changed.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Writes a file by rename, 0600.
pub fn put(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let temp = path.with_file_name(format!("{}.put", path.file_name().unwrap().to_str().unwrap()));
    fs::write(&temp, text).unwrap();
    chmod(&temp, 0o600);
    fs::rename(&temp, path).unwrap();
}

/// Gives this process the mask that most users have: what a test writes, and what a run of the program writes, gets
/// the same modes for everybody. With a narrower mask, a file that the program leaves open to others would not be found.
pub fn usual_umask() {
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
}

pub fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// What a path was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub inode: u64,
    pub mode: u32,
    pub owner: (u32, u32),
    pub changed: (i64, i64),
    pub modified: (i64, i64),
}

/// Everything below a directory.
pub(super) fn walk(dir: &Path, found: &mut BTreeMap<PathBuf, Seen>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let Ok(meta) = fs::symlink_metadata(&path) else { continue };
        if meta.is_dir() {
            walk(&path, found);
        }
        let seen = Seen {
            inode: meta.ino(),
            mode: meta.mode(),
            owner: (meta.uid(), meta.gid()),
            changed: (meta.ctime(), meta.ctime_nsec()),
            modified: (meta.mtime(), meta.mtime_nsec()),
        };
        found.insert(path, seen);
    }
}
