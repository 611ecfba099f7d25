//! Parses the command line, runs the command, and ends with an exit code, also after an error or a bug.

#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::error::ErrorKind;
use ocsync::{Cli, Code, Status, run as run_command, signal, usage, version};
use rustix::fs::Mode;
use rustix::process::{Resource, Rlimit, setrlimit, umask};

fn main() -> ExitCode {
    forbid_cores();
    keep_own_files_usable();
    std::panic::set_hook(Box::new(|panic| {
        // It prints the place and not the message, because the message could contain a token.
        let place = panic.location().map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
        say(&format!("ocsync: error: internal bug{place}\nocsync: hint: please report it\n"));
    }));
    let code = match std::panic::catch_unwind(run) {
        Ok(Ok(code)) => code,
        Ok(Err(error)) => {
            say(&format!("ocsync: error: {error:#}\n"));
            if error.downcast_ref::<io::Error>().is_some() { Code::Io as u8 } else { Code::Internal as u8 }
        }
        Err(_) => Code::Internal as u8,
    };
    signal::die();
    ExitCode::from(if code > 3 && is_plugin() { Status::Unknown as u8 } else { code })
}

/// Sees to it that no core of this process or of a program that it starts is written: it would hold every token.
fn forbid_cores() {
    // Lowering a limit needs no privilege, so it cannot fail.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
}

/// Sees to it that this user may use the files and directories that this run makes, whatever the umask is: the next run
/// would be locked out.
fn keep_own_files_usable() {
    let group_and_others = Mode::RWXG | Mode::RWXO;
    let asked = umask(group_and_others);
    umask(asked & group_and_others);
}

/// Whether monitoring has started this run. It knows only the codes 0 to 3. This reads the arguments by hand,
/// because it must also work for a run that ends before clap has understood them.
fn is_plugin() -> bool {
    let args: Vec<OsString> = std::env::args_os().collect();
    let pair = |pair: &[OsString]| pair[0] == "--format" && pair[1] == "nagios";
    args.windows(2).any(pair) || args.iter().any(|arg| arg == "--format=nagios")
}

fn run() -> anyhow::Result<u8> {
    let cli = match Cli::read(std::env::args_os().collect()) {
        Ok(cli) => cli,
        Err(error) => {
            // clap's own exit code for a typo is 2, which would read as "expiring".
            if error.use_stderr() {
                say(&usage(&error.to_string()));
                return Ok(Code::Usage as u8);
            }
            let arguments: Vec<String> =
                std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
            if error.kind() == ErrorKind::DisplayVersion && version::is_whole(arguments.iter().map(String::as_str)) {
                io::stdout().write_all(version::whole().as_bytes()).context("cannot write to standard output")?;
                return Ok(Code::Ok as u8);
            }
            return match error.print() {
                // The reader has closed the pipe, for example `head`.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Code::Ok as u8),
                printed => printed.context("cannot write to standard output").map(|()| Code::Ok as u8),
            };
        }
    };
    signal::listen().context("cannot listen for signals")?;
    run_command(&cli)
}

/// Writes the whole text at once, so that the lines of two runs do not mix.
fn say(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}
