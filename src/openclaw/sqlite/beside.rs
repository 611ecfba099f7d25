//! What is beside a database of SQLite's (`-wal`, its index `-shm`, `-journal`), looked at without SQLite.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, OFlags, fcntl_lock};
use rustix::io::Errno;

use crate::model::exit::Code;
use crate::model::problem::Problem;
use crate::sys::fs::read::{FileId, is_absent};

/// Where there is a log, keeps whoever closes the database last from taking it away, until `file` is closed. Says
/// whether that could be had: whoever has the database for itself is about to end.
///
/// # Errors
/// Why the log must not be opened.
pub fn claim(path: &Path, file: &File) -> Result<bool, Problem> {
    let log = Side::look(path, "-wal").map_err(|error| Problem::io("cannot read", &beside(path, "-wal"), &error))?;
    let Some(log) = log else { return Ok(true) };
    // As root SQLite gives the log and its index to the owner of the database: no more than their ctime may change.
    let owner = |meta: std::fs::Metadata| (meta.uid(), meta.gid());
    let expected = file.metadata().map(owner).map_err(|error| Problem::io("cannot read", path, &error))?;
    let index = beside(path, "-shm").symlink_metadata().map_or(expected, owner);
    if rustix::process::geteuid().is_root() && (log.owner, index) != (expected, expected) {
        let message = format!("{}-wal or -shm belongs to somebody else than the database", path.display());
        let hint = "give all to the owner of the state directory";
        return Err(Problem::error(Code::Permission, "wrong-owner", message, hint));
    }
    // Where locks do not work (some network file systems) there is none to wait for either.
    Ok(!matches!(fcntl_lock(file, FlockOperation::NonBlockingLockShared), Err(Errno::AGAIN | Errno::ACCESS)))
}

/// What tells that a database was changed: itself, its log (which may grow, not begin anew) and its journal.
#[derive(PartialEq)]
pub struct Seen {
    file: FileId,
    /// Its log.
    pub log: Option<Side>,
    journal: Option<Side>,
    /// Whether the index of its log is there.
    pub index: bool,
}

impl Seen {
    /// Looks, at a database that is open.
    ///
    /// # Errors
    /// What cannot be looked at.
    pub fn look(path: &Path, file: &File) -> Result<Self, Problem> {
        let told = |error: io::Error| Problem::io("cannot read", path, &error);
        Ok(Self {
            file: FileId::from(&file.metadata().map_err(told)?),
            log: Side::look(path, "-wal").map_err(told)?,
            journal: Side::look(path, "-journal").map_err(told)?,
            index: beside(path, "-shm").symlink_metadata().is_ok(),
        })
    }
}

/// A file beside a database, by its identity and its header.
#[derive(PartialEq)]
pub struct Side {
    inode: (u64, u64),
    owner: (u32, u32),
    header: [u8; 32],
}

impl Side {
    /// `None` for none, and for an empty one.
    fn look(path: &Path, suffix: &str) -> io::Result<Option<Self>> {
        let file = match open(&beside(path, suffix)) {
            Ok(file) => file,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        let meta = file.metadata()?;
        let mut header = [0; 32];
        // Of a shorter one only that it is there.
        let _ = file.read_at(&mut header, 0)?;
        let (inode, owner) = ((meta.dev(), meta.ino()), (meta.uid(), meta.gid()));
        Ok((meta.len() > 0).then_some(Self { inode, owner, header }))
    }
}

/// Opens a regular file to read it.
///
/// # Errors
/// What the system says; `InvalidInput` for anything else.
pub fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"))
}

/// The file that SQLite keeps beside a database.
#[must_use]
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
