//! An answer of a token endpoint on its way into the CLI's file.
//!
//! The server hands new tokens out once. From the moment they arrive they are on the disk, 0600,
//! in ocsync's state directory, until the CLI's file has them; a run that cannot save them, or is
//! killed, leaves them to the next one. Room for them is made before the server is asked.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::Fresh;
use super::answer::{self, Answer};
use super::login_file::Posted;
use super::token_endpoint::Reply;
use crate::credential::Fingerprint;
use crate::exit::Code;
use crate::fs::read::read;
use crate::fs::replace::{Expect, For, NotReplaced, Prepared};
use crate::problem::Problem;
use crate::source::Kind;

/// More than any answer that is taken: their limit is 64 KiB, and JSON may double it.
const ROOM: u64 = 160 << 10;

/// What the file holds.
#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    /// The CLI's file, for whoever finds this one.
    path: String,
    posted: Posted,
    /// When the answer came, in milliseconds.
    received: i64,
    answer: String,
}

/// Room for an answer that is about to be asked for.
#[derive(Debug)]
pub struct Slot {
    prepared: Prepared,
    path: PathBuf,
    file: PathBuf,
    posted: Posted,
}

impl Slot {
    /// Makes room in the state directory `dir` for what will be posted of `file`.
    ///
    /// # Errors
    /// Why an answer could not be kept.
    pub fn new(dir: &Path, kind: Kind, file: &Path, posted: Posted) -> Result<Self, Problem> {
        let path = place(dir, kind, file);
        match Prepared::new(&path, Expect::Absent, For::Owner, ROOM) {
            Ok(prepared) => Ok(Self { prepared, path, file: file.to_owned(), posted }),
            Err(error) => Err(problem(error, &path)),
        }
    }

    /// Puts the answer on the disk.
    ///
    /// # Errors
    /// Why that failed.
    pub fn fill(self, reply: &Reply, received: i64) -> Result<Kept, Problem> {
        let answer = String::from_utf8_lossy(&reply.body).into_owned();
        let path = self.file.to_string_lossy().into_owned();
        let mut stored = Stored { version: 1, path, posted: self.posted, received, answer };
        let bytes = Zeroizing::new(serde_json::to_vec(&stored).unwrap_or_default());
        zeroize::Zeroize::zeroize(&mut stored.answer);
        match self.prepared.commit(&bytes, Expect::Absent, &|| true) {
            Ok(()) => Ok(Kept(self.path)),
            Err(error) => Err(problem(error, &self.path)),
        }
    }
}

/// An answer that is on the disk.
#[derive(Debug)]
pub struct Kept(pub PathBuf);

impl Kept {
    /// Takes it away: the CLI's file has it, or it is of no use any more.
    pub fn remove(self) {
        let _ = fs::remove_file(self.0);
    }
}

/// An answer that an earlier run has left.
#[derive(Debug)]
pub struct Recovered {
    /// Where it is.
    pub kept: Kept,
    /// What was posted for it.
    pub posted: Posted,
    /// The tokens; `None` where the answer held none.
    pub fresh: Option<Fresh>,
}

/// Looks for an answer that an earlier run has left for `file`.
///
/// # Errors
/// Where there is one that cannot be understood: it may hold the only tokens that are alive.
pub fn find(dir: &Path, kind: Kind, file: &Path) -> Result<Option<Recovered>, Problem> {
    let path = place(dir, kind, file);
    let read = read(&path).map_err(|error| Problem::io("cannot read", &path, &error))?;
    let Some((bytes, _)) = read else { return Ok(None) };
    let bytes = Zeroizing::new(bytes);
    let stored: Stored = serde_json::from_slice(&bytes).map_err(|error| {
        let message = format!(
            "{}: line {} column {}: no answer of a token endpoint",
            path.display(),
            error.line(),
            error.column()
        );
        let hint = "it may hold the only live tokens; remove it once the CLI is logged in again";
        Problem::error(Code::Data, "recovery", message, hint)
    })?;
    let body = Zeroizing::new(stored.answer.into_bytes());
    let reply = Reply { status: 200, json: true, retry_after: None, body };
    let fresh = match answer::judge(kind, &reply, stored.received) {
        Answer::Tokens(fresh) => Some(fresh),
        _ => None,
    };
    Ok(Some(Recovered { kept: Kept(path), posted: stored.posted, fresh }))
}

/// One file per CLI file.
fn place(dir: &Path, kind: Kind, file: &Path) -> PathBuf {
    dir.join(format!("recovery-{}-{}.json", kind.name(), Fingerprint::of(&file.to_string_lossy())))
}

fn problem(error: NotReplaced, path: &Path) -> Problem {
    match error {
        NotReplaced::Failed(problem) => problem,
        NotReplaced::Changed | NotReplaced::Stopped => {
            let message = format!("{} is there already", path.display());
            Problem::error(Code::Busy, "busy", message, "the next run takes it up")
        }
    }
}
