//! The one function that replaces a file.
//!
//! A reader sees the old bytes or the new ones, never a part. What is reported as done is on the
//! disk. When another program writes the target in between, it is noticed and not overwritten. No
//! backup is made: it would be one more copy of the tokens.

use std::io;
use std::path::{Path, PathBuf};

use crate::sys::fs::prepared::Prepared;
pub use crate::sys::fs::prepared::{Expect, For, NotReplaced};
use crate::sys::fs::spot::Spot;

/// [`replace_for`] a file that only its owner may read: one that holds a credential.
///
/// # Errors
/// As [`replace_for`].
pub fn replace(path: &Path, bytes: &[u8], expect: Expect, last_check: &dyn Fn() -> bool) -> Result<(), NotReplaced> {
    replace_for(path, bytes, expect, For::Owner, last_check)
}

/// Replaces `target` by `bytes`, or creates it where `expect` says that it is absent.
///
/// A symbolic link is followed and kept. `last_check` is called right before the rename.
///
/// # Errors
/// [`NotReplaced`]; the target is untouched and the temporary file is gone.
pub fn replace_for(
    target: &Path,
    bytes: &[u8],
    expect: Expect,
    readers: For,
    last_check: &dyn Fn() -> bool,
) -> Result<(), NotReplaced> {
    Prepared::new(target, expect, readers, 0)?.commit(bytes, expect, last_check)
}

