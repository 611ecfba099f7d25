//! An answer of a token endpoint on its way into the CLI's file.
//!
//! The server hands out new tokens once. From their arrival until the CLI's file has them, they are on the
//! disk: in ocsync's state directory, with mode 0600. A run that cannot save them, or is killed, leaves them
//! to the next run.
//!
//! The recovery file is in its place, blank, before the server is asked. So one write brings the answer to
//! the disk. A file that a killed run left blank holds nothing.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::model::exit::Code;
use crate::model::json_text;
use crate::model::problem::Problem;
use crate::model::secret::Fingerprint;
use crate::model::shell::quoted;
use crate::model::source::SourceKind;
use crate::model::zeroizing::Zeroizing;
use crate::refresh::Fresh;
use crate::refresh::http::answer::{self, Answer};
use crate::refresh::http::post::Reply;
use crate::refresh::lock::Locked;
use crate::refresh::login_file::Posted;
use crate::sys::fs::obstacle::obstacle;
use crate::sys::fs::open::is_absent;
use crate::sys::fs::placed::{Placed, is_blank};
use crate::sys::fs::prepared::{Expect, For, NotReplaced, Prepared};
use crate::sys::fs::read::{FileId, read};

/// The room for an answer, in bytes. The limit for an answer is 64 KiB, and quoting it in JSON may double
/// that.
const ROOM: u64 = 160 << 10;

/// The version of the file's format.
const VERSION: u32 = 1;

/// What the file holds.
#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    /// The CLI's file, for a person who finds this one.
    path: String,
    posted: Posted,
    /// When the answer came, in milliseconds.
    received: i64,
    #[serde(with = "wiped_text")]
    answer: Zeroizing<String>,
}

impl Stored {
    /// The bytes of the file. The buffer has room from the start: growing would leave a copy behind.
    fn to_json(&self) -> Zeroizing<Vec<u8>> {
        // A byte of the answer takes two at most, and a byte of anything else six.
        let room = 2 * self.answer.len() + 6 * self.path.len() + 1024;
        let mut bytes = Zeroizing::new(Vec::with_capacity(room));
        // Writing texts and numbers to memory does not fail.
        let _ = serde_json::to_writer(&mut *bytes, self);
        bytes
    }
}

/// A text that is wiped when it is dropped, written and read as any other.
mod wiped_text {
    use crate::model::zeroizing::Zeroizing;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(text: &Zeroizing<String>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(text)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Zeroizing<String>, D::Error> {
        String::deserialize(deserializer).map(Zeroizing::new)
    }
}

/// Room for the answer to a request that is not sent yet.
#[derive(Debug)]
pub struct Slot {
    placed: Placed,
    path: PathBuf,
    file: PathBuf,
    posted: Posted,
}

impl Slot {
    /// Makes room in the state directory `dir` for the answer to a request for this login.
    ///
    /// # Errors
    /// Why an answer could not be kept.
    pub fn new(lock: &Locked<'_>, dir: &Path, posted: Posted) -> Result<Self, Problem> {
        let file = lock.file();
        let path = place(dir, lock.kind(), file);
        match Prepared::new(&path, Expect::Absent, For::Owner, ROOM).and_then(Prepared::place) {
            Ok(placed) => Ok(Self { placed, path, file: file.to_owned(), posted }),
            Err(error) => Err(problem(error, &path)),
        }
    }

