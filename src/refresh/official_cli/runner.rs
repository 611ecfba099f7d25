//! Makes a command line into a process: which program, in which directory and environment.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::model::problem::Problem;
use crate::refresh::official_cli::cli_call::{Call, failed, usual_program};
use crate::refresh::official_cli::container;
use crate::refresh::official_cli::environment::{self, Variables};
use crate::refresh::official_cli::private_dir::PrivateDir;
use crate::sys::fs::dir_of;
use crate::sys::process::run::Output;

/// Starts one CLI as often as a call needs it. Its directory exists as long as this does.
pub(super) struct Runner {
    /// The program, for people.
    pub(super) shown: String,
    program: PathBuf,
    first: Vec<OsString>,
    variables: Variables,
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
        match call.container {
            Some(name) => Self::in_container(call, name),
            None => Self::here(call),
        }
    }

    fn here(call: &Call<'_>) -> Result<Self, Problem> {
        let name = call.program.first().map_or(Path::new(usual_program(call.kind)), PathBuf::as_path);
        let (cli, program) = (call.kind.name(), name.display());
        let place = Path::new("/path/to").join(usual_program(call.kind));
        let key = format!("refresh: {{ programs: {{ {cli}: [\"{}\"] }} }}", place.display());
        let hint = format!("install {program}, or write its path into ocsync's config: {key}");
        let program = find(call, name, &hint)?;
        let variables = environment::of_cli(call, dir_of(&program));
        let first = call.program.iter().skip(1).map(|word| word.clone().into_os_string()).collect();
        let dir = Some(PrivateDir::for_call(call)?);
        Ok(Self { shown: program.display().to_string(), program, first, variables, dir, container: None })
    }

    fn in_container(call: &Call<'_>, name: &str) -> Result<Self, Problem> {
        let first = container::arguments(call, name)?;
        let docker =
            find(call, Path::new("docker"), "to run a CLI in a container, ocsync needs docker on this machine")?;
        let variables = environment::of_docker(call.env, dir_of(&docker));
        let inside = call.program.first().map_or(usual_program(call.kind).into(), |path| path.display().to_string());
        let shown = format!("docker exec {name} {inside}");
        let container = Some((name.to_owned(), inside));
        Ok(Self { shown, program: docker, first, variables, dir: None, container })
    }

    /// The CLI with these arguments.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.first).args(arguments);
        command.env_clear().envs(&self.variables);
        command.current_dir(self.dir.as_ref().map_or(Path::new("/"), PrivateDir::path));
        command
    }

    /// Why the CLI did not run at all though something was started.
    pub(super) fn not_run(&self, output: &Output) -> Option<Problem> {
        if let Some((name, inside)) = &self.container {
            return container::not_run(output, name, inside);
        }
        // The exit codes of `env` and shells when they cannot run a program.
        (output.code == Some(126) || output.code == Some(127)).then(|| {
            let message = format!("{} does not run: its interpreter, usually node, is not found", self.shown);
            failed("cli", message, "set PATH so that node is in it")
        })
    }
}

fn find(call: &Call<'_>, name: &Path, hint: &str) -> Result<PathBuf, Problem> {
    call.env.program(name).ok_or_else(|| failed("no-program", format!("{} is not found", name.display()), hint))
}
