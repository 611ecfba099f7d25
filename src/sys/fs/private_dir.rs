//! A directory that only its owner may enter.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use crate::model::problem::Problem;
use crate::sys::fs::dir_of;
use crate::sys::fs::obstacle::obstacle;

/// Makes a directory with mode 0700 if it is not there, in one that is. It is on the disk when this returns. One that
/// is there gets the mode.
///
/// # Errors
/// What the system says; also for a link or a file in its place.
pub fn private_dir(path: &Path) -> Result<(), Problem> {
    let failed = |error: &std::io::Error| obstacle("cannot make", path, error);
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => {
            let parent = File::open(dir_of(path)).and_then(|dir| dir.sync_all());
            return parent.map_err(|error| failed(&error));
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(failed(&error)),
    }
    let meta = fs::symlink_metadata(path).map_err(|error| failed(&error))?;
    if !meta.is_dir() {
        return Err(failed(&ErrorKind::NotADirectory.into()));
    }
    if meta.permissions().mode() & 0o777 == 0o700 {
        return Ok(());
    }
    fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_made_or_closed_and_nothing_else_passes() {
        let dir = crate::sys::fs::test_dir();
        let path = dir.path().join("d");
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        private_dir(&path).unwrap();
        assert_eq!(mode(), 0o700);
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        private_dir(&path).unwrap();
        assert_eq!(mode(), 0o700);
        std::os::unix::fs::symlink("d", dir.path().join("l")).unwrap();
        assert!(private_dir(&dir.path().join("l")).is_err());
        assert!(private_dir(&dir.path().join("none/d")).is_err());
    }
}
