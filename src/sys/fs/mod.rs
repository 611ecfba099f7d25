//! Files: one way to read them, one way to replace them.
//!
//! - `dir` - a directory that is open
//! - `exchange` - puts a finished temporary file in its place
//! - `inherit` - what a new file takes over from the one that it replaces
//! - `list` - what a directory holds
//! - `modes` - whether a file has a mode of its own
//! - `new_name` - moves a file to a name that nothing has, without a link
//! - `obstacle` - why a file cannot be read or written, and the command that helps
//! - `open` - opens a regular file, and waits for nothing
//! - `own_dir` - the directory in which ocsync keeps its state
//! - `placed` - a new file that is in its place before its bytes are known
//! - `prepared` - a replacement that is prepared before its bytes are known
//! - `private_dir` - a directory that only its owner may enter
//! - `publish` - writes a file that others read
//! - `read` - reads a whole file of bounded size, with an identity that shows whether it changed since
//! - `remote` - files on a file system of another machine or of a program
//! - `replace` - the one function that replaces a file
//! - `room` - room on the disk for bytes that are not known yet
//! - `spot` - a name in a directory that is open, and what is done to it
//! - `target` - files that are never replaced
//! - `temp` - temporary files: their names, and how they go away
//! - `walk` - the way to a file, and whose links are on it

pub mod dir;
pub mod exchange;
pub mod inherit;
pub mod list;
pub mod modes;
pub mod new_name;
pub mod obstacle;
pub mod open;
pub mod own_dir;
pub mod placed;
pub mod prepared;
pub mod private_dir;
pub mod publish;
pub mod read;
pub mod remote;
pub mod replace;
pub mod room;
pub mod spot;
pub mod target;
pub mod temp;
pub mod walk;

use std::path::Path;

/// The directory of a file.
pub fn dir_of(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new("/"))
}

/// A directory for a test. Others may not write in it, whatever the umask is: what they may write is refused.
#[cfg(test)]
pub(crate) fn test_dir() -> tempfile::TempDir {
    let closed = <std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o700);
    tempfile::Builder::new().permissions(closed).tempdir().unwrap()
}
