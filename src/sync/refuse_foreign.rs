//! What root does not write: a store of another user than the owner of its installation. A link in a user's directory must
//! not lead root to another user's file.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::model::exit::Code;
use crate::model::installation::StateDir;
use crate::model::problem::Problem;
use crate::openclaw::json::store::Store;
use crate::sys::fs::obstacle::obstacle;
use crate::sys::fs::replace::NotReplaced;

/// As root, refuses the store at `path`, if it does not belong to the owner of the installation.
///
/// # Errors
/// [`NotReplaced::Failed`].
pub(super) fn refuse_foreign(dir: &StateDir, path: &Path, store: Option<&Store>) -> Result<(), NotReplaced> {
    let (true, Some(store)) = (rustix::process::geteuid().is_root(), store) else { return Ok(()) };
    let meta = std::fs::metadata(&dir.path);
    let meta = meta.map_err(|error| NotReplaced::Failed(obstacle("cannot look at", &dir.path, &error)))?;
    let (owner, expected) = (store.id.uid, meta.uid());
    if owner == expected {
        return Ok(());
    }
    let message = format!("{} belongs to uid {owner}, its state directory to uid {expected}", path.display());
    let hint = "give it to the owner of the state directory";
    Err(NotReplaced::Failed(Problem::error(Code::Permission, "wrong-owner", message, hint)))
}
