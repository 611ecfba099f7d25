//! The files of a home, read as a whole and written as a whole.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// The content of every file by its path in the home.
pub type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Holds the place of an empty folder.
pub const KEEP: &str = ".keep";

/// What is in a folder, in the order of the names; nothing where there is no folder.
pub fn entries(dir: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(dir).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    paths.sort_unstable();
    paths
}

/// Every file below a folder.
pub fn read(root: &Path) -> Files {
    let mut files = Files::new();
    let mut dirs = vec![root.to_owned()];
    while let Some(dir) = dirs.pop() {
        for path in entries(&dir) {
            if path.is_dir() {
                dirs.push(path);
            } else {
                files.insert(path.strip_prefix(root).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// Writes the files below a new folder.
pub fn write(root: &Path, files: &Files) {
    for (path, content) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

/// Makes a home of the files, each of them and each folder open to its owner only, whatever the umask is.
pub fn make_home(root: &Path, files: &Files) {
    fs::create_dir(root).unwrap();
    write(root, files);
    let mut dirs = vec![root.to_owned()];
    while let Some(dir) = dirs.pop() {
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o700)).unwrap();
        for path in entries(&dir) {
            if path.is_dir() {
                dirs.push(path);
            } else if path.ends_with(KEEP) {
                fs::remove_file(path).unwrap();
            } else {
                fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
            }
        }
    }
}