    /// Puts the answer on the disk.
    ///
    /// # Errors
    /// Why that failed.
    pub fn fill(self, reply: &Reply, received: i64) -> Result<KeptAnswer, Problem> {
        let answer = Zeroizing::new(String::from_utf8_lossy(&reply.body).into_owned());
        let path = self.file.to_string_lossy().into_owned();
        let stored = Stored { version: VERSION, path, posted: self.posted, received, answer };
        let bytes = stored.to_json();
        self.placed.fill(&bytes).map(KeptAnswer).map_err(|error| problem(error, &self.path))
    }
}

/// An answer that is on the disk, and where.
#[derive(Debug)]
pub struct KeptAnswer(pub PathBuf);

impl KeptAnswer {
    /// Removes it: the CLI's file has it, or it is of no use any more.
    pub fn remove(self) {
        let _ = fs::remove_file(self.0);
    }
}

/// An answer that an earlier run left.
#[derive(Debug)]
pub struct Recovered {
    /// Where it is.
    pub kept: KeptAnswer,
    /// What was posted to get it.
    pub posted: Posted,
    /// When it came, in milliseconds.
    pub received: i64,
    /// The tokens; `None` where the answer held none.
    pub fresh: Option<Fresh>,
}

/// A recovery file that cannot be understood or trusted: it may hold the only live tokens, or tokens of another
/// person.
#[derive(Debug)]
pub struct Unread {
    /// What is wrong with it.
    pub problem: Problem,
    /// What was posted to get it, as far as that can be read.
    pub posted: Option<Posted>,
}

impl From<Problem> for Box<Unread> {
    fn from(problem: Problem) -> Self {
        Self::new(Unread { problem, posted: None })
    }
}

/// Whether there may be an answer for `file`.
#[must_use]
pub fn is_there(dir: &Path, kind: SourceKind, file: &Path) -> bool {
    fs::symlink_metadata(place(dir, kind, file)).is_ok()
}

/// Looks for an answer that an earlier run left for `file`.
///
/// # Errors
/// There is one that says nothing that may be relied on.
pub fn find(dir: &Path, kind: SourceKind, file: &Path) -> Result<Option<Recovered>, Box<Unread>> {
    let path = place(dir, kind, file);
    let unread = |error| Box::from(obstacle("cannot read", &path, &error));
    let there = match fs::symlink_metadata(&path) {
        Ok(meta) => FileId::from(&meta),
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(unread(error)),
    };
    refuse_foreign(&path, there)?;
    let Some((bytes, id)) = read(&path).map_err(unread)? else { return Ok(None) };
    let bytes = Zeroizing::new(bytes);
    refuse_foreign(&path, id)?;
    if is_blank(&bytes) {
        return Ok(None);
    }
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let damaged = |why: &str| {
        let message = format!("{}: {why}", path.display());
        let command = quoted(&path.to_string_lossy());
        let hint = format!("it may hold the only live tokens; once the CLI is logged in again: rm -f {command}");
        let problem = Problem::error(Code::Data, "recovery", message, hint);
        Box::new(Unread { problem, posted: posted_in(&bytes) })
    };
    let mut stored: Stored = serde_json::from_slice(&bytes[..end]).map_err(|error| {
        let (line, column) = json_text::place(&error);
        damaged(&format!("line {line} column {column}: not an answer of a token endpoint"))
    })?;
    if stored.version != VERSION {
        return Err(damaged(&format!("is of version {}", stored.version)));
    }
    let body = Zeroizing::new(std::mem::take(&mut *stored.answer).into_bytes());
    let reply = Reply { status: 200, json: true, retry_after: None, body };
    let fresh = match answer::judge(kind, &reply, stored.received) {
        Answer::Tokens(fresh) => Some(fresh),
        _ => None,
    };
    Ok(Some(Recovered { kept: KeptAnswer(path), posted: stored.posted, received: stored.received, fresh }))
}

/// What was posted, as a file says it that may be cut off behind that. The quotes of a name are escaped in a value.
fn posted_in(bytes: &[u8]) -> Option<Posted> {
    const NAME: &[u8] = b"\"posted\":";
    let start = bytes.windows(NAME.len()).position(|part| part == NAME)? + NAME.len();
    serde_json::Deserializer::from_slice(&bytes[start..]).into_iter().next()?.ok()
}

/// Removes a file that is of no use: its run was killed before an answer came, or the CLI has another login.
pub fn remove(dir: &Path, kind: SourceKind, file: &Path) {
    KeptAnswer(place(dir, kind, file)).remove();
}

/// Trusts only a file that a run of ocsync can have left. A file that another user made could put the CLI
/// into that user's account.
fn refuse_foreign(path: &Path, id: FileId) -> Result<(), Problem> {
    let why = if id.mode & 0o170_000 != 0o100_000 {
        "is not a regular file"
    } else if id.uid != rustix::process::geteuid().as_raw() {
        "belongs to another user"
    } else if id.mode & 0o077 != 0 {
        "is open to others"
    } else if id.links != 1 {
        "has more than one hard link"
    } else {
        return Ok(());
    };
    let message = format!("{} {why}: it is not trusted", path.display());
    Err(Problem::error(Code::Permission, "recovery", message, "find out which program made it, and remove it"))
}

/// The path of the recovery file: there is one for each CLI file.
fn place(dir: &Path, kind: SourceKind, file: &Path) -> PathBuf {
    dir.join(format!("recovery-{}-{}.json", kind.name(), Fingerprint::of(&file.to_string_lossy())))
}

fn problem(error: NotReplaced, path: &Path) -> Problem {
    match error {
        NotReplaced::Failed(problem) => problem,
        NotReplaced::Changed | NotReplaced::Stopped => {
            let message = format!("{} is there already", path.display());
            Problem::busy(message, "the next run takes it up")
        }
    }
}
