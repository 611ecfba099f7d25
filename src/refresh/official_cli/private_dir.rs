//! An empty directory for a CLI to work in. Elsewhere it would find the settings and instructions of a
//! project, which must not influence the call.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::model::problem::Problem;
use crate::refresh::official_cli::cli_call::{Call, usual_program};
use crate::sys::fs::obstacle::obstacle;
use crate::sys::fs::temp::temp_path;

/// A directory with mode 0700. It is removed with everything in it.
#[derive(Debug)]
pub(super) struct PrivateDir(PathBuf);

impl PrivateDir {
    /// Makes one, beside ocsync's state file where that is possible. Claude Code keeps a note for each
    /// directory in `.claude.json`, so the name should stay the same. Otherwise it is made in the temporary
    /// directory.
    ///
    /// # Errors
    /// Where neither can be written.
    pub(super) fn for_call(call: &Call<'_>) -> Result<Self, Problem> {
        let state = call.env.state_file().with_file_name(format!("cwd-{}", usual_program(call.kind)));
        if make(&state).is_ok() || remade(&state) {
            return Ok(Self(state));
        }
        let temp = call.env.temp_dir();
        let failed = |error: io::Error| obstacle("cannot make a directory in", &temp, &error);
        let names = (0..100).map(|_| temp_path(&temp.join("cli")));
        let taken = |made: &io::Result<PathBuf>| {
            made.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::AlreadyExists)
        };
        let mut tries = names.map(|path| make(&path).map(|()| path)).skip_while(taken);
        tries.next().unwrap_or_else(|| Err(io::ErrorKind::AlreadyExists.into())).map(Self).map_err(failed)
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

/// Makes a directory again that a killed run left behind. What is in it is of no use.
fn remade(path: &Path) -> bool {
    path.is_dir() && fs::remove_dir_all(path).is_ok() && make(path).is_ok()
}
