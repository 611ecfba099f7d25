//! The files that SQLite keeps beside a database (the log `-wal`, its index `-shm`, `-journal`), looked at without
//! SQLite.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, fcntl_lock};
use rustix::io::Errno;

use crate::model::exit::Code;
use crate::model::problem::Problem;
use crate::sys::fs::obstacle::obstacle;
use crate::sys::fs::open::{is_absent, open};
use crate::sys::fs::read::FileId;

/// The length of the header of a log. One that is no longer holds nothing: a program was killed when it began the log.
const HEADER: usize = 32;

/// What there is beside a database, at one look: regular files, or nothing.
#[derive(Debug)]
pub struct Beside {
    /// The log, also an empty one.
    pub log: Option<Metadata>,
    /// Of its index, user and group; of a link, the link's own.
    index: Option<(u32, u32)>,
    journal: Option<Metadata>,
}

impl Beside {
    /// Looks at the three names. It opens nothing: SQLite itself waits for a FIFO, and closing a file would end the
    /// locks of this process on it.
    ///
    /// # Errors
    /// Which one is not a regular file.
    pub fn look(path: &Path) -> Result<Self, Problem> {
        Ok(Self { index: index(path)?, log: log(path)?, journal: journal(path)? })
    }

    /// Whether there is a log with something after its header.
    pub fn has_log(&self) -> bool {
        self.log.as_ref().is_some_and(|log| log.len() > HEADER as u64)
    }

    /// Whether SQLite passes over the log, because its header is none. Over an index that is opened read-only it would
    /// try to read such a log for ten seconds, and give up.
    ///
    /// # Errors
    /// Why the log cannot be looked into.
    pub fn is_no_log(path: &Path) -> Result<bool, Problem> {
        let log = SideFile::read(path, "-wal").map_err(|error| obstacle("cannot read", path, &error))?;
        Ok(!log.is_some_and(|log| is_header(&log.header)))
    }

    /// Whether the index of the log is there.
    pub fn has_index(&self) -> bool {
        self.index.is_some()
    }

    /// Looks at the three names beside a database that is open as `file`. A log stays in place until `file` is closed: a
    /// shared lock stops the process that closes the database last from deleting it. `None` where another process has the
    /// database for itself; it ends soon. `database` is what the system says of `file`.
    ///
    /// # Errors
    /// Which one is not a regular file, or why the log must not be opened.
    pub fn keep(path: &Path, file: &File, database: FileId) -> Result<Option<Self>, Problem> {
        let index = index(path)?;
        // Where there is an index there mostly is a log. So the lock comes first, and one look at the log is enough.
        let mut is_kept = index.is_some() && lock(file);
        let mut all = Self { log: log(path)?, index, journal: journal(path)? };
        if !all.has_log() {
            if is_kept {
                let _ = fcntl_lock(file, FlockOperation::Unlock);
            }
            return Ok(Some(all));
        }
        all.refuse_foreign(path, database)?;
        if all.index.is_none() {
            is_kept = lock(file);
            // Until then somebody could delete it.
            all.log = log(path)?;
        }
        Ok(is_kept.then_some(all))
    }

    /// Refuses files that root would give to somebody else. As root, SQLite gives the log and its index to the owner of the
    /// database. Nothing but their ctime may change by that.
    fn refuse_foreign(&self, path: &Path, database: FileId) -> Result<(), Problem> {
        let expected = (database.uid, database.gid);
        let is_given = |found: (u32, u32)| found != expected;
        let any = self.log.as_ref().map(owner).is_some_and(is_given) || self.index.is_some_and(is_given);
        if any && rustix::process::geteuid().is_root() {
            let message = format!("{}-wal or -shm belongs to another user than the database", path.display());
            let hint = "chown them to the owner of the state directory";
            return Err(Problem::error(Code::Permission, "wrong-owner", message, hint));
        }
        Ok(())
    }

    /// What is needed to see whether a database that is `file` was changed since.
    ///
    /// # Errors
    /// Which file cannot be looked into.
    pub fn snapshot(&self, path: &Path, file: FileId) -> Result<Snapshot, Problem> {
        let read = |meta: Option<&Metadata>, suffix| {
            let read = is_full(meta).then(|| SideFile::read(path, suffix)).transpose();
            read.map(Option::flatten).map_err(|error| obstacle("cannot read", path, &error))
        };
        let log = read(self.log.as_ref(), "-wal")?;
        Ok(Snapshot { file, log, journal: read(self.journal.as_ref(), "-journal")?, index: self.has_index() })
    }
}

