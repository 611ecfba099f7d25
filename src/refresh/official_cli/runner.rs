//! Makes a command line into a process: which program, as whom, in which directory and environment.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::model::problem::Problem;
use crate::refresh::official_cli::cli_call::{Call, failed, usual_program};
use crate::refresh::official_cli::container;
use crate::refresh::official_cli::environment::{self, Variables};
use crate::refresh::official_cli::other_user;
use crate::refresh::official_cli::private_dir::PrivateDir;
use crate::sys::fs::dir_of;
use crate::sys::process::run::Output;
use crate::sys::process::run_as::User;

/// Starts one CLI as often as a call needs it. Its directory exists as long as this does.
pub(super) struct Runner {
    /// The program, for people.
    pub(super) shown: String,
    program: PathBuf,
    first: Vec<OsString>,
    variables: Variables,
    another: Option<User>,
    dir: Option<PrivateDir>,
    /// The container, and the program in it.
    container: Option<(String, String)>,
}

impl Runner {
    /// Finds everything that a call needs, before anything is started.
    ///
    /// # Errors
    /// As [`crate::refresh::official_cli::call`].
    pub(super) fn of(call: &Call<'_>) -> Result<Self, Problem> {
        let user = other_user::of_call(call)?;
        match call.container {
            Some(name) => Self::in_container(call, name, user),
            None => Self::here(call, user),
        }
    }

    fn here(call: &Call<'_>, user: Option<User>) -> Result<Self, Problem> {
        let name = call.program.first().map_or(Path::new(usual_program(call.kind)), PathBuf::as_path);
        let hint = format!("write its full path into ocsync's config, or see whether {} runs at all", name.display());
        let program = find(call, name, &hint, user)?;
        let another = user.filter(|user| user.uid != 0);
        let variables = environment::of_cli(call, dir_of(&program), another);
        let first = call.program.iter().skip(1).map(|word| word.clone().into_os_string()).collect();
        let dir = Some(PrivateDir::for_call(call, another)?);
        Ok(Self { shown: program.display().to_string(), program, first, variables, another, dir, container: None })
    }

    fn in_container(call: &Call<'_>, name: &str, user: Option<User>) -> Result<Self, Problem> {
        let first = container::arguments(call, name)?;
        let docker = find(call, Path::new("docker"), "a CLI in a container needs docker on this side", user)?;
        let variables = environment::of_docker(call.env, dir_of(&docker));
        let inside = call.program.first().map_or(usual_program(call.kind).into(), |path| path.display().to_string());
        let shown = format!("docker exec {name} {inside}");
        let container = Some((name.to_owned(), inside));
        Ok(Self { shown, program: docker, first, variables, another: None, dir: None, container })
    }

    /// The CLI with these arguments.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.first).args(arguments);
        command.env_clear().envs(&self.variables);
        command.current_dir(self.dir.as_ref().map_or(Path::new("/"), PrivateDir::path));
        if let Some(user) = self.another {
            // From root, this gives up root's other groups as well.
            command.uid(user.uid).gid(user.gid);
        }
        command
    }

    /// Why the CLI did not run at all though something was started.
    pub(super) fn not_run(&self, output: &Output) -> Option<Problem> {
        if let Some((name, inside)) = &self.container {
            return container::not_run(output, name, inside);
        }
        // The exit codes of `env` and shells when they cannot run a program.
        (output.code == Some(126) || output.code == Some(127)).then(|| {
            let message = format!("{} does not run: what it is started by, usually node, is not found", self.shown);
            failed("cli", message, "set PATH so that node is in it")
        })
    }
}

fn find(call: &Call<'_>, name: &Path, hint: &str, user: Option<User>) -> Result<PathBuf, Problem> {
    let found = call.env.program(name);
    let program = found.ok_or_else(|| failed("no-program", format!("{} is not found", name.display()), hint))?;
    user.map_or(Ok(()), |user| other_user::may_run(user, &program))?;
    Ok(program)
}
