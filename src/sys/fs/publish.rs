//! Writes a file that is meant for others to read: metrics, never a credential.
//!
//! Every run writes the whole file anew, so its old content does not matter. What matters is that no
//! reader ever sees a part of it.

use std::io;
use std::path::{Path, absolute};

use crate::model::problem::Problem;
use crate::sys::fs::obstacle::obstacle;
use crate::sys::fs::read::read;
use crate::sys::fs::replace::{Expect, For, NotReplaced, replace_for};
use crate::sys::fs::temp;

/// How often another writer may get in between.
const ATTEMPTS: usize = 3;

/// Replaces or creates a file with mode 0644.
///
/// # Errors
/// The problem, and the file is as it was.
pub fn publish(path: &Path, text: &str) -> Result<(), Problem> {
    let failed = |error: &io::Error| obstacle("cannot write", path, error);
    let target = absolute(path).map_err(|error| failed(&error))?;
    temp::clear(&target);
    for _ in 0..ATTEMPTS {
        let expect = match read(&target) {
            Ok(Some((_, id))) => Expect::Unchanged(id),
            Ok(None) => Expect::Absent,
            Err(error) => return Err(failed(&error)),
        };
        match replace_for(&target, text.as_bytes(), expect, For::Everybody, &|| true) {
            Ok(()) => return Ok(()),
            Err(NotReplaced::Failed(problem)) => return Err(problem),
            Err(NotReplaced::Changed | NotReplaced::Stopped) => {}
        }
    }
    let message = format!("{} keeps changing", path.display());
    Err(Problem::busy(message, "let only one run write it"))
}
