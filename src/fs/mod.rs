//! Files: one way to read them, one way to replace them.

pub mod links;
pub mod list;
pub mod publish;
pub mod read;
pub mod replace;
pub mod target;
pub mod temp;

use std::path::Path;

/// The directory of a file.
#[must_use]
pub fn dir_of(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new("/"))
}

/// A directory for a test. Others may not write in it, whatever the umask is: what they may write is refused.
#[cfg(test)]
pub(crate) fn test_dir() -> tempfile::TempDir {
    let closed = <std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o700);
    tempfile::Builder::new().permissions(closed).tempdir().unwrap()
}
