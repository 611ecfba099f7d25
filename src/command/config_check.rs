//! `status --config-check`: says what is wrong with ocsync's configuration, all of it at once, and looks at nothing else.

use crate::model::exit::Code;
use crate::model::problem::Problem;
use crate::report::{ConfigRow, Report};
use crate::settings::cli::Cli;
use crate::settings::env::Env;
use crate::settings::options::Options;
use crate::settings::{config_faults, root, scope};

/// Reads the configuration and reports it.
pub fn run(cli: &Cli, now: i64) -> (Report, Code) {
    let env = Env::of_process(cli.common.home.as_deref());
    let path = scope::config_file(&cli.common, &env);
    let is_there = path.symlink_metadata().is_ok();
    let mut problems: Vec<Problem> = match root::refuse(&path, &env) {
        Err(problem) => vec![problem],
        Ok(()) => config_faults::of_file(&path, cli.common.config.is_some()),
    };
    if problems.is_empty() {
        // What is said can be read, and may still not fit together.
        problems.extend(Options::of(cli, now).err().map(|unusable| unusable.problem));
    }
    let code = problems.first().and_then(|problem| problem.failure).unwrap_or(Code::Ok);
    let path = path.to_string_lossy().into_owned();
    let configuration = Some(ConfigRow { path, is_there, errors: problems.len() });
    (Report { configuration, problems, ..Report::new("status", now) }, code)
}

/// The line for stdout.
pub fn line(row: &ConfigRow) -> String {
    match (row.is_there, row.errors) {
        (false, 0) => format!("{}: not there; the defaults are used\n", row.path),
        (true, 0) => format!("{}: ok\n", row.path),
        (_, 1) => format!("{}: 1 error\n", row.path),
        (_, errors) => format!("{}: {errors} errors\n", row.path),
    }
}
