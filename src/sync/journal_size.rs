//! The problems of a journal that is too large, nearly too large, or cannot be read.
//!
//! A journal that is moved away is forgotten, so each of them says what is lost by that, and the command that does it.

use std::io::{Error, ErrorKind};
use std::path::Path;

use crate::model::exit::Code;
use crate::model::problem::Problem;
use crate::model::shell::quoted;
use crate::sys::fs::obstacle::obstacle;

/// The size of the largest journal, in bytes: that of some 100,000 agents.
pub const LIMIT: u64 = 64 << 20;
/// From this size on every run says that the limit is near, in bytes.
pub const NEAR: u64 = 48 << 20;
/// The code of a journal that is too large, or nearly.
pub const LARGE: &str = "large-journal";

/// What goes with a journal that is moved away.
const FORGOTTEN: &str =
    "if it is moved away, ocsync forgets lineages, reloads that are due, and which tokens are dead";

/// The problem of a journal that cannot be read. It may be whole, or where its link leads.
pub fn unread(path: &Path, error: &Error) -> Problem {
    let problem = obstacle("cannot read", path, error);
    match error.kind() {
        ErrorKind::FileTooLarge => {
            Problem { code: LARGE, message: format!("{}; {FORGOTTEN}", problem.message), hint: anew(path), ..problem }
        }
        ErrorKind::InvalidInput => Problem { hint: anew(path), ..problem },
        _ => problem,
    }
}

/// The warning of a journal of this size, where it is nearly too large.
pub fn near(path: &Path, size: u64) -> Option<Problem> {
    let message =
        || format!("{} has {} MiB, and no run writes more than 64 MiB; {FORGOTTEN}", path.display(), size >> 20);
    (size >= NEAR).then(|| Problem::warning(LARGE, message(), anew(path)))
}

/// The problem of a journal that would be larger than `limit`, in bytes. It is not written.
pub fn too_large(path: &Path, limit: u64) -> Problem {
    let message =
        format!("cannot write {}: it would be larger than {} MiB; {FORGOTTEN}", path.display(), limit >> 20);
    Problem::error(Code::Io, LARGE, message, anew(path))
}

/// The command after which the journal begins anew.
fn anew(path: &Path) -> String {
    let name = |ending: &str| quoted(&format!("{}{ending}", path.display()));
    format!("mv {} {}", name(""), name(".old"))
}