/// Moves a file that is of no use out of the way: it stays beside its old place, with a suffix.
///
/// # Errors
/// What the system says.
pub fn set_aside(path: &Path, suffix: &str) -> io::Result<PathBuf> {
    let place = Spot::of(path)?;
    let aside = place.with_ending(&format!(".{suffix}"));
    place.move_over(&aside)?;
    Ok(aside.path())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;
    use crate::sys::fs::read::{FileId, read};

    fn id(path: &Path) -> FileId {
        read(path).unwrap().unwrap().1
    }

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn problem(result: Result<(), NotReplaced>) -> &'static str {
        let Err(NotReplaced::Failed(problem)) = result else { panic!("{result:?}") };
        problem.code
    }

    #[test]
    fn a_link_is_kept_and_its_target_replaced_with_mode_0600() {
        let dir = crate::sys::fs::test_dir();
        let (target, link) = (dir.path().join("t"), dir.path().join("l"));
        fs::write(&target, "old").unwrap();
        fs::set_permissions(&target, fs::Permissions::from_mode(0o644)).unwrap();
        symlink("t", &link).unwrap();
        replace(&link, b"new", Expect::Unchanged(id(&link)), &|| true).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&target).unwrap(), b"new");
        assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(names(dir.path()), ["l", "t"]);
    }

    #[test]
    fn the_time_of_a_replaced_file_always_differs() {
        let dir = crate::sys::fs::test_dir();
        let target = dir.path().join("t");
        fs::write(&target, "0").unwrap();
        for n in 0..200 {
            let before = id(&target);
            replace(&target, n.to_string().as_bytes(), Expect::Unchanged(before), &|| true).unwrap();
            let millis = |(seconds, nanos): (i64, i64)| seconds * 1000 + nanos / 1_000_000;
            assert_ne!(millis(id(&target).modified), millis(before.modified));
        }
    }

    #[test]
    fn a_file_written_since_it_was_read_is_left_alone() {
        let dir = crate::sys::fs::test_dir();
        let target = dir.path().join("t");
        fs::write(&target, "old").unwrap();
        let seen = id(&target);
        fs::write(&target, "by another").unwrap();
        assert!(matches!(replace(&target, b"new", Expect::Unchanged(seen), &|| true), Err(NotReplaced::Changed)));
        assert!(matches!(replace(&target, b"new", Expect::Absent, &|| true), Err(NotReplaced::Changed)));
        let result = replace(&target, b"new", Expect::Unchanged(id(&target)), &|| false);
        assert!(matches!(result, Err(NotReplaced::Stopped)));
        assert_eq!(fs::read(&target).unwrap(), b"by another");
        assert_eq!(names(dir.path()), ["t"]);
    }

    #[test]
    fn hard_links_read_only_files_and_open_directories_are_refused() {
        let dir = crate::sys::fs::test_dir();
        let target = dir.path().join("t");
        fs::write(&target, "old").unwrap();
        fs::hard_link(&target, dir.path().join("other")).unwrap();
        assert_eq!(problem(replace(&target, b"n", Expect::Unchanged(id(&target)), &|| true)), "hard-linked");
        fs::remove_file(dir.path().join("other")).unwrap();
        fs::set_permissions(&target, fs::Permissions::from_mode(0o400)).unwrap();
        let result = replace(&target, b"n", Expect::Unchanged(id(&target)), &|| true);
        let Err(NotReplaced::Failed(read_only)) = result else { panic!("{result:?}") };
        assert_eq!((read_only.code, read_only.hint), ("read-only", format!("chmod u+w {}", target.display())));
        fs::set_permissions(&target, fs::Permissions::from_mode(0o600)).unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
        assert_eq!(problem(replace(&target, b"n", Expect::Unchanged(id(&target)), &|| true)), "world-writable");
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).unwrap();
        symlink("t", dir.path().join("l")).unwrap();
        for readers in [For::Reader, For::Everybody] {
            let through = replace_for(&dir.path().join("l"), b"n", Expect::Unchanged(id(&target)), readers, &|| true);
            assert_eq!(problem(through), "link");
        }
        assert_eq!(fs::read(&target).unwrap(), b"old");
    }

    #[test]
    fn a_file_is_created_only_where_there_is_none() {
        let dir = crate::sys::fs::test_dir();
        let target = dir.path().join("t");
        replace(&target, b"new", Expect::Absent, &|| true).unwrap();
        assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(names(dir.path()), ["t"]);
    }

    #[test]
    fn what_happens_right_before_the_rename_is_noticed() {
        let dir = crate::sys::fs::test_dir();
        let target = dir.path().join("t");
        let made = || fs::write(&target, "by another").is_ok();
        assert!(matches!(replace(&target, b"new", Expect::Absent, &made), Err(NotReplaced::Changed)));
        assert_eq!((names(dir.path()), fs::read(&target).unwrap()), (vec!["t".to_owned()], b"by another".to_vec()));
        let cleared = || {
            let temp = names(dir.path()).into_iter().find(|name| name != "t").unwrap();
            fs::remove_file(dir.path().join(temp)).is_ok()
        };
        let expect = Expect::Unchanged(id(&target));
        assert!(matches!(replace(&target, b"new", expect, &cleared), Err(NotReplaced::Changed)));
        fs::remove_file(&target).unwrap();
        assert!(matches!(replace(&target, b"new", expect, &|| true), Err(NotReplaced::Failed(_))));
    }

    #[test]
    fn owner_and_group_are_kept_and_everybody_may_read_what_is_for_everybody() {
        let dir = crate::sys::fs::test_dir();
        let path = dir.path().join("f");
        fs::write(&path, "old").unwrap();
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(&path, Some(12_345), Some(34_567)).unwrap();
            replace(&path, b"x", Expect::Unchanged(id(&path)), &|| true).unwrap();
            assert_eq!((id(&path).uid, id(&path).gid), (12_345, 34_567));
        }
        let public = dir.path().join("public");
        replace_for(&public, b"x", Expect::Absent, For::Everybody, &|| true).unwrap();
        assert_eq!(fs::metadata(&public).unwrap().permissions().mode() & 0o777, 0o644);
        let aside = set_aside(&public, "old").unwrap();
        assert_eq!((aside.clone(), fs::read(aside).unwrap()), (dir.path().join("public.old"), b"x".to_vec()));
        assert!(!public.exists());
    }
}
