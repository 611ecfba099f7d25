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
use crate::sys::fs::dir_of;
use crate::sys::fs::own_dir::trusted;
use crate::sys::process::as_user;

/// How many links in a row are followed: as many as the kernel follows.
const LINKS: u8 = 40;

/// Refuses to be root for another user. `config` is where the configuration is, or would be.
///
/// # Errors
/// Whose it is, and the command that does it as that user.
pub fn refuse(config: &Path, env: &Env) -> Result<(), Problem> {
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let state = env.state_file();
    let own = ["state.lock", "state.json", "notices.json"].map(|name| state.with_file_name(name));
    let mut paths = [env.home(), config].into_iter().chain(own.iter().map(PathBuf::as_path));
    let mut known = BTreeSet::new();
    let Some((path, uid)) = paths.find_map(|path| foreign(path, 0, LINKS, &mut known)) else { return Ok(()) };
    let is_theirs = as_user::stranger(env.home()) == Some(uid);
    let command = if is_theirs {
        as_user::command(uid, env.home(), Some("--home"))
    } else {
        as_user::command(uid, &path, None)
    };
    let message = format!("{} belongs to uid {uid}: root does not work for another user", path.display());
    let timer = |name| format!("; regularly: the timer ocsync-sync@{name}.timer");
    let hint = command + &as_user::name(uid).map_or_else(String::new, timer);
    Err(Problem::error(Code::Permission, "wrong-owner", message, hint))
}

/// The first name on the way to `path` that belongs to nobody whom `uid` trusts, and whose it is. Where a name does not
/// exist the way ends.
///
/// A name in `known` leads to nobody else: several paths have the same beginning.
fn foreign(path: &Path, uid: u32, links: u8, known: &mut BTreeSet<PathBuf>) -> Option<(PathBuf, u32)> {
    let trusted = trusted(uid)?;
    let parts: Vec<&Path> = path.ancestors().collect();
    parts.into_iter().rev().find_map(|part| {
        if !known.insert(part.to_owned()) {
            return None;
        }
        let meta = fs::symlink_metadata(part).ok()?;
        if !trusted.contains(&meta.uid()) {
            return Some((part.to_owned(), meta.uid()));
        }
        if links == 0 || !meta.is_symlink() {
            return None;
        }
        foreign(&dir_of(part).join(fs::read_link(part).ok()?), uid, links - 1, known)
    })
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
        let found = |path: &str| foreign(&at(path), me, LINKS, &mut BTreeSet::new());
        for path in ["a/b/file", "link/to", "a/none/deeper", "loop", "a/../link/b/file"] {
            assert_eq!(found(path), None, "{path}");
        }
        if rustix::process::geteuid().is_root() {
            lchown(at("link"), Some(7), Some(7)).unwrap();
            assert_eq!(found("a/to"), Some((at("a/../link"), 7)));
            lchown(at("a/b"), Some(8), Some(8)).unwrap();
            assert_eq!(found("a/b/none"), Some((at("a/b"), 8)));
            assert_eq!(foreign(&at("a/b/file"), 8, LINKS, &mut BTreeSet::new()), None);
        }
    }
}
