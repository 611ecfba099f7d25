//! The lock that keeps ocsync's own runs apart.
//!
//! It is on a file of its own. The state file itself is replaced by a rename, and a lock on a file that was replaced
//! excludes nobody. The directory is locked as well: a lock file that somebody removes excludes nobody either.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::model::exit::Code;
use crate::model::problem::Problem;
use crate::model::shell::quoted;
use crate::openclaw::lock::sweep;
use crate::sys::fs::dir::Dir;
use crate::sys::fs::dir_of;
use crate::sys::fs::open;
use crate::sys::fs::own_dir::{self, failed};
use crate::sys::fs::temp;
use crate::sys::signal;

/// Runs `work` under the lock on the state file, so that no other run of ocsync works meanwhile. `None` when a signal
/// came before the work began.
///
/// # Errors
/// 75 when another run does not end in time, else why the file could not be locked.
pub fn exclusively<T>(path: &Path, deadline: Instant, work: impl FnOnce() -> T) -> Result<Option<T>, Problem> {
    let dir = dir_of(path);
    own_dir::make(dir)?;
    let lock_path = path.with_extension("lock");
    let busy = || {
        let message = format!("another run of ocsync holds {}", lock_path.display());
        Problem::busy(message, "it ends by itself; the next run catches up")
    };
    let mut file = open_lock(&lock_path)?;
    let place = Dir::open(dir).map_err(|error| failed("cannot open", dir, &error))?;
    let guard = loop {
        if signal::received() {
            return Ok(None);
        }
        match file.try_write() {
            // A directory cannot be locked everywhere (NFS). There the file alone has to do.
            Ok(guard) if place.is_locked_now() => {
                break guard;
            }
            Ok(_) => {}
            Err(error) if matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock) => {}
            Err(error) => return Err(failed("cannot lock", &lock_path, &error)),
        }
        if Instant::now() >= deadline {
            return Err(busy());
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    // No other run works here now, so a temporary file of the journal is from a killed run.
    if place.names().is_ok_and(|names| names.iter().any(|name| is_temp(name))) {
        sweep::sweep(dir, deadline);
    }
    let done = work();
    drop((guard, place));
    Ok(Some(done))
}

/// Opens the file that is locked, and makes it where there is none.
fn open_lock(path: &Path) -> Result<fd_lock::RwLock<File>, Problem> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::NOFOLLOW;
    match open::open_as(path, flags, Mode::RUSR | Mode::WUSR) {
        Ok((file, _)) => Ok(fd_lock::RwLock::new(file)),
        Err(error)
            if error.kind() == ErrorKind::InvalidInput || Errno::from_io_error(&error) == Some(Errno::LOOP) =>
        {
            let message = format!("cannot lock {}: it is not a regular file", path.display());
            let rm = if path.is_symlink() || !path.is_dir() { "rm" } else { "rm -r" };
            Err(Problem::error(Code::Io, "io", message, format!("{rm} {}", quoted(&path.to_string_lossy()))))
        }
        Err(error) => Err(failed("cannot open", path, &error)),
    }
}

fn is_temp(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| temp::owner(name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_run_at_a_time_and_the_other_says_busy() {
        let dir = crate::sys::fs::test_dir();
        let path = dir.path().join("deep/state.json");
        let inner = exclusively(&path, Instant::now(), || exclusively(&path, Instant::now(), || ()));
        let problem = inner.unwrap().unwrap().unwrap_err();
        assert_eq!(problem.failure, Some(Code::Busy));
        assert!(exclusively(&path, Instant::now(), || ()).is_ok());
        let removed = exclusively(&path, Instant::now(), || {
            std::fs::remove_file(path.with_extension("lock")).unwrap();
            exclusively(&path, Instant::now(), || ())
        });
        assert_eq!(removed.unwrap().unwrap().unwrap_err().failure, Some(Code::Busy), "the lock file was removed");
    }

    #[test]
    fn what_is_no_lock_file_is_named_and_not_waited_for() {
        let dir = crate::sys::fs::test_dir();
        let (path, lock) = (dir.path().join("state.json"), dir.path().join("state.lock"));
        let refused = || {
            let problem = exclusively(&path, Instant::now() + Duration::from_secs(60), || ()).unwrap_err();
            assert!(problem.message.ends_with("state.lock: it is not a regular file"), "{}", problem.message);
            let rm = if lock.is_dir() { "rm -r" } else { "rm" };
            assert_eq!(problem.hint, format!("{rm} {}", lock.display()));
        };
        std::os::unix::fs::symlink("nowhere", &lock).unwrap();
        refused();
        std::fs::remove_file(&lock).unwrap();
        std::fs::create_dir(&lock).unwrap();
        refused();
        std::fs::remove_dir(&lock).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, &lock, rustix::fs::FileType::Fifo, Mode::RWXU, 0).unwrap();
        refused();
    }
}
