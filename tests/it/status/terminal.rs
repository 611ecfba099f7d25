//! A real terminal, as the program sees one: its width bounds the lines and its kind decides on
//! colour. What a pipe gets is the same, plain. The texts themselves are in `tests/snapshots/`.

#![cfg(target_os = "linux")]

use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};

use crate::home::{CANARY, Home, chmod, claude_store, hours, iso, now};
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// Where one of the two streams goes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum To {
    Pipe,
    /// A terminal of so many columns.
    Terminal(u16),
}

/// What the program is to write to, and where it can be read.
fn stream(to: To) -> Option<(Stdio, File)> {
    let To::Terminal(columns) = to else {
        let (ours, theirs) = rustix::pipe::pipe().unwrap();
        return Some((theirs.into(), ours.into()));
    };
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let pair = openpt(flags).and_then(|ours| {
        grantpt(&ours)?;
        unlockpt(&ours)?;
        let theirs = ioctl_tiocgptpeer(&ours, flags)?;
        tcsetwinsize(&theirs, Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 })?;
        Ok((theirs.into(), ours.into()))
    });
    if let Err(error) = &pair {
        println!("SKIPPED: no pseudo-terminal here: {error}");
    }
    pair.ok()
}

/// All that comes, until the other side is closed: a terminal ends with an error.
fn read(mut from: File) -> String {
    let (mut all, mut part) = (Vec::new(), [0; 4096]);
    while let Ok(count @ 1..) = from.read(&mut part) {
        all.extend_from_slice(&part[..count]);
    }
    let text = String::from_utf8(all).unwrap().replace("\r\n", "\n");
    assert!(!text.contains(CANARY), "{text}");
    text
}

/// What the program writes to its two streams.
fn run(home: &Home, args: &[&str], vars: &[(&str, &str)], to: (To, To)) -> Option<(String, String)> {
    let ((stdout, out), (stderr, err)) = (stream(to.0)?, stream(to.1)?);
    let mut command: Command = home.command(args);
    command.env("TERM", "xterm").envs(vars.iter().copied()).stdout(stdout).stderr(stderr);
    let mut child = command.spawn().unwrap();
    // It holds the other ends.
    drop(command);
    let err = std::thread::spawn(move || read(err));
    let texts = (read(out), err.join().unwrap());
    child.wait().unwrap();
    Some(texts)
}

/// A text without the codes of colours.
fn plain(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').unwrap().1)
}

fn coloured(text: &str) -> bool {
    text.contains('\u{1b}')
}

/// A name is whole, also where it is longer than a line.
const LONG: &str = "an-agent-with-a-name-that-goes-on-and-on-until-nobody-reads-it";

/// Drift, an end, a name that is long, and something to warn of.
fn home() -> Home {
    let home =
        Home::stale().agent(LONG, &claude_store("gone", hours(-3))).agent("in-step", &claude_store("new", hours(8)));
    chmod(&home.store_path("in-step"), 0o644);
    home
}

#[test]
fn no_line_is_longer_than_the_terminal_and_only_colour_is_added() {
    let (home, now) = (home(), iso(now()));
    for args in [["status"].as_slice(), &["status", "-v"], &["status", "--problems"]] {
        let args = [args, &["--now", &now]].concat();
        for columns in [50, 60, 80, 100, 160] {
            let to = To::Terminal(columns);
            let Some((out, err)) = run(&home, &args, &[], (to, to)) else { return };
            assert!(coloured(&out) && coloured(&err), "{args:?} {columns}: {out}{err}");
            for line in plain(&out).lines().chain(plain(&err).lines()) {
                // A word that is longer than the line stays whole: the terminal breaks it, and a copy of it is whole.
                let fits = line.chars().count() <= usize::from(columns) || !line.trim().contains(' ');
                assert!(fits, "{args:?}: longer than {columns}: {line}");
            }
            // NO_COLOR takes the colour and nothing else, and so does a pipe that is told the width.
            let bare = run(&home, &args, &[("NO_COLOR", "1")], (to, to)).unwrap();
            assert_eq!(bare, (plain(&out), plain(&err)));
            let told = run(&home, &args, &[("COLUMNS", &columns.to_string())], (To::Pipe, To::Pipe)).unwrap();
            assert_eq!(told, bare);
        }
    }
}

