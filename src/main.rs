//! Parses, runs, and turns whatever happens into an exit code.

#![forbid(unsafe_code)]

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use ocsync::cli::Cli;
use ocsync::exit::Code;
use ocsync::{command, signal};

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        // Where, but not what: a message could quote a token.
        let place = panic.location().map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
        let line = format!("ocsync: error: internal bug{place}\nocsync: hint: please report it\n");
        let _ = std::io::stderr().write_all(line.as_bytes());
    }));
    let code = std::panic::catch_unwind(run).unwrap_or(Code::Internal);
    signal::die();
    ExitCode::from(code as u8)
}

fn run() -> Code {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            return if asked { Code::Ok } else { Code::Usage };
        }
    };
    if let Err(error) = signal::listen() {
        let _ = writeln!(std::io::stderr(), "ocsync: error: cannot listen for signals: {error}");
        return Code::Internal;
    }
    command::run(&cli)
}
