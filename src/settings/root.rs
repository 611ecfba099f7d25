//! Root works for itself alone. With a home, a configuration or a state directory of ocsync's that another user owns,
//! that user would decide what root runs, reads and writes. So the run ends before any of it is read, and says how to
//! do the same as that user.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::model::exit::Code;
use crate::model::problem::Problem;
use crate::settings::env::Env;
use crate::sys::process::as_user;

/// Links in a path are followed as often as the kernel does.
const LINKS: usize = 40;

/// Refuses to be root for another user. `config` is where the configuration is, or would be.
///
/// # Errors
/// Whose it is, and the command that does it as that user.
pub fn refuse(config: &Path, env: &Env) -> Result<(), Problem> {
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let state = env.state_file();
    let notices = state.with_file_name("notices.json");
    let paths = [env.home().to_owned(), config.to_owned(), state.with_extension("lock"), state, notices];
    let mut known = BTreeSet::new();
    let Some((path, uid)) = paths.iter().find_map(|path| foreign(path, 0, &mut known)) else { return Ok(()) };
    let is_theirs = fs::metadata(env.home()).is_ok_and(|meta| meta.uid() == uid);
    let home = if is_theirs { env.home().to_owned() } else { as_user::home_of(uid, &path) };
    let message = format!("{} belongs to uid {uid}: root does not work for another user", path.display());
    let timer = as_user::name(uid)
        .map_or_else(String::new, |name| format!("; regularly: the timer ocsync-sync@{name}.timer"));
    let hint = format!("{}{timer}", as_user::command(uid, &home, &[]));
    Err(Problem::error(Code::Permission, "wrong-owner", message, hint))
}

/// The first name on the way to `path` that belongs to another user than root, `uid` and the owner of `/`, and whose it
/// is. Where a name does not exist the way ends.
///
/// The owner of `/` decides about every path anyway. In the namespace of `unshare --map-root-user` it is the machine's
/// root, which has no number there.
///
/// A name in `known` is no link and nobody else's: several paths have the same beginning.
fn foreign(path: &Path, uid: u32, known: &mut BTreeSet<PathBuf>) -> Option<(PathBuf, u32)> {
    let mut left: Vec<PathBuf> = names(&std::path::absolute(path).ok()?);
    let (mut at, mut links) = (PathBuf::from("/"), 0);
    let system = fs::metadata(&at).ok()?.uid();
    while let Some(name) = left.pop() {
        at.push(name);
        if known.contains(&at) {
            continue;
        }
        let meta = fs::symlink_metadata(&at).ok()?;
        if ![0, uid, system].contains(&meta.uid()) {
            return Some((at, meta.uid()));
        }
        if !meta.is_symlink() {
            known.insert(at.clone());
        } else if let Ok(target) = fs::read_link(&at) {
            links += 1;
            if links > LINKS {
                return None;
            }
            at.pop();
            left.extend(names(&target));
        }
    }
    None
}

/// The names of a path, the last one first. `..` and `/` are names that `push` and the system understand.
fn names(path: &Path) -> Vec<PathBuf> {
    path.components().rev().map(|name| PathBuf::from(name.as_os_str())).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{lchown, symlink};

    use super::*;

    #[test]
    fn the_first_name_that_is_anothers_is_found_through_links() {
        let dir = crate::sys::fs::test_dir();
        let real = fs::canonicalize(dir.path()).unwrap();
        let at = |name: &str| real.join(name);
        fs::create_dir_all(at("a/b")).unwrap();
        fs::write(at("a/b/file"), "").unwrap();
        symlink("../link/b/file", at("a/to")).unwrap();
        symlink("a", at("link")).unwrap();
        symlink("loop", at("loop")).unwrap();
        let me = fs::metadata(at("a")).unwrap().uid();
        let found = |path: &str| foreign(&at(path), me, &mut BTreeSet::new());
        let mut known = BTreeSet::new();
        for path in ["a/b/file", "link/to", "a/none/deeper", "loop", "a/../link/b/file"] {
            assert_eq!(found(path), None, "{path}");
            assert_eq!(foreign(&at(path), me, &mut known), None, "{path}");
        }
        assert!(known.contains(&at("a/b/file")) && !known.contains(&at("link")));
        if rustix::process::geteuid().is_root() {
            lchown(at("link"), Some(7), Some(7)).unwrap();
            assert_eq!(found("a/to"), Some((at("a/../link"), 7)));
            lchown(at("a/b"), Some(8), Some(8)).unwrap();
            assert_eq!(found("a/b/none"), Some((at("a/b"), 8)));
            assert_eq!(foreign(&at("a/b/file"), 8, &mut BTreeSet::new()), None);
        }
    }
}
