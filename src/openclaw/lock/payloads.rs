//! The file that says who holds a lock, written once for all locks that one run takes soon after each other.
//!
//! All locks of a run say the same, and to sync that text costs as much as a third of a store. So the text is written
//! to one temporary file ([`Payloads`]), and each lock is a hard link to it.

use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, fchown};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::openclaw::lock::holder::Payload;
use crate::sys::fs::spot::Spot;
use crate::sys::fs::temp::Temp;

/// A payload may serve another lock for this long after it is on the disk. OpenClaw 2026.2.17 to 2026.5.7 takes a
/// lock away that says it was made 30 s ago.
const FRESH: Duration = Duration::from_secs(2);

/// The payload that locks taken soon after each other share. Dropping it removes the file, and none of the locks.
#[derive(Debug, Default)]
pub struct Payloads(Mutex<Option<Arc<PayloadFile>>>);

/// A payload on the disk.
#[derive(Debug)]
pub(super) struct PayloadFile {
    pub(super) temp: Temp,
    written: Instant,
    container: bool,
    owner: Option<(u32, u32)>,
}

impl Payloads {
    /// A payload for a lock at this place: the shared one while it is fresh and fits, else a new one beside
    /// the lock.
    pub(super) fn get(&self, lock: &Spot, container: bool) -> io::Result<Arc<PayloadFile>> {
        let owner = owner(lock)?;
        let mut shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |file: &&Arc<PayloadFile>| {
            file.written.elapsed() < FRESH && (file.container, file.owner) == (container, owner)
        };
        if let Some(file) = shared.as_ref().filter(fits) {
            return Ok(file.clone());
        }
        let file = Arc::new(PayloadFile::write(lock, container, owner)?);
        Ok(shared.insert(file).clone())
    }
}

impl PayloadFile {
    fn write(lock: &Spot, container: bool, owner: Option<(u32, u32)>) -> io::Result<Self> {
        let mut text = serde_json::to_string_pretty(&Payload::own(container))?;
        text.push('\n');
        let temp = Temp::beside(lock);
        let (mut file, _) = temp.spot.create()?;
        if let Some((uid, gid)) = owner {
            fchown(&file, Some(uid), Some(gid))?;
        }
        // A power cut must not leave an empty lock. The sync of the store takes the link to the disk; without the
        // sync here the text that it leads to stays behind.
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all())?;
        Ok(Self { temp, written: Instant::now(), container, owner })
    }
}

/// The owner that a lock gets, where that is another one than this run's. Where root locks the store of another user, that
/// user's OpenClaw must be able to read who holds the lock.
fn owner(lock: &Spot) -> io::Result<Option<(u32, u32)>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let (dir, own) = (lock.dir.metadata()?, (0, rustix::process::getegid().as_raw()));
    Ok(Some((dir.uid(), dir.gid())).filter(|owner| *owner != own))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;
    use crate::openclaw::lock::acquire::acquire;
    use crate::openclaw::lock::acquire::tests::{is_busy, names, request, store};
    use crate::openclaw::lock::protocol::Protocol;

    #[test]
    fn many_locks_say_the_same_and_each_goes_by_itself() {
        let (one, other) = (store(), store());
        let take = |(_, store, _): &(_, PathBuf, _), payloads: &Payloads| {
            acquire(&request(store, Protocol::File), payloads).unwrap()
        };
        let inode = |(_, _, lock): &(_, _, PathBuf)| fs::metadata(lock).unwrap().ino();
        let payloads = Payloads::default();
        let (first, second) = (take(&one, &payloads), take(&other, &payloads));
        assert_eq!(inode(&one), inode(&other));
        drop(first);
        assert!(second.is_held() && is_busy(&other.1, Protocol::File));
        drop(payloads);
        assert!(second.is_held() && !one.2.exists());
        assert_eq!((names(one.0.path()), names(other.0.path())), (1, 2));
    }

    #[test]
    fn what_a_lock_says_is_fresh_and_its_own_where_no_other_will_do() {
        let (one, other, third) = (store(), store(), store());
        let payloads = Payloads::default();
        let take = |(_, store, _): &(_, PathBuf, _)| acquire(&request(store, Protocol::File), &payloads).unwrap();
        let there = || payloads.0.lock().unwrap().clone().unwrap();
        let first = take(&one);
        fs::remove_file(there().temp.spot.path()).unwrap();
        let second = take(&other);
        assert!(first.is_held() && second.is_held());
        assert_ne!(first.id, second.id);
        let old = Arc::into_inner(payloads.0.lock().unwrap().take().unwrap()).unwrap();
        let written = Instant::now().checked_sub(FRESH).unwrap();
        *payloads.0.lock().unwrap() = Some(Arc::new(PayloadFile { written, ..old }));
        let last = take(&third);
        assert!(last.is_held() && there().written > written);
        drop((payloads, first, second, last));
        assert_eq!([&one, &other, &third].map(|(dir, ..)| names(dir.path())), [1; 3]);
    }

    #[test]
    fn a_lock_in_a_directory_of_ones_own_needs_no_other_owner() {
        let (dir, _, lock) = store();
        let groups = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
        std::os::unix::fs::chown(dir.path(), Some(groups.0), Some(groups.1)).unwrap();
        assert_eq!(owner(&crate::sys::fs::spot::spot(&lock)).unwrap(), None);
    }

    #[test]
    fn root_gives_a_lock_to_the_owner_of_its_directory() {
        let (dir, path, lock) = store();
        let own = fs::metadata(dir.path()).unwrap();
        let (uid, gid) = if rustix::process::geteuid().is_root() { (12_345, 34_567) } else { (own.uid(), own.gid()) };
        std::os::unix::fs::chown(dir.path(), Some(uid), Some(gid)).unwrap();
        let held = acquire(&request(&path, Protocol::File), &Payloads::default()).unwrap();
        let meta = fs::metadata(&lock).unwrap();
        assert_eq!((meta.uid(), meta.gid()), (uid, gid));
        drop(held);
    }
}
