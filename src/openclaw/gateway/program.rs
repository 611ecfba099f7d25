//! Runs `openclaw` for one installation: with its state directory and its configuration. As root, it runs `openclaw`
//! as the user who owns the installation.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::settings::env::Env;
use crate::sys::fs::dir_of;
use crate::sys::process::run_as::{self, User};

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
    /// The user that root has to become to start it.
    pub another: Option<User>,
    home: PathBuf,
}

impl<'a> Installation<'a> {
    /// Finds the program, and the user to run it as.
    ///
    /// # Errors
    /// Why the program cannot be run, or must not be.
    pub fn program(self) -> Result<Program<'a>, Unusable> {
        let name = self.program.first().map_or(Path::new("openclaw"), PathBuf::as_path);
        let path = self.env.program(name).ok_or_else(|| {
            let why = format!("{} is not found", name.display());
            Unusable::new(why, "set \"openclaw\" in ocsync's config to its full path")
        })?;
        let home = self.env.home().to_owned();
        if !rustix::process::geteuid().is_root() {
            return Ok(Program { installation: self, path, another: None, home });
        }
        let user = self.owner()?;
        if !run_as::may_run(user, &path) {
            let why = format!("{} is not run as uid {}: others can change it", path.display(), user.uid);
            return Err(Unusable::new(why, "run ocsync as the user whose installation it is"));
        }
        let home = self.home_of(user);
        Ok(Program { installation: self, path, another: Some(user).filter(|user| user.uid != 0), home })
    }

    fn owner(&self) -> Result<User, Unusable> {
        let hint = "run ocsync as the user whose installation it is";
        let meta = fs::metadata(self.state_dir)
            .map_err(|error| Unusable::new(crate::model::problem::plain(&error), hint))?;
        if meta.uid() == 0 {
            return Ok(User { uid: 0, gid: 0 });
        }
        // Root's group does not count: a directory that root has given to a user may still have it.
        let around = self.state_dir.parent().and_then(|dir| fs::metadata(dir).ok());
        let own = around.filter(|around| around.uid() == meta.uid()).map_or(0, |around| around.gid());
        match [meta.gid(), own].into_iter().find(|gid| *gid != 0) {
            Some(gid) => Ok(User { uid: meta.uid(), gid }),
            None => Err(Unusable::new(format!("which group goes with uid {}?", meta.uid()), hint)),
        }
    }

    /// The home of this run, where it belongs to `user`; else the directory around the installation.
    fn home_of(&self, user: User) -> PathBuf {
        let is_theirs = |dir: &&Path| fs::metadata(dir).is_ok_and(|meta| meta.uid() == user.uid);
        let around = self.state_dir.parent().unwrap_or(self.state_dir);
        [self.env.home(), around].into_iter().find(is_theirs).unwrap_or(self.state_dir).to_owned()
    }
}

impl Program<'_> {
    /// The command `openclaw` with these arguments.
    pub fn command<T: Into<OsString>>(&self, arguments: impl IntoIterator<Item = T>) -> Command {
        let mut command = Command::new(&self.path);
        command.args(self.installation.program.iter().skip(1)).args(arguments.into_iter().map(Into::into));
        if let Some(user) = self.another {
            let env = self.installation.env;
            let path = env.search_path(dir_of(&self.path));
            command.env_clear().envs(env.vars().filter(|(name, _)| run_as::is_harmless(name)));
            // The program looks for `node` on this path.
            command.env("PATH", run_as::trusted_path(user, &path));
            // As root, this also gives up root's other groups.
            command.uid(user.uid).gid(user.gid);
        }
        command
            .current_dir(self.installation.state_dir)
            .env("HOME", &self.home)
            .env("OPENCLAW_STATE_DIR", self.installation.state_dir);
        if let Some(config) = self.installation.config {
            command.env("OPENCLAW_CONFIG_PATH", config);
        }
        command
    }
}
