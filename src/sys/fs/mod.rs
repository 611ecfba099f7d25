//! Files: one way to read them, one way to replace them.

mod inherit;
pub mod links;
pub mod list;
pub mod placed;
pub mod prepared;
pub mod publish;
pub mod read;
pub mod replace;
mod room;
pub mod target;
pub mod temp;

use std::path::Path;

/// The directory of a file.
#[must_use]
pub fn dir_of(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new("/"))
}
