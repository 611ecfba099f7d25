//! The files that SQLite keeps beside a database (the log `-wal`, its index `-shm`, `-journal`), looked at without
//! SQLite.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, fcntl_lock};
use rustix::io::Errno;

use crate::model::exit::Code;
use crate::model::problem::Problem;
use crate::sys::fs::read::{FileId, is_absent, open};

/// Keeps the log of a database in place until `file` is closed: a shared lock on `file` stops the process that closes
/// the database last from deleting it. Gives `false` where another process has the database for itself; it ends soon.
///
/// # Errors
/// Why the log must not be opened.
pub fn keep_log(path: &Path, file: &File) -> Result<bool, Problem> {
    let log =
        SideFile::read(path, "-wal").map_err(|error| Problem::io("cannot read", &beside(path, "-wal"), &error))?;
    let Some(log) = log else { return Ok(true) };
    // As root, SQLite gives the log and its index to the owner of the database. Nothing but their ctime may change by
    // that.
    let owner = |meta: std::fs::Metadata| (meta.uid(), meta.gid());
    let expected = file.metadata().map(owner).map_err(|error| Problem::io("cannot read", path, &error))?;
    let index = beside(path, "-shm").symlink_metadata().map_or(expected, owner);
    if rustix::process::geteuid().is_root() && (log.owner, index) != (expected, expected) {
        let message = format!("{}-wal or -shm belongs to somebody else than the database", path.display());
        let hint = "give all to the owner of the state directory";
        return Err(Problem::error(Code::Permission, "wrong-owner", message, hint));
    }
    // Where locks do not work (some network file systems), there is no lock to wait for.
    Ok(!matches!(fcntl_lock(file, FlockOperation::NonBlockingLockShared), Err(Errno::AGAIN | Errno::ACCESS)))
}

/// A database at one moment: its file, its log and its journal. A second snapshot that differs shows that the
/// database was changed in between. A log that only grew is no difference; one that began anew is.
#[derive(PartialEq)]
pub struct Snapshot {
    file: FileId,
    /// The log, unless it is empty.
    pub log: Option<SideFile>,
    journal: Option<SideFile>,
    /// Whether the index of the log is there.
    pub index: bool,
}

impl Snapshot {
    /// Takes a snapshot of the database that is open as `file`.
    ///
    /// # Errors
    /// Which file cannot be looked at.
    pub fn take(path: &Path, file: &File) -> Result<Self, Problem> {
        let failed = |error: io::Error| Problem::io("cannot read", path, &error);
        Ok(Self {
            file: FileId::from(&file.metadata().map_err(failed)?),
            log: SideFile::read(path, "-wal").map_err(failed)?,
            journal: SideFile::read(path, "-journal").map_err(failed)?,
            index: beside(path, "-shm").symlink_metadata().is_ok(),
        })
    }
}

/// A file beside a database: its identity and its header.
#[derive(PartialEq)]
pub struct SideFile {
    inode: (u64, u64),
    owner: (u32, u32),
    header: [u8; 32],
}

impl SideFile {
    /// Reads it; `None` where there is no such file, or an empty one.
    fn read(path: &Path, suffix: &str) -> io::Result<Option<Self>> {
        let (file, meta) = match open(&beside(path, suffix)) {
            Ok(opened) => opened,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut header = [0; 32];
        // A shorter file leaves the rest of the header at zero.
        let _ = file.read_at(&mut header, 0)?;
        let (inode, owner) = ((meta.dev(), meta.ino()), (meta.uid(), meta.gid()));
        Ok((meta.len() > 0).then_some(Self { inode, owner, header }))
    }
}

/// The endings of the names of the files that SQLite may open beside a database.
const ENDINGS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Checks that what is beside a database are regular files, or nothing: SQLite itself waits for a FIFO.
///
/// It looks and does not open: closing a file would end the locks of this process on it.
///
/// # Errors
/// Which one is no regular file.
pub fn refuse_irregular(path: &Path) -> Result<(), Problem> {
    for path in ENDINGS.iter().map(|ending| beside(path, ending)) {
        let Ok(there) = path.symlink_metadata() else { continue };
        if !path.metadata().is_ok_and(|meta| meta.is_file()) {
            let what = if there.is_symlink() { "leads to no regular file" } else { "is no regular file" };
            let hint = "it was left alone; remove it while no gateway runs";
            return Err(Problem::malformed(format!("{} {what}", path.display()), hint));
        }
    }
    Ok(())
}

/// The path of a file that SQLite keeps beside a database.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
