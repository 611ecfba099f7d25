//! An empty directory for a CLI to work in: the project's settings and instructions that it would
//! find elsewhere are nobody's business here.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::model::problem::Problem;
use crate::refresh::official_cli::cli_call::{Call, usual_program};
use crate::sys::fs::temp::temp_path;
use crate::sys::process::run_as::User;

/// A directory, 0700, that goes away with all that is in it.
#[derive(Debug)]
pub(super) struct PrivateDir(PathBuf);

impl PrivateDir {
    /// Makes one. Beside ocsync's state where that is: Claude Code keeps a note per directory in
    /// `.claude.json`, so its name had better stay the same. Else, and for another user who may
    /// not go there, under the temporary directory.
    ///
    /// # Errors
    /// Where neither can be written.
    pub(super) fn for_call(call: &Call<'_>, another: Option<User>) -> Result<Self, Problem> {
        let state = call.env.state_file().with_file_name(format!("cwd-{}", usual_program(call.kind)));
        if another.is_none() && (make(&state).is_ok() || remade(&state)) {
            return Ok(Self(state));
        }
        let temp = call.env.temp_dir();
        let failed = |error: io::Error| Problem::io("cannot make a directory in", &temp, &error);
        let names = (0..100).map(|_| temp_path(&temp.join("cli")));
        let taken = |made: &io::Result<PathBuf>| {
            made.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::AlreadyExists)
        };
        let mut tries = names.map(|path| make(&path).map(|()| path)).skip_while(taken);
        let dir = Self(tries.next().unwrap_or_else(|| Err(io::ErrorKind::AlreadyExists.into())).map_err(failed)?);
        if let Some(user) = another {
            give(&dir.0, user).map_err(failed)?;
        }
        Ok(dir)
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for PrivateDir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn make(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

/// A run that was killed has left it: what is in there is of no use.
fn remade(path: &Path) -> bool {
    path.is_dir() && fs::remove_dir_all(path).is_ok() && make(path).is_ok()
}

/// Gives away what was opened, and not what has come in its place.
fn give(path: &Path, user: User) -> io::Result<()> {
    let flags = rustix::fs::OFlags::DIRECTORY | rustix::fs::OFlags::NOFOLLOW;
    let dir: File = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
    std::os::unix::fs::fchown(&dir, Some(user.uid), Some(user.gid))
}
