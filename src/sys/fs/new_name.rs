//! Moves a file to a name that nothing has, where no hard link can do that.

use std::io;

use crate::sys::fs::spot::Spot;

/// Moves a file to a name that nothing has.
pub(super) fn move_new(from: &Spot, target: &Spot) -> io::Result<()> {
    match from.move_to(target) {
        Err(error) if error.kind() == io::ErrorKind::Unsupported => move_over_own(from, target),
        moved => moved,
    }
}

/// [`move_new`] where a rename replaces whatever is there (exFAT in user space): an empty file takes the name first. After
/// a kill right then the next run finds it beside the temporary file, and [`crate::sys::fs::temp::remove_dead`] removes
/// both.
fn move_over_own(from: &Spot, target: &Spot) -> io::Result<()> {
    target.create()?;
    from.move_over(target).inspect_err(|_| {
        let _ = target.remove();
    })
}

/// Whether files get a name by [`move_over_own`] where this one is. To find out, it tries to give the file the name
/// `other`, which nothing has: of a name that is there the kernel says so, whatever the file system can do. The file may
/// have that name as well afterwards, or only that.
pub(super) fn takes_names_first(file: &Spot, other: &Spot) -> bool {
    file.link_to(other).is_err_and(|error| has_no_links(&error))
        && file.move_to(other).is_err_and(|error| error.kind() == io::ErrorKind::Unsupported)
}

/// Whether a hard link failed because the file system has none (vfat, exFAT, some of FUSE).
#[must_use]
pub fn has_no_links(error: &io::Error) -> bool {
    use rustix::io::Errno;
    matches!(Errno::from_io_error(error), Some(Errno::PERM | Errno::OPNOTSUPP | Errno::NOSYS))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::sys::fs::spot::spot;

    #[test]
    fn a_file_system_without_links_is_known_by_its_error() {
        use rustix::io::Errno;
        for (errno, none) in [
            (Errno::PERM, true),
            (Errno::OPNOTSUPP, true),
            (Errno::NOSYS, true),
            (Errno::EXIST, false),
            (Errno::ACCESS, false),
            (Errno::XDEV, false),
        ] {
            assert_eq!(has_no_links(&errno.into()), none, "{errno:?}");
        }
        assert!(!has_no_links(&io::ErrorKind::Other.into()));
    }

    #[test]
    fn without_links_a_new_file_replaces_nothing_either() {
        for way in [move_new as fn(&Spot, &Spot) -> io::Result<()>, move_over_own] {
            let dir = crate::sys::fs::test_dir();
            let at = |name: &str| spot(&dir.path().join(name));
            let (target, temp) = (at("t"), at("temp"));
            fs::write(target.path(), "old").unwrap();
            fs::write(temp.path(), "new").unwrap();
            assert_eq!(way(&temp, &target).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(fs::read(target.path()).unwrap(), b"old");
            let new = target.with_ending(".new");
            way(&temp, &new).unwrap();
            assert_eq!(fs::read(new.path()).unwrap(), b"new");
            let other = target.with_ending(".other");
            assert_eq!(way(&temp, &other).unwrap_err().kind(), io::ErrorKind::NotFound, "it has gone");
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "and nothing has its name");
        }
    }

    #[test]
    fn where_there_are_links_no_name_is_taken_first() {
        let dir = crate::sys::fs::test_dir();
        let file = spot(&dir.path().join("f"));
        fs::write(file.path(), "").unwrap();
        assert!(!takes_names_first(&file, &file.with_ending(".other")) && file.look().is_ok());
    }
}