#[test]
fn a_pipe_gets_no_colour_and_each_message_in_one_line() {
    let (home, now) = (home(), iso(now()));
    let args = ["status", "--now", &now];
    let piped = run(&home, &args, &[], (To::Pipe, To::Pipe)).unwrap();
    assert!(!coloured(&piped.0) && !coloured(&piped.1), "{piped:?}");
    let whole = |line: &str| line.starts_with("ocsync: ");
    assert!(piped.1.lines().all(whole) && piped.1.lines().any(|line| line.chars().count() > 80), "{}", piped.1);
    // Each stream is judged by itself.
    for columns in [60, 160] {
        let Some((out, err)) = run(&home, &args, &[], (To::Terminal(columns), To::Pipe)) else { return };
        assert!(coloured(&out) && err == piped.1, "{out}{err}");
        let (out, err) = run(&home, &args, &[], (To::Pipe, To::Terminal(columns))).unwrap();
        assert!(out == piped.0 && coloured(&err), "{out}{err}");
    }
    // For a program there is no width and no colour on a terminal either.
    let json = run(&home, &["status", "--json", "--now", &now], &[], (To::Terminal(60), To::Pipe)).unwrap();
    assert_eq!(json, run(&home, &["status", "--json", "--now", &now], &[], (To::Pipe, To::Pipe)).unwrap());
}

#[test]
fn colour_on_a_terminal_can_be_turned_off_and_in_a_pipe_be_turned_on() {
    let (home, terminal) = (home(), (To::Terminal(80), To::Terminal(80)));
    let seen = |args: &[&str], vars: &[(&str, &str)], to| {
        let args = [["status"].as_slice(), args].concat();
        run(&home, &args, vars, to).map(|(out, err)| (coloured(&out), coloured(&err)))
    };
    let Some(seen_plainly) = seen(&[], &[], terminal) else { return };
    assert_eq!(seen_plainly, (true, true));
    for (args, vars, expected) in [
        (["--color=never"].as_slice(), [("TERM", "xterm")].as_slice(), false),
        (&[], &[("TERM", "dumb")], false),
        (&[], &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], false),
        (&[], &[("NO_COLOR", "")], true),
        (&["--color=always"], &[("NO_COLOR", "1")], true),
    ] {
        assert_eq!(seen(args, vars, terminal), Some((expected, expected)), "{args:?} {vars:?}");
    }
    let pipe = (To::Pipe, To::Pipe);
    assert_eq!(seen(&["--color=always"], &[], pipe), Some((true, true)));
    assert_eq!(seen(&[], &[("CLICOLOR_FORCE", "1")], pipe), Some((true, true)));
}

#[test]
fn a_terminal_that_does_not_know_its_width_is_taken_for_80_columns() {
    let (home, now) = (home(), iso(now()));
    let args = ["status", "--now", &now, "--color=never"];
    let Some((out, err)) = run(&home, &args, &[], (To::Terminal(0), To::Terminal(0))) else { return };
    let rows = |text: &str| text.lines().filter(|line| !line.starts_with('/')).map(str::to_owned).collect::<Vec<_>>();
    let (told, _) = run(&home, &args, &[("COLUMNS", "80")], (To::Pipe, To::Pipe)).unwrap();
    assert_eq!(rows(&out)[..], rows(&told.replace("~/.openclaw", "/"))[..]);
    let (whole, same) = run(&home, &args, &[], (To::Pipe, To::Pipe)).unwrap();
    assert!(whole.lines().any(|line| line.chars().count() > 120), "nothing is left out in a pipe: {whole}");
    assert_eq!(err, same);
}