/// User and group of the index of the log; of a link, the link's own.
fn index(path: &Path) -> Result<Option<(u32, u32)>, Problem> {
    Ok(regular(path, "-shm")?.map(|(there, _)| owner(&there)))
}

fn log(path: &Path) -> Result<Option<Metadata>, Problem> {
    Ok(regular(path, "-wal")?.map(|(_, end)| end))
}

fn journal(path: &Path) -> Result<Option<Metadata>, Problem> {
    Ok(regular(path, "-journal")?.map(|(_, end)| end))
}

/// Takes a shared lock on a database; `false` where another process has it for itself. Where locks do not work (some
/// network file systems), there is no lock to wait for.
fn lock(file: &File) -> bool {
    !matches!(fcntl_lock(file, FlockOperation::NonBlockingLockShared), Err(Errno::AGAIN | Errno::ACCESS))
}

/// A file beside a database, and what is at its end where it is a link; `None` where nothing is there.
fn regular(path: &Path, suffix: &str) -> Result<Option<(Metadata, Metadata)>, Problem> {
    let path = beside(path, suffix);
    let Ok(there) = path.symlink_metadata() else { return Ok(None) };
    let end = if there.is_symlink() { path.metadata().ok() } else { Some(there.clone()) };
    if let Some(end) = end.filter(Metadata::is_file) {
        return Ok(Some((there, end)));
    }
    let what = if there.is_symlink() { "leads to no regular file" } else { "is not a regular file" };
    let hint = "ocsync left it alone; remove it while no gateway runs";
    Err(Problem::malformed(format!("{} {what}", path.display()), hint))
}

fn is_full(meta: Option<&Metadata>) -> bool {
    meta.is_some_and(|meta| meta.len() > 0)
}

fn owner(meta: &Metadata) -> (u32, u32) {
    (meta.uid(), meta.gid())
}

/// A database at one moment: its file, its log and its journal. A second snapshot that differs shows that the
/// database was changed in between. A log that only grew is no difference; one that began anew is.
#[derive(PartialEq)]
pub struct Snapshot {
    file: FileId,
    /// The log, unless it is empty.
    log: Option<SideFile>,
    journal: Option<SideFile>,
    /// Whether the index of the log is there.
    index: bool,
}

impl Snapshot {
    /// Takes a snapshot of the database that is open as `file`.
    ///
    /// # Errors
    /// Which file cannot be looked at.
    pub fn take(path: &Path, file: &File) -> Result<Self, Problem> {
        let meta = file.metadata().map_err(|error| obstacle("cannot read", path, &error))?;
        Beside::look(path)?.snapshot(path, FileId::from(&meta))
    }
}

/// A file beside a database: its identity and its header.
#[derive(PartialEq)]
struct SideFile {
    inode: (u64, u64),
    owner: (u32, u32),
    header: [u8; HEADER],
}

/// Whether a log begins as SQLite begins it: with one of two marks, then the version, then the size of a page.
fn is_header(header: &[u8; HEADER]) -> bool {
    let number = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let (mark, page) = (number(0), number(8));
    mark & !1 == 0x377f_0682 && page.is_power_of_two() && (512..=65_536).contains(&page)
}

impl SideFile {
    /// Reads it; `None` where there is no such file, or an empty one.
    fn read(path: &Path, suffix: &str) -> io::Result<Option<Self>> {
        let (file, meta) = match open(&beside(path, suffix)) {
            Ok(opened) => opened,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut header = [0; HEADER];
        // A shorter file leaves the rest of the header at zero.
        let _ = file.read_at(&mut header, 0)?;
        let inode = (meta.dev(), meta.ino());
        Ok((meta.len() > 0).then_some(Self { inode, owner: owner(&meta), header }))
    }
}

/// The path of a file that SQLite keeps beside a database.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a log begins with.
    fn header(mark: u32, page: u32) -> [u8; HEADER] {
        let mut header = [0; HEADER];
        header[..4].copy_from_slice(&mark.to_be_bytes());
        header[8..12].copy_from_slice(&page.to_be_bytes());
        header
    }

    #[test]
    fn a_log_is_known_by_its_mark_and_the_size_of_a_page() {
        for (mark, page, is_one) in [
            (0x377f_0682, 4096, true),
            (0x377f_0683, 512, true),
            (0x377f_0682, 65_536, true),
            (0x377f_0684, 4096, false),
            (0x377f_0602, 4096, false),
            (0, 4096, false),
            (0x377f_0682, 0, false),
            (0x377f_0682, 256, false),
            (0x377f_0682, 4097, false),
            (0x377f_0682, 131_072, false),
        ] {
            assert_eq!(is_header(&header(mark, page)), is_one, "{mark:x} {page}");
        }
    }
}
