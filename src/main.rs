//! Parses, runs, and turns whatever happens into an exit code.

#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use ocsync::command;
use ocsync::model::exit::Code;
use ocsync::report::nagios::Status;
use ocsync::settings::cli::Cli;
use ocsync::sys::signal;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        // Where, but not what: a message could quote a token.
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

/// Whether monitoring has started this, which knows 0 to 3 only: also of a run that ends before its
/// arguments are understood, or by a bug.
fn is_plugin() -> bool {
    let args: Vec<OsString> = std::env::args_os().collect();
    let pair = |pair: &[OsString]| pair[0] == "--format" && pair[1] == "nagios";
    args.windows(2).any(pair) || args.iter().any(|arg| arg == "--format=nagios")
}

fn run() -> anyhow::Result<u8> {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // A typo is no business result: clap's own 2 would read as "expiring".
            if error.use_stderr() {
                say(&usage(&error.to_string()));
                return Ok(Code::Usage as u8);
            }
            let _ = error.print();
            return Ok(Code::Ok as u8);
        }
    };
    signal::listen().context("cannot listen for signals")?;
    command::run(&cli)
}

/// clap's complaint in the form of all others: one line, and hints. Without a command there is
/// no complaint, and the whole help is the answer.
fn usage(text: &str) -> String {
    let Some(complaint) = text.strip_prefix("error: ") else { return text.to_owned() };
    let tip = |line: &str| line.trim().strip_prefix("tip: ").map(|tip| format!("ocsync: hint: {tip}\n"));
    let first = complaint.lines().next().unwrap_or_default();
    let more: Vec<&str> =
        complaint.lines().skip(1).take_while(|line| line.starts_with("  ")).map(str::trim).collect();
    let tips: String = complaint.lines().filter_map(tip).collect();
    format!(
        "ocsync: error: {first}{}{}\n{tips}ocsync: hint: ocsync --help\n",
        if more.is_empty() { "" } else { " " },
        more.join(", ")
    )
}

/// One write for the whole text: the lines of two runs do not mix.
fn say(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}
