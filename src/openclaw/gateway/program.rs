//! Runs `openclaw` for one installation: with its state directory and its configuration.
//!
//! `openclaw` runs what is in a state directory: plugins, and programs that its configuration names. So root does not
//! start it on a directory of another user. A command that root's configuration names instead of it, such as
//! `docker exec`, starts nothing of that directory on this side.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::settings::env::Env;
use crate::sys::process::as_user;

/// An installation, and the command that its operator uses for it.
#[derive(Clone, Copy, Debug)]
pub struct Installation<'a> {
    /// Its state directory.
    pub state_dir: &'a Path,
    /// Its configuration file, where there is one.
    pub config: Option<&'a Path>,
    /// The command with its first arguments, usually `openclaw`.
    pub program: &'a [PathBuf],
    /// The variables and the home of this run.
    pub env: &'a Env,
}

/// Why `openclaw` cannot be run, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable {
    /// The reason.
    pub why: String,
    /// What the operator can do.
    pub hint: String,
}

impl Unusable {
    /// A reason and a hint.
    pub fn new(why: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { why: why.into(), hint: hint.into() }
    }
}

/// `openclaw`, found and ready to be started with any arguments.
#[derive(Debug)]
pub struct Program<'a> {
    installation: Installation<'a>,
    path: PathBuf,
}

impl<'a> Installation<'a> {
    /// Finds the program.
    ///
    /// # Errors
    /// Why the program cannot be run, or must not be.
    pub fn program(self) -> Result<Program<'a>, Unusable> {
        let name = self.program.first().map_or(Path::new("openclaw"), PathBuf::as_path);
        let path = self.env.program(name).ok_or_else(|| {
            let why = format!("{} is not found", name.display());
            Unusable::new(why, "set \"openclaw\" in ocsync's config to its full path")
        })?;
        if name.file_name().is_some_and(|name| name == "openclaw") {
            self.refuse_foreign()?;
        }
        Ok(Program { installation: self, path })
    }

    fn refuse_foreign(&self) -> Result<(), Unusable> {
        let Some(uid) = as_user::stranger(self.state_dir) else { return Ok(()) };
        let hint = as_user::command(uid, self.state_dir, Some("--state-dir"));
        Err(Unusable::new(format!("root does not run openclaw for uid {uid}"), hint))
    }
}

impl Program<'_> {
    /// The command `openclaw` with these arguments.
    pub fn command<T: Into<OsString>>(&self, arguments: impl IntoIterator<Item = T>) -> Command {
        let mut command = Command::new(&self.path);
        command.args(self.installation.program.iter().skip(1)).args(arguments.into_iter().map(Into::into));
        command
            .current_dir(self.installation.state_dir)
            .env("HOME", self.installation.env.home())
            .env("OPENCLAW_STATE_DIR", self.installation.state_dir);
        if let Some(config) = self.installation.config {
            command.env("OPENCLAW_CONFIG_PATH", config);
        }
        command
    }
}
