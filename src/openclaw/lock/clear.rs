//! Takes a dead lock away.

use std::io;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::openclaw::lock::identity::{LockId, id};
use crate::sys::fs::spot::Spot;
use crate::sys::fs::temp::Temp;

/// Takes the dead lock at a place away. `dead` is the identity that was judged dead.
///
/// The lock is moved aside first. Another process may have replaced it a moment before; then the live lock of that
/// process was moved, and it is put back, unless a third lock is at its place already. Runs of ocsync take turns, by
/// an advisory lock on the dead one. So this race can happen with OpenClaw only.
///
/// Gives `false` while another run has its turn, and `true` when the dead lock is gone or another lock is in its
/// place.
///
/// # Errors
/// Why the lock cannot be removed.
pub fn clear(spot: &Spot, dead: LockId) -> io::Result<bool> {
    let turn = spot.open_anything();
    if turn.as_ref().is_ok_and(|lock| flock(lock, FlockOperation::NonBlockingLockExclusive) == Err(Errno::WOULDBLOCK))
    {
        return Ok(false);
    }
    if !spot.metadata().is_ok_and(|meta| id(&meta) == dead) {
        return Ok(true);
    }
    // What is aside is removed here, or put back.
    let mut aside = Temp::beside(spot);
    aside.kept = true;
    let aside = &aside.spot;
    match spot.move_over(aside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        moved => moved?,
    }
    let meta = aside.metadata()?;
    let remove = || if meta.is_dir() { aside.remove_dir() } else { aside.remove() };
    if id(&meta) != dead {
        put_back(aside, spot, meta.is_dir());
        let _ = remove();
        return Ok(true);
    }
    remove().inspect_err(|_| put_back(aside, spot, meta.is_dir()))?;
    Ok(true)
}

/// Puts a lock back at its place, unless something is there.
fn put_back(aside: &Spot, spot: &Spot, directory: bool) {
    let _ = if directory {
        // A rename replaces an empty directory. The one that is made here is ocsync's own.
        spot.make_dir(0o700).and_then(|()| aside.move_over(spot))
    } else {
        // A file system may lack the one or the other. Each of them replaces nothing.
        aside.link_to(spot).or_else(|_| aside.move_to(spot))
    };
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::openclaw::lock::judge::tests::{DEAD, is_dead, make, temp, touch};
    use crate::sys::fs::spot::spot;

    fn now_id(path: &Path) -> LockId {
        id(&fs::symlink_metadata(path).unwrap())
    }

    #[test]
    fn a_dead_lock_is_taken_away_and_no_other() {
        for directory in [true, false] {
            let (dir, lock) = temp();
            let make = || if directory { make(&lock, 0o700, 0) } else { fs::write(&lock, DEAD).unwrap() };
            make();
            let dead = now_id(&lock);
            touch(&lock, 9);
            assert!(clear(&spot(&lock), dead).unwrap() && lock.exists(), "another by now");
            assert!(clear(&spot(&lock), now_id(&lock)).unwrap() && !lock.exists());
            assert!(clear(&spot(&lock), dead).unwrap(), "gone already");
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        }
    }

    #[test]
    fn while_another_run_is_at_it_a_dead_lock_stays() {
        let (_dir, lock) = temp();
        fs::write(&lock, DEAD).unwrap();
        let other = fs::File::open(&lock).unwrap();
        flock(&other, FlockOperation::LockExclusive).unwrap();
        assert!(!clear(&spot(&lock), now_id(&lock)).unwrap() && lock.exists());
        drop(other);
        assert!(clear(&spot(&lock), now_id(&lock)).unwrap() && !lock.exists());
    }

    #[test]
    fn what_cannot_be_removed_is_put_back_and_a_pipe_is_not_waited_for() {
        let (dir, lock) = temp();
        make(&lock, 0o700, 0);
        fs::write(lock.join("inside"), "").unwrap();
        clear(&spot(&lock), now_id(&lock)).unwrap_err();
        assert!(lock.join("inside").exists());
        // Its name leaves no room for that of a temporary file.
        let long = dir.path().join("l".repeat(240));
        fs::write(&long, DEAD).unwrap();
        clear(&spot(&long), now_id(&long)).unwrap_err();
        fs::remove_file(&long).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        fs::remove_dir_all(&lock).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, &lock, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).unwrap();
        assert!(!is_dead(&lock));
        assert!(clear(&spot(&lock), now_id(&lock)).unwrap() && !lock.exists());
    }

    #[test]
    fn a_lock_is_put_back_only_where_there_is_none() {
        for directory in [true, false] {
            let (dir, lock) = temp();
            let aside = dir.path().join("aside");
            let make = |path: &Path| if directory { make(path, 0o700, 0) } else { fs::write(path, "").unwrap() };
            make(&aside);
            let back = now_id(&aside);
            put_back(&spot(&aside), &spot(&lock), directory);
            assert_eq!(now_id(&lock).1, back.1);
            if directory {
                make(&aside);
            }
            fs::File::open(&lock).unwrap().set_modified(UNIX_EPOCH).unwrap();
            let third = now_id(&lock);
            put_back(&spot(&aside), &spot(&lock), directory);
            assert_eq!(now_id(&lock), third, "a third lock stays");
        }
    }
}
